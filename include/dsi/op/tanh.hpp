// SPDX-License-Identifier: MIT
// Hyperbolic tangent.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = tanh(x). Error: see math::tanh.
struct tanh : elementwise<1, float_types> {
  static constexpr std::string_view name = "tanh";
  static constexpr std::string_view onnx = "Tanh";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::tanh(x); }
};

}  // namespace DSI_NAMESPACE

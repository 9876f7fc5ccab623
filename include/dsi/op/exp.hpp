// SPDX-License-Identifier: MIT
// Exponential function.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = e^x. NaN stays NaN. Error: see math::exp.
struct exp : elementwise<1, float_types> {
  static constexpr std::string_view name = "exp";
  static constexpr std::string_view onnx = "Exp";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::exp(x); }
};

}  // namespace DSI_NAMESPACE

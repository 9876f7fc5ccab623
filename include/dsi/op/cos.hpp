// SPDX-License-Identifier: MIT
// Cosine.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = cos(x), x in radians. Infinities and NaN give NaN. Error: see math::cos.
struct cos : elementwise<1, float_types> {
  static constexpr std::string_view name = "cos";
  static constexpr std::string_view onnx = "Cos";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::cos(x); }
};

}  // namespace DSI_NAMESPACE

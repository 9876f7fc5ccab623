// SPDX-License-Identifier: MIT
// Sigmoid-weighted linear unit, also called swish.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x * sigmoid(x). Recognized from Mul(x, Sigmoid(x)); ONNX has Swish since opset 24.
/// Error    float: |y - exact| <= 3 * 2^-23 |exact|; below -87, where sigmoid is subnormal, 2^-141
/// Special  NaN stays NaN, silu(inf) is inf, silu(-inf) is -0, the limit (the formula itself would give NaN)
struct silu : elementwise<1, float_types> {
  static constexpr std::string_view name = "silu";
  static constexpr std::string_view onnx = "Swish";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::pick_greater(V(-800), x) * math::sigmoid(x); }  // below, sigmoid is 0
};

}  // namespace DSI_NAMESPACE

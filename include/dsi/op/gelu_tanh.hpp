// SPDX-License-Identifier: MIT
// Gaussian error linear unit, tanh form ("fast gelu").
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), computed as x * sigmoid of twice that argument, which does not
/// cancel for negative x.
/// Error    float: |y - exact| <= 3 * 2^-24 |x|; x < 0: also <= 160 * 2^-23 |exact| while y is normal (x > -10)
/// Special  NaN stays NaN, gelu_tanh(inf) is inf, gelu_tanh(-inf) is -0, the limit (the formula itself would give NaN)
/// ONNX     Gelu with approximate = "tanh"; FastGelu is the name of the com.microsoft domain
struct gelu_tanh : elementwise<1, float_types> {
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr std::string_view onnx = "FastGelu";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    V const inner = math::fma(x * x * x, math::constant_of<V>(0.044715), x);
    return math::pick_greater(V(-40), x) * math::sigmoid(math::constant_of<V>(1.59576912160573071176) * inner);  // below, sigmoid is 0
  }
};

}  // namespace DSI_NAMESPACE

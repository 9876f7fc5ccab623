// SPDX-License-Identifier: MIT
// Mish.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x * tanh(softplus(x)).
/// Error    float: |y - exact| <= 4.5 * 2^-23 |exact|; below -87, where e^x is subnormal, 2^-141
/// Special  NaN stays NaN, mish(inf) is inf, mish(-inf) is -0, the limit (the formula itself would give NaN)
struct mish : elementwise<1, float_types> {
  static constexpr std::string_view name = "mish";
  static constexpr std::string_view onnx = "Mish";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    // tanh(ln(1 + e)) = n / (n + 2) with n = e (e + 2); above 20 the quotient rounds to 1.
    V const e = math::exp(math::pick_less(V(20), x));
    V const n = e * (e + V(2));
    return math::pick_greater(V(-800), x) * (n / (n + V(2)));  // below, e is 0
  }
};

}  // namespace DSI_NAMESPACE

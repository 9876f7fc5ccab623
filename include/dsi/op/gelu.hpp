// SPDX-License-Identifier: MIT
// Gaussian error linear unit, exact form.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x / 2 * (1 + erf(x / sqrt(2))).
/// Error    float: |y - exact| <= 2^-23 |x| for x >= 0, 2^-24 |x| for x < 0. Relative to y there is no bound below 0, since 1 + erf
///          cancels: at x = -3 y has lost 12 bits, below -5.5 it is -0 where exact is -1e-7 or less. double does not cancel
/// Special  NaN stays NaN, gelu(inf) is inf, gelu(-inf) is -0, the limit (the formula itself would give NaN)
struct gelu : elementwise<1, float_types> {
  static constexpr std::string_view name = "gelu";
  static constexpr std::string_view onnx = "Gelu";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    V const half = math::constant_of<V>(0.5) * math::pick_greater(V(-40), x);  // below, the other factor is 0
    if constexpr (std::is_same_v<V, double>) return half * math::erfc(x * -0.70710678118654752440);
    else return half * (V(1) + math::erf(x * math::constant_of<V>(0.70710678118654752440)));
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Hard swish.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x * max(0, min(1, x / 6 + 1 / 2)).
/// Error    float: |y - exact| <= 2^-23 |x|
/// Special  NaN stays NaN, hard_swish(inf) is inf, hard_swish(-inf) is -0, the limit (the formula itself would give NaN)
struct hard_swish : elementwise<1, float_types> {
  static constexpr std::string_view name = "hard_swish";
  static constexpr std::string_view onnx = "HardSwish";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    V const slope = math::max(V(0), math::min(V(1), math::fma(x, math::constant_of<V>(1 / 6.0), math::constant_of<V>(0.5))));
    return math::pick_greater(V(-40), x) * slope;  // below, the slope is 0
  }
};

}  // namespace DSI_NAMESPACE

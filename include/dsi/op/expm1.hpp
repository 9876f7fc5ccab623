// SPDX-License-Identifier: MIT
// e^x - 1 without cancellation, for the family of exponential linear units.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE::detail {

/// e^x - 1 for x <= 0, as 2t / (1 - t) with t = tanh(x / 2): nothing cancels. -inf gives -1, NaN stays NaN, -0 stays -0.
template <class V>
DSI_HD DSI_INLINE V expm1_below(V x) {
  V const t = math::tanh(x * V(0.5f));
  return (t + t) / (V(1) - t);
}

}  // namespace DSI_NAMESPACE::detail

// SPDX-License-Identifier: MIT
// Parametric rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x for x >= 0, else slope * x; of integers too, whose product wraps. The slope broadcasts to x, never x to the slope.
struct prelu : elementwise<2> {
  static constexpr std::string_view name = "prelu";
  static constexpr std::string_view onnx = "PRelu";
  constexpr inferred infer(op_inputs in) const {
    inferred const y = elementwise<2>::infer(in);
    if (!y || y.out[0].extents == in[0].extents) return y;
    shape const &x = in[0].extents, &slope = in[1].extents;
    for (int d = 0; d < slope.rank && slope.rank <= x.rank; ++d)
      if (int const e = d + x.rank - slope.rank; slope[d] != 1 && slope[d] != x[e]) return {invalid::slope_extent, x[e], slope[d]};
    return {invalid::slope_extent, x.rank, slope.rank};
  }
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x, V slope) {
    if constexpr (std::integral<V>) return x < V(0) ? wrapping_mul(slope, x) : x;
    else return math::select(x < V(0), slope * x, x);
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Parametric rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x for x >= 0, else slope * x, broadcasting slope to x; of integers too, whose product wraps.
struct prelu : elementwise<2> {
  static constexpr std::string_view name = "prelu";
  static constexpr std::string_view onnx = "PRelu";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x, V slope) {
    if constexpr (std::integral<V>) return x < V(0) ? wrapping_mul(slope, x) : x;
    else return math::select(x < V(0), slope * x, x);
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Absolute value.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = |x|. NaN stays NaN, -0 becomes +0; the smallest integer stays itself.
struct absolute : elementwise<1> {
  static constexpr std::string_view name = "absolute";
  static constexpr std::string_view onnx = "Abs";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    if constexpr (std::integral<V>) return x < V(0) ? wrapping_neg(x) : x;
    else return math::abs(x);
  }
};

}  // namespace DSI_NAMESPACE

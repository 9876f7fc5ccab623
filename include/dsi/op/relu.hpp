// SPDX-License-Identifier: MIT
// Rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = max(x, 0), of integers too. NaN stays NaN.
struct relu : elementwise<1> {
  static constexpr std::string_view name = "relu";
  static constexpr std::string_view onnx = "Relu";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    if constexpr (std::integral<V>) return x < V(0) ? V(0) : x;
    else return math::relu(x);
  }
};

}  // namespace DSI_NAMESPACE

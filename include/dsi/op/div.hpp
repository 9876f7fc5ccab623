// SPDX-License-Identifier: MIT
// Division.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a / b, broadcasting. Floats divide as IEEE has it; integers truncate towards zero, and x / 0 is 0.
struct div : elementwise<2> {
  static constexpr std::string_view name = "div";
  static constexpr std::string_view onnx = "Div";
  template <class V>
  DSI_INLINE static V apply(V a, V b) {
    if constexpr (std::integral<V>) return b == V(0) ? V(0) : static_cast<V>(a / b);
    else return a / b;
  }
};

}  // namespace DSI_NAMESPACE

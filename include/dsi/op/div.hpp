// SPDX-License-Identifier: MIT
// Division.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a / b, broadcasting. Folds into the layer before it when b is a constant per channel. Floats divide as IEEE has it; integers truncate towards zero, and x / 0 is 0.
struct div : elementwise<2> {
  static constexpr std::string_view name = "div";
  static constexpr std::string_view onnx = "Div";
  static constexpr op_traits traits{.elementwise = true, .affine = true, .layouts = layout_rule::same};
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) {
    if constexpr (std::integral<V>) return b == V(0) ? V(0) : wrapping_div(a, b);
    else return a / b;
  }
  /// As an affine map of channel c; get(i, c) reads input i.
  template <class Get>
  static void affine(Get const& get, index c, double& scale, double& shift) {
    scale = 1 / get(1, c);
    shift = 0;
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Subtraction.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a - b, broadcasting; integers wrap. Folds into the layer before it when b is a constant per channel.
struct sub : elementwise<2> {
  static constexpr std::string_view name = "sub";
  static constexpr std::string_view onnx = "Sub";
  static constexpr op_traits traits{.elementwise = true, .affine = true, .layouts = layout_rule::same};
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return wrapping_sub(a, b); }
  /// As an affine map of channel c; get(i, c) reads input i.
  template <class Get>
  static void affine(Get const& get, index c, double& scale, double& shift) {
    scale = 1;
    shift = -get(1, c);
  }
};

}  // namespace DSI_NAMESPACE

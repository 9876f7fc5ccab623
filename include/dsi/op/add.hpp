// SPDX-License-Identifier: MIT
// Addition.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a + b, broadcasting; integers wrap. Commutes, and folds into the layer before it when b is a constant per channel.
struct add : elementwise<2> {
  static constexpr std::string_view name = "add";
  static constexpr std::string_view onnx = "Add";
  static constexpr op_traits traits{.elementwise = true, .affine = true, .layouts = layout_rule::same};
  static constexpr bool commutative = true;
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return wrapping_add(a, b); }
  /// As an affine map of channel c; get(i, c) reads input i.
  template <class Get>
  static void affine(Get const& get, index c, double& scale, double& shift) {
    scale = 1;
    shift = get(1, c);
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Sign.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = -1, 0 or 1. NaN stays NaN, both zeros give +0.
struct sign : elementwise<1> {
  static constexpr std::string_view name = "sign";
  static constexpr std::string_view onnx = "Sign";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    if constexpr (std::integral<V>) return static_cast<V>((x > V(0)) - (x < V(0)));
    else return math::select(x > V(0), V(1), math::select(x < V(0), V(-1), math::select(x == V(0), V(0), x)));
  }
};

}  // namespace DSI_NAMESPACE

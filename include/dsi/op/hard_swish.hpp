// SPDX-License-Identifier: MIT
// Hard swish.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x * max(0, min(1, x / 6 + 1 / 2)).
struct hard_swish : elementwise<1, float_types> {
  static constexpr std::string_view name = "hard_swish";
  static constexpr std::string_view onnx = "HardSwish";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return x * math::max(V(0), math::min(V(1), math::fma(x, V(1.f / 6.f), V(0.5f)))); }
};

}  // namespace DSI_NAMESPACE

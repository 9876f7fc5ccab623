// SPDX-License-Identifier: MIT
// Minimum of two.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = min(a, b), broadcasting: NaN if either is NaN, -0 < +0. ONNX Min has any number of inputs: a chain of these.
struct minimum : elementwise<2> {
  static constexpr std::string_view name = "minimum";
  static constexpr std::string_view onnx = "Min";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) {
    if constexpr (std::integral<V>) return b < a ? b : a;
    else return math::min(a, b);
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Maximum of two.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = max(a, b), broadcasting: NaN if either is NaN, -0 < +0. ONNX Max has any number of inputs: a chain of these.
struct maximum : elementwise<2> {
  static constexpr std::string_view name = "maximum";
  static constexpr std::string_view onnx = "Max";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) {
    if constexpr (std::integral<V>) return a < b ? b : a;
    else return math::max(a, b);
  }
};

}  // namespace DSI_NAMESPACE

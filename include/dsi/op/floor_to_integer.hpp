// SPDX-License-Identifier: MIT
// Rounding down.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = the greatest integer <= x. NaN, infinities and -0 stay.
struct floor_to_integer : elementwise<1, float_types> {
  static constexpr std::string_view name = "floor_to_integer";
  static constexpr std::string_view onnx = "Floor";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::floor(x); }
};

}  // namespace DSI_NAMESPACE

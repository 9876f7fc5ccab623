// SPDX-License-Identifier: MIT
// Rounding to the nearest integer.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = the integer nearest to x, ties to even. NaN, infinities and -0 stay.
struct round_to_integer : elementwise<1, float_types> {
  static constexpr std::string_view name = "round_to_integer";
  static constexpr std::string_view onnx = "Round";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::round_even(x); }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Rounding up.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = the least integer >= x. NaN, infinities and -0 stay; a zero result has the sign of x.
struct ceil_to_integer : elementwise<1, float_types> {
  static constexpr std::string_view name = "ceil_to_integer";
  static constexpr std::string_view onnx = "Ceil";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::ceil(x); }
};

}  // namespace DSI_NAMESPACE

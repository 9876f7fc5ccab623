// SPDX-License-Identifier: MIT
// Reciprocal.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = 1 / x, correctly rounded. +-0 gives +-inf, NaN stays NaN.
struct reciprocal : elementwise<1, float_types> {
  static constexpr std::string_view name = "reciprocal";
  static constexpr std::string_view onnx = "Reciprocal";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return V(1) / x; }
};

}  // namespace DSI_NAMESPACE

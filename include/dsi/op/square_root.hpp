// SPDX-License-Identifier: MIT
// Square root.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = sqrt(x), correctly rounded. A negative x gives NaN, NaN stays NaN, sqrt(-0) is -0.
struct square_root : elementwise<1, float_types> {
  static constexpr std::string_view name = "square_root";
  static constexpr std::string_view onnx = "Sqrt";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::sqrt(x); }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Sine.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = sin(x), x in radians. Infinities and NaN give NaN. Error: see math::sin.
struct sin : elementwise<1, float_types> {
  static constexpr std::string_view name = "sin";
  static constexpr std::string_view onnx = "Sin";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::sin(x); }
};

}  // namespace DSI_NAMESPACE

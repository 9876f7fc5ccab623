// SPDX-License-Identifier: MIT
// Gaussian error linear unit, exact form.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x / 2 * (1 + erf(x / sqrt(2))).
struct gelu : elementwise<1, float_types> {
  static constexpr std::string_view name = "gelu";
  static constexpr std::string_view onnx = "Gelu";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return V(0.5f) * x * (V(1) + math::erf(x * V(0.70710678118654752f))); }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Error function.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = erf(x). NaN stays NaN. Error: see math::erf.
struct erf : elementwise<1, float_types> {
  static constexpr std::string_view name = "erf";
  static constexpr std::string_view onnx = "Erf";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::erf(x); }
};

}  // namespace DSI_NAMESPACE

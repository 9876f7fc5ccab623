// SPDX-License-Identifier: MIT
// Softsign.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x / (1 + |x|). NaN stays NaN; infinities give NaN (inf / inf), as in ONNX Runtime.
struct softsign : elementwise<1, float_types> {
  static constexpr std::string_view name = "softsign";
  static constexpr std::string_view onnx = "Softsign";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return x / (V(1) + math::abs(x)); }
};

}  // namespace DSI_NAMESPACE

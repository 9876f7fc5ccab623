// SPDX-License-Identifier: MIT
// Sigmoid-weighted linear unit, also called swish.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x * sigmoid(x). Recognized from Mul(x, Sigmoid(x)); ONNX has Swish since opset 24.
struct silu : elementwise<1, float_types> {
  static constexpr std::string_view name = "silu";
  static constexpr std::string_view onnx = "Swish";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return x * math::sigmoid(x); }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Logistic sigmoid.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = 1 / (1 + exp(-x)). Error: see math::sigmoid.
struct sigmoid : elementwise<1, float_types> {
  static constexpr std::string_view name = "sigmoid";
  static constexpr std::string_view onnx = "Sigmoid";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::sigmoid(x); }
};

}  // namespace DSI_NAMESPACE

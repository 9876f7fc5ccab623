// SPDX-License-Identifier: MIT
// Multiplication.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a * b, broadcasting.
struct mul : elementwise<2> {
  static constexpr std::string_view name = "mul";
  static constexpr std::string_view onnx = "Mul";
  template <class V>
  DSI_INLINE static V apply(V a, V b) { return a * b; }
};

}  // namespace DSI_NAMESPACE

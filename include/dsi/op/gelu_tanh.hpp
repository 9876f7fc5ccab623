// SPDX-License-Identifier: MIT
// Gaussian error linear unit, tanh form ("fast gelu").
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), computed as x * sigmoid of twice that argument, which does not
/// cancel for negative x. NaN stays NaN, -inf gives NaN (-inf * 0).
/// ONNX: Gelu with approximate = "tanh"; FastGelu is the name of the com.microsoft domain.
struct gelu_tanh : elementwise<1, float_types> {
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr std::string_view onnx = "FastGelu";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    V const inner = math::fma(x * x * x, V(0.044715f), x);
    return x * math::sigmoid(V(1.5957691216057308f) * inner);
  }
};

}  // namespace DSI_NAMESPACE

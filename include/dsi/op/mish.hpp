// SPDX-License-Identifier: MIT
// Mish.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x * tanh(softplus(x)). NaN stays NaN, mish(inf) is inf, mish(-inf) is NaN (-inf * 0).
struct mish : elementwise<1, float_types> {
  static constexpr std::string_view name = "mish";
  static constexpr std::string_view onnx = "Mish";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    // tanh(ln(1 + e)) = n / (n + 2) with n = e (e + 2); above 20 the quotient rounds to 1.
    V const e = math::exp(math::pick_less(V(20), x));
    V const n = e * (e + V(2));
    return x * (n / (n + V(2)));
  }
};

}  // namespace DSI_NAMESPACE

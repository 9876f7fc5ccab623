// SPDX-License-Identifier: MIT
// Softplus.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = ln(1 + e^x), computed as max(x, 0) + log1p(e^-|x|): exact to some ulp also where e^x is tiny. softplus(inf) is inf,
/// softplus(-inf) is 0, NaN stays NaN.
struct softplus : elementwise<1, float_types> {
  static constexpr std::string_view name = "softplus";
  static constexpr std::string_view onnx = "Softplus";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    V const e = math::exp(-math::abs(x));
    V const u = V(1) + e;
    // What 1 + e loses in rounding comes back as a correction of first order.
    return math::relu(x) + (math::log(u) + (e - (u - V(1))) / u);
  }
};

}  // namespace DSI_NAMESPACE

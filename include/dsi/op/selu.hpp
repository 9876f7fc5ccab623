// SPDX-License-Identifier: MIT
// Scaled exponential linear unit.
#pragma once

#include <dsi/op/expm1.hpp>

namespace DSI_NAMESPACE {

/// y = gamma * x for x > 0, else gamma * alpha * (e^x - 1). NaN stays NaN. ONNX: Selu, alpha, gamma.
struct selu_attributes {
  static constexpr std::string_view name = "selu";
  static constexpr std::string_view onnx = "Selu";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits alpha = constant(1.67326319217681884765625f);
  float_bits gamma = constant(1.05070102214813232421875f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const { return V(gamma.value()) * math::select(x > V(0), x, V(alpha.value()) * detail::expm1_below(x)); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("alpha", alpha);
    f("gamma", gamma);
  }
  constexpr bool operator==(selu_attributes const&) const = default;
};
template <selu_attributes A = selu_attributes{}>
using selu = with_attributes<selu_attributes(A)>;

}  // namespace DSI_NAMESPACE

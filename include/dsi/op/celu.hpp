// SPDX-License-Identifier: MIT
// Continuously differentiable exponential linear unit.
#pragma once

#include <dsi/op/expm1.hpp>

namespace DSI_NAMESPACE {

/// y = max(0, x) + min(0, alpha * (e^(x / alpha) - 1)), alpha > 0. NaN stays NaN. ONNX: Celu, alpha.
struct celu_attributes {
  static constexpr std::string_view name = "celu";
  static constexpr std::string_view onnx = "Celu";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits alpha = constant(1.f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const { return math::select(x > V(0), x, V(alpha.value()) * detail::expm1_below(x / V(alpha.value()))); }
  template <class F>
  constexpr void each_field(F&& f) const { f("alpha", alpha); }
  constexpr bool operator==(celu_attributes const&) const = default;
};
template <celu_attributes A = celu_attributes{}>
using celu = with_attributes<celu_attributes(A)>;

}  // namespace DSI_NAMESPACE

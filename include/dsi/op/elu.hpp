// SPDX-License-Identifier: MIT
// Exponential linear unit.
#pragma once

#include <dsi/op/expm1.hpp>

namespace DSI_NAMESPACE {

/// y = x for x > 0, else alpha * (e^x - 1). NaN stays NaN. ONNX: Elu, alpha.
struct elu_attributes {
  static constexpr std::string_view name = "elu";
  static constexpr std::string_view onnx = "Elu";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits alpha = constant(1.f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const { return math::select(x > V(0), x, V(alpha.value()) * detail::expm1_below(x)); }
  template <class F>
  constexpr void each_field(F&& f) const { f("alpha", alpha); }
  constexpr bool operator==(elu_attributes const&) const = default;
};
template <elu_attributes A = elu_attributes{}>
using elu = with_attributes<elu_attributes(A)>;

}  // namespace DSI_NAMESPACE

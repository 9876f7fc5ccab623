// SPDX-License-Identifier: MIT
// Leaky rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x for x >= 0, else alpha * x. NaN stays NaN. ONNX: LeakyRelu, alpha.
struct leaky_relu_attributes {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr std::string_view onnx = "LeakyRelu";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits alpha = constant(0.01f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const { return math::select(x < V(0), V(alpha.value()) * x, x); }
  template <class F>
  constexpr void each_field(F&& f) const { f("alpha", alpha); }
  constexpr bool operator==(leaky_relu_attributes const&) const = default;
};
template <leaky_relu_attributes A = leaky_relu_attributes{}>
using leaky_relu = with_attributes<leaky_relu_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Thresholded rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x for x > alpha, else 0. NaN stays NaN. ONNX: ThresholdedRelu, alpha.
struct thresholded_relu_attributes {
  static constexpr std::string_view name = "thresholded_relu";
  static constexpr std::string_view onnx = "ThresholdedRelu";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits alpha = constant(1.f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const { return math::select(x <= V(alpha.value()), V(0), x); }
  template <class F>
  constexpr void each_field(F&& f) const { f("alpha", alpha); }
  constexpr bool operator==(thresholded_relu_attributes const&) const = default;
};
template <thresholded_relu_attributes A = thresholded_relu_attributes{}>
using thresholded_relu = with_attributes<thresholded_relu_attributes(A)>;

}  // namespace DSI_NAMESPACE

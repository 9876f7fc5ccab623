// SPDX-License-Identifier: MIT
// Thresholded rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x for x > alpha, else 0. NaN stays NaN. ONNX: ThresholdedRelu, alpha.
struct thresholded_relu_attributes : elementwise<1> {
  static constexpr std::string_view name = "thresholded_relu";
  static constexpr std::string_view onnx = "ThresholdedRelu";
  float_bits alpha = constant(1.f);

  constexpr thresholded_relu_attributes() = default;
  constexpr explicit thresholded_relu_attributes(float_bits a) : alpha(a) {}
  template <class V>
  DSI_INLINE V apply(V x) const { return math::select(x <= V(alpha.value()), V(0), x); }
  template <class F>
  constexpr void each_field(F&& f) const { f("alpha", alpha); }
  constexpr bool operator==(thresholded_relu_attributes const&) const = default;
};
template <thresholded_relu_attributes A = thresholded_relu_attributes{}>
using thresholded_relu = with_attributes<A>;

}  // namespace DSI_NAMESPACE

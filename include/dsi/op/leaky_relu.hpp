// SPDX-License-Identifier: MIT
// Leaky rectified linear unit.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x for x >= 0, else alpha * x. NaN stays NaN. ONNX: LeakyRelu, alpha.
struct leaky_relu_attributes : elementwise<1> {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr std::string_view onnx = "LeakyRelu";
  float_bits alpha = constant(0.01f);

  constexpr leaky_relu_attributes() = default;
  constexpr explicit leaky_relu_attributes(float_bits a) : alpha(a) {}
  template <class V>
  DSI_INLINE V apply(V x) const { return math::select(x < V(0), V(alpha.value()) * x, x); }
  template <class F>
  constexpr void each_field(F&& f) const { f("alpha", alpha); }
  constexpr bool operator==(leaky_relu_attributes const&) const = default;
};
template <leaky_relu_attributes A = leaky_relu_attributes{}>
using leaky_relu = with_attributes<A>;

}  // namespace DSI_NAMESPACE

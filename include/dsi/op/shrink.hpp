// SPDX-License-Identifier: MIT
// Shrinkage towards zero.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = x + bias for x < -lambd, x - bias for x > lambd, else 0 (for NaN, too). Integers by way of double. ONNX: Shrink.
struct shrink_attributes {
  static constexpr std::string_view name = "shrink";
  static constexpr int arity = 1;
  static constexpr dtype_set types = numeric_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits lambd = constant(0.5f);
  float_bits bias = constant(0.f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const {
    if constexpr (std::integral<V>) {
      return convert<V>(apply(static_cast<double>(x)));
    } else {
      V const edge(lambd.value()), by(bias.value());
      return math::select(x < -edge, x + by, math::select(x > edge, x - by, V(0)));
    }
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("lambd", lambd);
    f("bias", bias);
  }
  constexpr bool operator==(shrink_attributes const&) const = default;
};
template <shrink_attributes A = shrink_attributes{}>
using shrink = with_attributes<shrink_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Hard sigmoid.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = max(0, min(1, alpha * x + beta)).
struct hard_sigmoid_attributes {
  static constexpr std::string_view name = "hard_sigmoid";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits alpha = constant(0.2f);
  float_bits beta = constant(0.5f);

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const {
    return math::max(V(0), math::min(V(1), math::fma(x, V(alpha.value()), V(beta.value()))));
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("alpha", alpha);
    f("beta", beta);
  }
  constexpr bool operator==(hard_sigmoid_attributes const&) const = default;
};
template <hard_sigmoid_attributes A>
using hard_sigmoid = with_attributes<hard_sigmoid_attributes(A)>;

}  // namespace DSI_NAMESPACE

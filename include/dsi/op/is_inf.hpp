// SPDX-License-Identifier: MIT
// Which elements are infinite.
#pragma once

#include <dsi/op/comparison.hpp>

namespace DSI_NAMESPACE {

/// y = x is an infinity of a sign that is asked for, as bool. ONNX: IsInf; the fields are its detect_positive and detect_negative.
struct is_inf_attributes {
  static constexpr std::string_view name = "is_inf";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  bool positive = true;
  bool negative = true;

  constexpr inferred infer(op_inputs in) const {
    inferred y = elementwise<1, float_types>{}.infer(in);
    y.out[0].type = dtype::boolean;
    return y;
  }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const {
    V const inf(__builtin_inff());
    if (!positive && !negative) return V(0);
    return detail::truth<V>((positive && negative ? math::abs(x) : positive ? x : -x) == inf);
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("positive", positive);
    f("negative", negative);
  }
  constexpr bool operator==(is_inf_attributes const&) const = default;
};
template <is_inf_attributes A = is_inf_attributes{}>
using is_inf = with_attributes<is_inf_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Clipping to a range with constant ends; relu6 is clip<0, 6>.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = min(max(x, low), high). NaN stays NaN. An open end is an infinity.
struct clip_attributes {
  static constexpr std::string_view name = "clip";
  static constexpr int arity = 1;
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits = elementwise<1>::traits;
  float_bits low = constant(-__builtin_inff());
  float_bits high = constant(__builtin_inff());

  constexpr inferred infer(op_inputs in) const { return elementwise<1, float_types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x) const { return math::clamp(x, V(low.value()), V(high.value())); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("low", low);
    f("high", high);
  }
  constexpr bool operator==(clip_attributes const&) const = default;
};
template <clip_attributes A>
using clip = with_attributes<clip_attributes(A)>;
using relu6 = clip<clip_attributes{constant(0.f), constant(6.f)}>;

}  // namespace DSI_NAMESPACE

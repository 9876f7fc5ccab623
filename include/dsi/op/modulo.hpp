// SPDX-License-Identifier: MIT
// Remainder of a division.
#pragma once

#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a mod b, broadcasting: with the sign of b, or with truncated the sign of a, as C's % and fmod have it. x mod 0 is 0 for
/// integers, NaN for double; a zero has the sign that the remainder would have.
/// Types    integers, double. Float, half and bfloat16 go by way of double, where the remainder is exact.
/// ONNX     Mod; truncated is its fmod.
struct modulo_attributes {
  static constexpr std::string_view name = "modulo";
  static constexpr int arity = 2;
  static constexpr dtype_set types = integer_types | set_of(dtype::f64);
  static constexpr op_traits traits = elementwise<2>::traits;
  bool truncated = false;

  constexpr inferred infer(op_inputs in) const {
    return elementwise<2, types>{}.infer(in);
  }
  template <class V>
  DSI_HD DSI_INLINE V apply(V a, V b) const {
    if constexpr (std::integral<V>) {
      if (b == V(0) || b == static_cast<V>(-1)) {
        // The machine traps on the smallest integer % -1; without a sign, -1 is the largest integer.
        if (std::is_signed_v<V> || b == V(0)) return V(0);
      }
      V const r = static_cast<V>(a % b);
      return !truncated && r != V(0) && (r < V(0)) != (b < V(0)) ? static_cast<V>(r + b) : r;
    } else {
      V const r = __builtin_fmod(a, b);
      if (truncated || !(r == r)) return r;
      if (r == V(0)) return __builtin_copysign(r, b);
      return (r < V(0)) != (b < V(0)) ? r + b : r;
    }
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("truncated", truncated); }
  constexpr bool operator==(modulo_attributes const&) const = default;
};
template <modulo_attributes A = modulo_attributes{}>
using modulo = with_attributes<modulo_attributes(A)>;

}  // namespace DSI_NAMESPACE

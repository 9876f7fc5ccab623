// SPDX-License-Identifier: MIT
// Operators on the bits of integers.
#pragma once

#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = ~x.
struct bitwise_not : elementwise<1, integer_types> {
  static constexpr std::string_view name = "bitwise_not";
  static constexpr std::string_view onnx = "BitwiseNot";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return static_cast<V>(~x); }
};

/// y = a & b, broadcasting.
struct bitwise_and : elementwise<2, integer_types> {
  static constexpr std::string_view name = "bitwise_and";
  static constexpr std::string_view onnx = "BitwiseAnd";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return static_cast<V>(a & b); }
};

/// y = a | b, broadcasting.
struct bitwise_or : elementwise<2, integer_types> {
  static constexpr std::string_view name = "bitwise_or";
  static constexpr std::string_view onnx = "BitwiseOr";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return static_cast<V>(a | b); }
};

/// y = a ^ b, broadcasting.
struct bitwise_xor : elementwise<2, integer_types> {
  static constexpr std::string_view name = "bitwise_xor";
  static constexpr std::string_view onnx = "BitwiseXor";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return static_cast<V>(a ^ b); }
};

/// y = a shifted by b bits, broadcasting. Zeros enter, or copies of the sign on the left of a signed integer; a b that is negative
/// or no less than the type's bits leaves nothing but those.
/// ONNX     BitShift, direction RIGHT or LEFT
struct bit_shift_attributes {
  static constexpr std::string_view name = "bit_shift";
  static constexpr int arity = 2;
  static constexpr dtype_set types = integer_types;
  static constexpr op_traits traits = elementwise<2>::traits;
  bool left = false;

  constexpr inferred infer(op_inputs in) const { return elementwise<2, types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V a, V b) const {
    constexpr std::uint64_t width = 8 * sizeof(V);
    auto const by = static_cast<std::uint64_t>(b);  // a negative one is large
    V const sign = std::is_signed_v<V> && a < V(0) ? static_cast<V>(-1) : V(0);
    if (by >= width) return left ? V(0) : sign;
    return left ? static_cast<V>(static_cast<std::uint64_t>(a) << by) : static_cast<V>(a >> by);
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("left", left); }
  constexpr bool operator==(bit_shift_attributes const&) const = default;
};
template <bit_shift_attributes A = bit_shift_attributes{}>
using bit_shift = with_attributes<bit_shift_attributes(A)>;

}  // namespace DSI_NAMESPACE

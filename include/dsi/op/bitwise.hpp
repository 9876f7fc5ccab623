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

/// y = a shifted by b bits, broadcasting; zeros enter, and beyond the type's bits the result is 0. Unsigned integers.
/// ONNX     BitShift, direction RIGHT or LEFT
struct bit_shift_attributes {
  static constexpr std::string_view name = "bit_shift";
  static constexpr int arity = 2;
  static constexpr dtype_set types = set_of(dtype::u8) | set_of(dtype::u16) | set_of(dtype::u32) | set_of(dtype::u64);
  static constexpr op_traits traits = elementwise<2>::traits;
  bool left = false;

  constexpr inferred infer(op_inputs in) const { return elementwise<2, types>{}.infer(in); }
  template <class V>
  DSI_HD DSI_INLINE V apply(V a, V b) const {
    if (b >= V(8 * sizeof(V))) return V(0);
    auto const bits = static_cast<unsigned>(b);
    return left ? static_cast<V>(std::uint64_t{a} << bits) : static_cast<V>(std::uint64_t{a} >> bits);
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("left", left); }
  constexpr bool operator==(bit_shift_attributes const&) const = default;
};
template <bit_shift_attributes A = bit_shift_attributes{}>
using bit_shift = with_attributes<bit_shift_attributes(A)>;

}  // namespace DSI_NAMESPACE

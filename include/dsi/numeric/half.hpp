// SPDX-License-Identifier: MIT
// half (IEEE binary16) and bfloat16 as 16-bit storage types; arithmetic happens in float.
#pragma once

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

namespace detail {
/// Rounds to nearest, ties to even. Overflow gives infinity, NaN stays a quiet NaN with the upper payload bits.
DSI_HD constexpr std::uint16_t float_to_half_bits(float value) {
  std::uint32_t const bits = __builtin_bit_cast(std::uint32_t, value);
  std::uint32_t const sign = (bits >> 16) & 0x8000u;
  std::uint32_t const magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and more round to infinity
  if (magnitude < 0x38800000u) {                                                    // below 2^-14: subnormal or zero
    if (magnitude < 0x33000000u) return static_cast<std::uint16_t>(sign);           // below 2^-25 rounds to zero
    std::uint32_t const shift = 126u - (magnitude >> 23);                           // 14..24 bits leave the significand
    std::uint32_t const significand = (magnitude & 0x7fffffu) | 0x800000u;
    std::uint32_t const kept = significand >> shift;
    std::uint32_t const lost = significand & ((1u << shift) - 1u);
    std::uint32_t const middle = 1u << (shift - 1u);
    return static_cast<std::uint16_t>(sign | (kept + (lost > middle || (lost == middle && (kept & 1u)) ? 1u : 0u)));
  }
  std::uint32_t const rebased = magnitude - 0x38000000u;  // exponent bias 127 -> 15
  std::uint32_t const rounded = rebased + 0xfffu + ((rebased >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | (rounded >> 13));
}
DSI_HD constexpr float half_bits_to_float(std::uint16_t h) {
  std::uint32_t const sign = (h & 0x8000u) << 16;
  std::uint32_t const exponent = (h >> 10) & 0x1fu;
  std::uint32_t const fraction = h & 0x3ffu;
  if (exponent == 0) {  // fraction * 2^-24 is exact in float
    float const magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, magnitude));
  }
  if (exponent == 31) return __builtin_bit_cast(float, sign | 0x7f800000u | (fraction << 13));
  return __builtin_bit_cast(float, sign | ((exponent + 112u) << 23) | (fraction << 13));
}
DSI_HD constexpr std::uint16_t float_to_bfloat16_bits(float value) {
  std::uint32_t const bits = __builtin_bit_cast(std::uint32_t, value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
DSI_HD constexpr float bfloat16_bits_to_float(std::uint16_t b) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(b) << 16);
}
}  // namespace detail

/// IEEE binary16 storage. Converts from float by rounding to nearest even, to float exactly.
struct half {
  std::uint16_t bits = 0;
  half() = default;
  DSI_HD constexpr explicit half(float value) : bits(detail::float_to_half_bits(value)) {}
  DSI_HD constexpr explicit operator float() const { return detail::half_bits_to_float(bits); }
  DSI_HD static constexpr half from_bits(std::uint16_t b) { half h(0.f); h.bits = b; return h; }
  /// IEEE comparison: NaN differs from everything, -0 equals +0.
  DSI_HD friend constexpr bool operator==(half a, half b) { return static_cast<float>(a) == static_cast<float>(b); }
};

/// The upper half of a float. Converts from float by rounding to nearest even, to float exactly.
struct bfloat16 {
  std::uint16_t bits = 0;
  bfloat16() = default;
  DSI_HD constexpr explicit bfloat16(float value) : bits(detail::float_to_bfloat16_bits(value)) {}
  DSI_HD constexpr explicit operator float() const { return detail::bfloat16_bits_to_float(bits); }
  DSI_HD static constexpr bfloat16 from_bits(std::uint16_t b) { bfloat16 h(0.f); h.bits = b; return h; }
  /// IEEE comparison: NaN differs from everything, -0 equals +0.
  DSI_HD friend constexpr bool operator==(bfloat16 a, bfloat16 b) { return static_cast<float>(a) == static_cast<float>(b); }
};

static_assert(sizeof(half) == 2 && sizeof(bfloat16) == 2);
static_assert(half(65504.f).bits == 0x7bff && half(1.f).bits == 0x3c00 && half(0x1p-24f).bits == 1 && half(-0.f).bits == 0x8000);
static_assert(bfloat16(1.f).bits == 0x3f80);

}  // namespace DSI_NAMESPACE

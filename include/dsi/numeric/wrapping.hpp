// SPDX-License-Identifier: MIT
// Sums, differences, products and quotients that wrap around where integers overflow; plain arithmetic for all other types.
#pragma once

#include <concepts>
#include <type_traits>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

namespace detail {
/// At least unsigned int: two std::uint16_t would be multiplied as int, whose overflow is undefined.
template <class V>
struct wrapping_word {
  using type = std::common_type_t<std::make_unsigned_t<V>, unsigned>;
};
template <>
struct wrapping_word<bool> {
  using type = unsigned;
};
template <class V>
using wrapping_word_t = typename wrapping_word<V>::type;
}  // namespace detail

/// Integers give the result modulo 2^bits, as NumPy does; C++ leaves an overflow of signed ones undefined. bool counts as 0 and 1,
/// and every result but 0 is true. Floats and vectors: the operator of the type.
template <class V>
DSI_HD DSI_INLINE constexpr V wrapping_add(V a, V b) {
  if constexpr (std::integral<V>) return static_cast<V>(static_cast<detail::wrapping_word_t<V>>(a) + static_cast<detail::wrapping_word_t<V>>(b));
  else return a + b;
}
template <class V>
DSI_HD DSI_INLINE constexpr V wrapping_sub(V a, V b) {
  if constexpr (std::integral<V>) return static_cast<V>(static_cast<detail::wrapping_word_t<V>>(a) - static_cast<detail::wrapping_word_t<V>>(b));
  else return a - b;
}
template <class V>
DSI_HD DSI_INLINE constexpr V wrapping_mul(V a, V b) {
  if constexpr (std::integral<V>) return static_cast<V>(static_cast<detail::wrapping_word_t<V>>(a) * static_cast<detail::wrapping_word_t<V>>(b));
  else return a * b;
}
/// -a; the smallest signed integer stays itself.
template <class V>
DSI_HD DSI_INLINE constexpr V wrapping_neg(V a) {
  if constexpr (std::integral<V>) return wrapping_sub(V(0), a);
  else return -a;
}
/// a / b towards zero, b not 0 for integers; the smallest signed integer divided by -1 stays itself (the machine would trap).
template <class V>
DSI_HD DSI_INLINE constexpr V wrapping_div(V a, V b) {
  if constexpr (std::signed_integral<V>) return b == V(-1) ? wrapping_neg(a) : static_cast<V>(a / b);
  else if constexpr (std::integral<V>) return static_cast<V>(a / b);
  else return a / b;
}

static_assert(wrapping_add<std::int32_t>(2147483647, 1) == -2147483647 - 1 && wrapping_sub<std::int8_t>(-128, 1) == 127);
static_assert(wrapping_mul<std::int16_t>(300, 300) == 24464 && wrapping_mul<std::uint16_t>(65535, 65535) == 1);
static_assert(wrapping_neg<std::int64_t>(-9223372036854775807 - 1) == -9223372036854775807 - 1);
static_assert(wrapping_div<std::int32_t>(-2147483647 - 1, -1) == -2147483647 - 1 && wrapping_div<std::int8_t>(-7, 2) == -3);

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Square blocks of elements transposed in registers, for elements of 1, 2, 4 or 8 bytes and vectors of 16, 32 or 64.
#pragma once

#include <utility>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::simd {

namespace detail {

template <int Bytes>
struct bits_of_size;
template <> struct bits_of_size<1> { using type = std::uint8_t; };
template <> struct bits_of_size<2> { using type = std::uint16_t; };
template <> struct bits_of_size<4> { using type = std::uint32_t; };
template <> struct bits_of_size<8> { using type = std::uint64_t; };

/// Lanes elements of type T in one register; the compilers' vector extension, since xsimd 8.1 has no transposition.
template <class T, int Lanes>
struct lanes_of {
  typedef T type __attribute__((vector_size(sizeof(T) * Lanes)));
};

/// The unit that Vector consists of at this stage, taken alternately from a and b within lines of `Line` lanes: the first
/// (Upper: second) half of each line of a and of b. Unit lanes stay together.
template <int Lanes, int Line, int Unit, bool Upper>
constexpr int interleaved_lane(int k) {
  int const line = k / Line, at = k % Line, unit = at / Unit;
  int const source = line * Line + (Upper ? Line / 2 : 0) + (unit / 2) * Unit + at % Unit;
  return unit % 2 == 0 ? source : Lanes + source;
}
template <int Line, int Unit, bool Upper, class Vector, int... K>
DSI_INLINE Vector interleave(Vector a, Vector b, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(a, b, interleaved_lane<sizeof...(K), Line, Unit, Upper>(K)...);
}
/// Lines of 16 bytes: halves that lie `Line` lines apart change places.
template <int Lanes, int Distance, bool Upper>
constexpr int swapped_lane(int k) {
  bool const odd = k / Distance % 2 != 0;
  int const source = odd ? k - Distance : k;
  return (odd ? Lanes : 0) + source + (Upper ? Distance : 0);
}
template <int Distance, bool Upper, class Vector, int... K>
DSI_INLINE Vector swap_lines(Vector a, Vector b, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(a, b, swapped_lane<sizeof...(K), Distance, Upper>(K)...);
}

/// One stage within lines of 16 bytes: rows `Unit` apart are interleaved by units of `Unit` lanes.
template <int Unit, int Line, int Lanes, class Vector>
DSI_INLINE void interleave_rows(Vector (&row)[Lanes]) {
  using lanes = std::make_integer_sequence<int, Lanes>;
  DSI_UNROLL
  for (int i = 0; i < Lanes; ++i) {
    if ((i / Unit) % 2 != 0) continue;
    Vector const a = row[i], b = row[i + Unit];
    row[i] = interleave<Line, Unit, false>(a, b, lanes{});
    row[i + Unit] = interleave<Line, Unit, true>(a, b, lanes{});
  }
  if constexpr (2 * Unit < Line) interleave_rows<2 * Unit, Line>(row);
}
/// One stage across lines: rows `Distance` apart exchange lines.
template <int Distance, int Lanes, class Vector>
DSI_INLINE void swap_row_lines(Vector (&row)[Lanes]) {
  using lanes = std::make_integer_sequence<int, Lanes>;
  DSI_UNROLL
  for (int i = 0; i < Lanes; ++i) {
    if ((i / Distance) % 2 != 0) continue;
    Vector const a = row[i], b = row[i + Distance];
    row[i] = swap_lines<Distance, false>(a, b, lanes{});
    row[i + Distance] = swap_lines<Distance, true>(a, b, lanes{});
  }
  if constexpr (2 * Distance < Lanes) swap_row_lines<2 * Distance>(row);
}

/// Where the rows of one line's block stand after interleave_rows: unpacking leaves them in bit-reversed order.
constexpr int reversed_bits(int i, int count) {
  int r = 0;
  for (int b = 1; b < count; b *= 2) r = 2 * r + (i / b) % 2;
  return r;
}

}  // namespace detail

/// to[c * to_step + r] = from[r * from_step + c] for r, c < Lanes. Pointers need no alignment.
template <int Lanes, class T>
DSI_INLINE void transpose_block(T const* from, index from_step, T* to, index to_step) {
  using vector = typename detail::lanes_of<typename detail::bits_of_size<sizeof(T)>::type, Lanes>::type;
  constexpr int line = static_cast<int>(16 / sizeof(T));
  vector row[Lanes];
  DSI_UNROLL
  for (int i = 0; i < Lanes; ++i) __builtin_memcpy(&row[i], from + i * from_step, sizeof(vector));
  if constexpr (Lanes < line) detail::interleave_rows<1, Lanes>(row);
  else if constexpr (line > 1) detail::interleave_rows<1, line>(row);
  if constexpr (Lanes > line) detail::swap_row_lines<line>(row);
  constexpr int block = Lanes < line ? Lanes : line;
  DSI_UNROLL
  for (int i = 0; i < Lanes; ++i) {
    int const source = i / block * block + detail::reversed_bits(i % block, block);
    __builtin_memcpy(static_cast<void*>(to + i * to_step), &row[source], sizeof(vector));
  }
}

}  // namespace DSI_NAMESPACE::simd

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

/// Lanes taken alternately from a and b within lines of `Line` lanes: the first (Upper: second) half of each line of both.
constexpr int interleaved_lane(int lanes, int line, bool upper, int k) {
  int const source = k / line * line + (upper ? line / 2 : 0) + k % line / 2;
  return k % 2 == 0 ? source : lanes + source;
}
template <int Line, bool Upper, class Vector, int... K>
DSI_INLINE Vector interleave(Vector a, Vector b, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(a, b, interleaved_lane(sizeof...(K), Line, Upper, K)...);
}
/// Of every 2 * distance lanes the first (upper: second) halves of a and b, side by side.
constexpr int swapped_lane(int lanes, int distance, bool upper, int k) {
  bool const odd = k / distance % 2 != 0;
  return (odd ? lanes + k - distance : k) + (upper ? distance : 0);
}
template <int Distance, bool Upper, class Vector, int... K>
DSI_INLINE Vector swap_lines(Vector a, Vector b, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(a, b, swapped_lane(sizeof...(K), Distance, Upper, K)...);
}

// The rows are a C array whose positions are template arguments: with loops g++ 12 left it in memory.

/// Rows I and I + Unit interleaved by units of Unit elements of Bytes each, within lines of Line bytes. As elements of the unit's
/// size, since the compilers then find the instruction for it.
template <int Unit, int Bytes, int Line, int I, class Vector>
DSI_INLINE void interleave_pair(Vector* row) {
  if constexpr (I / Unit % 2 == 0) {
    constexpr int size = Unit * Bytes, lanes = static_cast<int>(sizeof(Vector)) / size;
    using wide = typename lanes_of<typename bits_of_size<size>::type, lanes>::type;
    using sequence = std::make_integer_sequence<int, lanes>;
    wide const a = reinterpret_cast<wide>(row[I]), b = reinterpret_cast<wide>(row[I + Unit]);
    row[I] = reinterpret_cast<Vector>(interleave<Line / size, false>(a, b, sequence{}));
    row[I + Unit] = reinterpret_cast<Vector>(interleave<Line / size, true>(a, b, sequence{}));
  }
}
template <int Unit, int Bytes, int Line, class Vector, int... I>
DSI_INLINE void interleave_rows(Vector* row, std::integer_sequence<int, I...> all) {
  if constexpr (Unit * Bytes < Line) {
    (interleave_pair<Unit, Bytes, Line, I>(row), ...);
    interleave_rows<2 * Unit, Bytes, Line>(row, all);
  }
}
/// Rows I and I + Distance exchange lines that lie Distance elements apart.
template <int Distance, int Bytes, int I, class Vector>
DSI_INLINE void swap_pair(Vector* row) {
  if constexpr (I / Distance % 2 == 0) {
    constexpr int lanes = static_cast<int>(sizeof(Vector) / 8), distance = Distance * Bytes / 8;
    using wide = typename lanes_of<std::uint64_t, lanes>::type;
    using sequence = std::make_integer_sequence<int, lanes>;
    wide const a = reinterpret_cast<wide>(row[I]), b = reinterpret_cast<wide>(row[I + Distance]);
    row[I] = reinterpret_cast<Vector>(swap_lines<distance, false>(a, b, sequence{}));
    row[I + Distance] = reinterpret_cast<Vector>(swap_lines<distance, true>(a, b, sequence{}));
  }
}
template <int Distance, int Bytes, class Vector, int... I>
DSI_INLINE void swap_rows(Vector* row, std::integer_sequence<int, I...> all) {
  if constexpr (Distance < static_cast<int>(sizeof...(I))) {
    (swap_pair<Distance, Bytes, I>(row), ...);
    swap_rows<2 * Distance, Bytes>(row, all);
  }
}

/// Interleaving leaves the rows of one line's block in bit-reversed order.
constexpr int reversed_bits(int i, int count) {
  int r = 0;
  for (int b = 1; b < count; b *= 2) r = 2 * r + i / b % 2;
  return r;
}

template <int Block, class T, int... I>
DSI_INLINE void transpose_block(T const* from, index from_step, T* to, index to_step, std::integer_sequence<int, I...> all) {
  constexpr int bytes = static_cast<int>(sizeof(T)), lanes = static_cast<int>(sizeof...(I));
  using vector = typename lanes_of<typename bits_of_size<bytes>::type, lanes>::type;
  vector row[lanes];
  (__builtin_memcpy(&row[I], from + I * from_step, sizeof(vector)), ...);
  interleave_rows<1, bytes, Block * bytes>(row, all);
  if constexpr (lanes > Block) swap_rows<Block, bytes>(row, all);
  (__builtin_memcpy(static_cast<void*>(to + I * to_step), &row[I / Block * Block + reversed_bits(I % Block, Block)], sizeof(vector)), ...);
}

}  // namespace detail

/// to[c * to_step + r] = from[r * from_step + c] for r, c < Lanes. Pointers need no alignment.
template <int Lanes, class T>
DSI_INLINE void transpose_block(T const* from, index from_step, T* to, index to_step) {
  // Blocks of one 16-byte line are transposed by unpacking, then the lines change places.
  constexpr int line = static_cast<int>(16 / sizeof(T));
  detail::transpose_block<Lanes < line ? Lanes : line>(from, from_step, to, to_step, std::make_integer_sequence<int, Lanes>{});
}

}  // namespace DSI_NAMESPACE::simd

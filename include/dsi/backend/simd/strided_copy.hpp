// SPDX-License-Identifier: MIT
// Runs a copy_plan: runs of consecutive elements by whole vectors, transpositions by blocks in registers, the rest by element.
#pragma once

#include <cstring>

#include <dsi/backend/simd/copy_plan.hpp>
#include <dsi/backend/simd/isa.hpp>
#include <dsi/backend/simd/register_transpose.hpp>

namespace DSI_NAMESPACE::simd {

/// Bytes of Isa's registers.
template <class Isa>
inline constexpr int register_bytes = 4 * Isa::lanes;

namespace detail {

/// From here on the C library's memcpy is as fast as a loop of vectors.
inline constexpr index long_run = 8192;

template <int Bytes>
DSI_INLINE void copy_chunk(std::byte* to, std::byte const* from) {
  typename lanes_of<std::uint8_t, Bytes>::type chunk;
  __builtin_memcpy(&chunk, from, Bytes);
  __builtin_memcpy(to, &chunk, Bytes);
}

/// n bytes by chunks, the last of which overlaps the one before. Precondition: no overlap of the two runs.
template <int Chunk>
DSI_INLINE void copy_bytes(std::byte* to, std::byte const* from, index n) {
  if constexpr (Chunk < 2) {
    if (n > 0) *to = *from;
  } else {
    if (n < Chunk) return copy_bytes<Chunk / 2>(to, from, n);
    index i = 0;
    for (; i + Chunk <= n; i += Chunk) copy_chunk<Chunk>(to + i, from + i);
    if (i < n) copy_chunk<Chunk>(to + (n - Chunk), from + (n - Chunk));
  }
}

}  // namespace detail

/// Copies n consecutive elements; the two runs do not overlap.
template <class Isa, class T>
DSI_INLINE void copy_run(T* to, T const* from, index n) {
  auto* const target = reinterpret_cast<std::byte*>(to);
  auto const* const source = reinterpret_cast<std::byte const*>(from);
  index const bytes = n * static_cast<index>(sizeof(T));
  if (bytes >= detail::long_run) std::memcpy(target, source, static_cast<std::size_t>(bytes));
  else detail::copy_bytes<register_bytes<Isa>>(target, source, bytes);
}

/// Writes n times the same element.
template <class Isa, class T>
DSI_INLINE void fill_run(T* to, T value, index n) {
  using bits = typename detail::bits_of_size<sizeof(T)>::type;
  constexpr int lanes = static_cast<int>(register_bytes<Isa> / sizeof(T));
  using vector = typename detail::lanes_of<bits, lanes>::type;
  if (n < lanes) {
    for (index i = 0; i < n; ++i) to[i] = value;
    return;
  }
  bits pattern;
  __builtin_memcpy(&pattern, &value, sizeof(T));
  vector const all = vector{} + pattern;
  for (index i = 0; i + lanes <= n; i += lanes) __builtin_memcpy(static_cast<void*>(to + i), &all, sizeof(vector));
  __builtin_memcpy(static_cast<void*>(to + (n - lanes)), &all, sizeof(vector));
}

/// The loops of Plan over elements of type T.
template <class Isa, class T, copy_plan Plan>
struct strided_copy {
  /// A copy: clang 14 reads a template argument with an int before zero-filled arrays at wrong offsets when it is not folded.
  static constexpr copy_plan plan = Plan;
  static constexpr int inner = plan.rank - 1;
  static constexpr int cross = plan.crossing();

  template <class Context>
  static DSI_INLINE void run(T const* from, T* to, Context& context) noexcept {
    if constexpr (plan.size() > 0) {
      T const* const source = from + plan.from_start;
      T* const target = to + plan.to_start;
      if constexpr (plan.size() * static_cast<index>(sizeof(T)) < worth_threads) {
        level<0>(source, target, plan.extent[0]);
      } else {
        // A run alone is cut at cache lines, anything else at its outermost loop.
        constexpr index grain = plan.rank == 1 ? 4096 : 1;
        context.team.for_each(ceil_div(plan.extent[0], grain), [source, target](index first, index last) {
          index const begin = first * grain, end = smaller(last * grain, plan.extent[0]);
          level<0>(source + begin * plan.from[0], target + begin * plan.to[0], end - begin);
        });
      }
    }
  }

 private:
  static constexpr index worth_threads = 256 * 1024;
  static constexpr int widest_block = static_cast<int>(register_bytes<Isa> / sizeof(T) > 16 ? 16 : register_bytes<Isa> / sizeof(T));

  /// Loop D and those inside it; `count` is the extent of loop 0 that is wanted.
  template <int D>
  static DSI_INLINE void level(T const* from, T* to, index count) {
    if constexpr (D == inner) {
      index const n = D == 0 ? count : plan.extent[D];
      if constexpr (cross >= 0) transposed<widest_block>(from, to, cross == 0 ? count : plan.extent[cross], n);
      else run_of(from, to, n);
    } else if constexpr (D == cross) {
      level<D + 1>(from, to, count);
    } else {
      index const n = D == 0 ? count : plan.extent[D];
      for (index i = 0; i < n; ++i) level<D + 1>(from + i * plan.from[D], to + i * plan.to[D], count);
    }
  }

  static DSI_INLINE void run_of(T const* from, T* to, index n) {
    constexpr index from_step = plan.from[inner], to_step = plan.to[inner];
    if constexpr (from_step == 1 && to_step == 1) {
      copy_run<Isa>(to, from, n);
    } else if constexpr (from_step == 0 && to_step == 1) {
      fill_run<Isa>(to, *from, n);
    } else {
      for (index i = 0; i < n; ++i) to[i * to_step] = from[i * from_step];
    }
  }

  /// to[c * to_step + i] = from[i * from_step + c] for c < across, i < along: the target is consecutive along i.
  template <int Block>
  static DSI_INLINE void transposed(T const* from, T* to, index across, index along) {
    constexpr index from_step = plan.from[inner], to_step = plan.to[cross < 0 ? 0 : cross];
    if constexpr (Block < 4 || plan.extent[inner] < 4) {
      for (index c = 0; c < across; ++c)
        for (index i = 0; i < along; ++i) to[c * to_step + i] = from[i * from_step + c];
    } else {
      if (across < Block || along < Block) return transposed<Block / 2>(from, to, across, along);
      // Strips of rows, so that the pages of one strip stay in the TLB. Last blocks overlap the ones before.
      constexpr index strip = 512;
      for (index s = 0; s < along; s += strip)
        for (index c = 0; c < across; c += Block) {
          index const column = smaller(c, across - Block);
          for (index i = s; i < smaller(s + strip, along); i += Block) {
            index const row = smaller(i, along - Block);
            transpose_block<Block>(from + (row * from_step + column), from_step, to + (column * to_step + row), to_step);
          }
        }
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

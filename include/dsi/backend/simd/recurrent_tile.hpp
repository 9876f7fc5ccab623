// SPDX-License-Identifier: MIT
// The products of recurrent layers: some rows, wherever they lie, times packed weights.
#pragma once

#include <dsi/backend/simd/tile.hpp>

namespace DSI_NAMESPACE::simd {

/// Rows x Panels sums of K products. Unlike `tile`, whose partial sums depend on its size, every sum has one order, the start
/// value and then inputs 0, 1, 2, ...: a step alone gives the bits that it gives inside a sequence or a batch.
template <class Isa, class T, int Rows, int Panels, index K>
struct recurrent_tile {
  using v = vec<Isa>;
  static constexpr int per_panel = panel_vectors<Isa>;
  static constexpr int vectors = Panels * per_panel;
  static constexpr int interleave = static_cast<int>(interleave_of(dtype_of<T>));
  static constexpr index panel_stride = round_up(K, interleave) * panel_width;
  using sums = v[Rows][vectors];

  /// Inputs of one pass: about 24 multiply-adds, so that a loop over few sums is not mostly counting.
  static constexpr index pass = smaller(K, round_up(larger(1, smaller(8, 24 / (Rows * vectors))), interleave));

  /// acc[r] += a[r] * w
  DSI_INLINE static void run(float const* const (&a)[Rows], T const* w, sums& acc) {
    index k = 0;
    for (; k + pass <= K; k += pass) inputs<pass>(a, k, w + k * panel_width, acc);
    if constexpr (K > 0 && K % larger(pass, 1) != 0) inputs<K % pass>(a, k, w + k * panel_width, acc);
  }

 private:
  template <index Count>
  DSI_INLINE static void inputs(float const* const (&a)[Rows], index first, T const* w, sums& acc) {
    DSI_UNROLL
    for (int k = 0; k < static_cast<int>(Count); k += interleave) {
      v b[vectors][interleave];
      DSI_UNROLL
      for (int n = 0; n < vectors; ++n)
        load_weights(w + k * panel_width + n / per_panel * panel_stride + n % per_panel * (Isa::lanes * interleave), b[n]);
      DSI_UNROLL
      for (int i = 0; i < interleave; ++i) {
        if (k + i >= static_cast<int>(Count)) continue;  // an odd number of inputs: the last pair is half empty
        DSI_UNROLL
        for (int r = 0; r < Rows; ++r) {
          v const x(a[r][first + k + i]);
          DSI_UNROLL
          for (int n = 0; n < vectors; ++n) acc[r][n] = mul_add(x, b[n][i], acc[r][n]);
        }
      }
    }
  }
};

/// The panels [First, Last) of a weight matrix, in groups whose sums fit into registers.
template <class Isa, class T, int Rows, index First, index Last, index K>
struct recurrent_product {
  static constexpr index panel_size = round_up(K, interleave_of(dtype_of<T>)) * panel_width;

  /// Panels side by side. A row alone takes as many as registers hold while the weights stay in a first-level cache (32 KiB),
  /// since each activation is then loaded least often; from farther away four streams are best [measured, as for GEMV].
  static constexpr index limit = [] {
    index n = Rows > 1 ? default_tile<Isa>.panels : Isa::registers == 32 ? 24 / panel_vectors<Isa> : larger(1, 12 / panel_vectors<Isa>);
    if (Rows == 1 && (Last - First) * panel_size * size_of(dtype_of<T>) > 32 * 1024) n = smaller(n, 4);
    while (n > 1 && !fits_registers<Isa>(Rows, n)) --n;
    return n;
  }();
  static constexpr even_parts groups = split_evenly(Last - First, limit);

  /// start(tile, panel, sums) gives the start values of the group that begins at `panel`, finish(tile, panel, sums) takes the
  /// result; `tile` is a value of the tile's type.
  template <class Start, class Finish>
  DSI_INLINE static void run(float const* const (&a)[Rows], T const* w, Start const& start, Finish const& finish) {
    index g = 0;
    if constexpr (groups.count() == 1) {
      group<groups.size>(a, w, First, start, finish);
    } else {
      for (; g < groups.large; ++g) group<groups.size>(a, w, First + groups.start(g), start, finish);
      if constexpr (groups.small > 0)
        for (; g < groups.count(); ++g) group<groups.size - 1>(a, w, First + groups.start(g), start, finish);
    }
  }

 private:
  template <index Panels, class Start, class Finish>
  DSI_INLINE static void group(float const* const (&a)[Rows], T const* w, index panel, Start const& start, Finish const& finish) {
    using registers = recurrent_tile<Isa, T, Rows, static_cast<int>(Panels), K>;
    typename registers::sums sum;
    start(registers{}, panel, sum);
    registers::run(a, w + panel * panel_size, sum);
    finish(registers{}, panel, sum);
  }
};

}  // namespace DSI_NAMESPACE::simd

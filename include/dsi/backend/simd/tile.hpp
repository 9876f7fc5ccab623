// SPDX-License-Identifier: MIT
// The register tile that carries all products: a few rows of activations times a few panels of weights, sums in registers.
#pragma once

#include <dsi/backend/simd/widen.hpp>
#include <dsi/kernel/pack.hpp>

namespace DSI_NAMESPACE::simd {

/// True for the element types that the tile multiplies.
constexpr bool is_tile_type(dtype t) { return t == dtype::f32 || t == dtype::f16 || t == dtype::bf16; }

/// The largest register tile of a kernel: rows of activations times panels of 16 outputs. A structural value, so that
/// variants stand side by side: `template <class P> using mine = dense_tile<Isa, P, tile_tuning{4, 2}>`.
/// Fewer panels than that (a narrow layer) get more rows instead, fewer rows more panels.
struct tile_tuning {
  int rows = 0;
  int panels = 0;
  bool fetch = true;  ///< ask for the next weights while computing
  constexpr bool operator==(tile_tuning const&) const = default;
};

/// Vectors in a panel.
template <class Isa>
inline constexpr int panel_vectors = static_cast<int>(panel_width) / Isa::lanes;

/// rows * vectors sums, one row of weights and one activation fill the registers [measured: 97-99% of the FMA peak].
template <class Isa>
inline constexpr tile_tuning default_tile = Isa::kind == isa::family::avx512 ? tile_tuning{6, 4}
                                            : Isa::kind == isa::family::avx2 ? tile_tuning{6, 1}
                                            : Isa::kind == isa::family::neon ? tile_tuning{5, 1}
                                                                             : tile_tuning{2, 1};

/// True when a tile's sums, one row of weights and one activation fit into the registers. A single row of activations
/// needs each weight once, straight from memory.
template <class Isa>
constexpr bool fits_registers(index rows, index panels) {
  index const vectors = panels * panel_vectors<Isa>;
  return rows == 1 ? vectors + 2 <= Isa::registers : rows * vectors + vectors + 1 <= Isa::registers;
}

/// The most panels side by side for so many rows in all.
template <class Isa>
constexpr index panels_for(index rows, tile_tuning t) {
  index p = rows >= t.rows ? t.panels : smaller(4, t.rows * t.panels / rows);
  while (p > 1 && !fits_registers<Isa>(smaller(rows, t.rows), p)) --p;
  return p;
}
/// The most rows for so many panels side by side: at most 12, more gain nothing.
template <class Isa>
constexpr index rows_for(index panels, tile_tuning t) {
  index r = larger(t.rows, smaller(12, t.rows * t.panels / panels));
  while (r > t.rows && !fits_registers<Isa>(r, panels)) --r;
  return r;
}

/// A count cut into parts of `size` and then parts of `size - 1`: as few as a limit allows, and equally large, since a small
/// remainder at the end would run far below the speed of the others.
struct even_parts {
  index size = 0;
  index large = 0;  ///< parts of `size`
  index small = 0;  ///< parts of `size - 1`
  constexpr index count() const { return large + small; }
  /// First item of a part; start(count()) is the number of items.
  DSI_INLINE constexpr index start(index part) const { return part * size - larger(0, part - large); }
};
constexpr even_parts split_evenly(index count, index limit) {
  index const parts = ceil_div(count, limit), size = ceil_div(count, parts), small = parts * size - count;
  return {size, parts - small, small};
}
static_assert(split_evenly(49, 6).start(4) == 24 && split_evenly(49, 6).start(9) == 49 && split_evenly(12, 6).small == 0);

/// How a tile goes through its inputs: four nested loops over offsets into the activations, in elements, while the weights
/// run on. A dense layer has the innermost alone; a convolution has (depth, height, width, channel).
struct walk {
  index row = 0;  ///< from one row of the tile to the next
  index count[4]{1, 1, 1, 1};
  index step[4]{0, 0, 0, 1};

  constexpr index inputs() const { return count[0] * count[1] * count[2] * count[3]; }
  /// The same order in fewer loops: a loop that continues where the next one ends becomes part of it.
  constexpr walk merged() const {
    walk w{.row = row};
    int at = 3;
    bool open = false;
    for (int i = 3; i >= 0; --i) {
      if (count[i] == 1) continue;
      if (open && step[i] == w.count[at] * w.step[at]) {
        w.count[at] *= count[i];
        continue;
      }
      if (open) --at;
      w.count[at] = count[i];
      w.step[at] = step[i];
      open = true;
    }
    return w;
  }
  /// True when inputs that lie side by side in the packed weights (2 for 16-bit types) never fall into different loops.
  constexpr bool pairs_whole(index interleave) const { return count[3] == inputs() || count[3] % interleave == 0; }
  /// Where input k lies.
  constexpr index offset(index k) const {
    index at = 0;
    for (int i = 3; i >= 0; --i) {
      at += k % count[i] * step[i];
      k /= count[i];
    }
    return at;
  }
};
static_assert(walk{1, {1, 3, 3, 8}, {0, 80, 8, 1}}.merged().count[3] == 24 && walk{1, {1, 3, 1, 8}, {0, 80, 0, 1}}.merged().count[2] == 3);

/// Rows x Panels sums of products. T: type of the weights, packed as layout::panels. Activations are floats.
/// Order of a sum: start value, then inputs in the order of the panel, one after the other; with fewer than 8 vectors of sums
/// `chains` partial sums take turns (input k goes to chain k mod chains within a run) and are added at the end, first to last.
template <class Isa, class T, int Rows, int Panels, walk W>
struct tile {
  using v = vec<Isa>;
  static constexpr int rows = Rows;
  static constexpr int per_panel = panel_vectors<Isa>;
  static constexpr int vectors = Panels * per_panel;
  static constexpr int interleave = static_cast<int>(interleave_of(dtype_of<T>));
  /// False when a pair of weights would fall into two loops: then a table tells where each input lies.
  static constexpr bool linear = W.pairs_whole(interleave);
  static constexpr index run_length = linear ? W.count[3] : W.inputs();
  static constexpr index panel_stride = round_up(W.inputs(), interleave) * panel_width;

  /// A multiply-add takes 4 cycles and one or two start in each: 8 independent sums keep the unit busy.
  static constexpr int chains = Rows * vectors >= 8 || run_length < 8 ? 1 : Rows * vectors >= 4 ? 2 : 4;

  /// sums[0] are the sums proper, the others partial ones that start at zero.
  using sums = v[chains][Rows][vectors];

  /// Inputs of a pass through the innermost loop: about 24 multiply-adds, or the whole run when it is short.
  static constexpr int unroll_of(int height, index count) {
    index const each = height * vectors;
    if (count <= 4 || count * each <= 64) return static_cast<int>(count);
    return static_cast<int>(round_up(larger(1, smaller(8, 24 / each)), chains * interleave));
  }

  /// sum[0] += a * w; sum[0] holds the start values. Fetch: also asks for one panel of weights that lies `ahead` elements on.
  template <bool Fetch = false>
  DSI_INLINE static void run(float const* a, T const* w, sums& sum, index ahead = 0) {
    clear_chains(sum);
    if constexpr (linear) {
      for (index i = 0; i < W.count[0]; ++i)
        for (index j = 0; j < W.count[1]; ++j)
          for (index k = 0; k < W.count[2]; ++k) {
            float const* x = a + i * W.step[0] + j * W.step[1] + k * W.step[2];
            // What a row reads its neighbour reads in another pass; compilers that see that carry it over, and spill the sums.
            if constexpr (W.count[2] > 1) __asm__("" : "+r"(x));
            run_line<0, Rows, run_length, Fetch>(x, w, sum, ahead);
          }
    } else {
      run_line<0, Rows, run_length, Fetch>(a, w, sum, ahead);
    }
    add_chains(sum);
  }

  /// What `run` does before and after: for those who go through the inputs themselves, by run_line.
  DSI_INLINE static void clear_chains(sums& sum) {
    if constexpr (chains > 1) {
      DSI_UNROLL
      for (int i = 0; i < (chains - 1) * Rows * vectors; ++i) sum[1 + i / (Rows * vectors)][i / vectors % Rows][i % vectors] = v::zero();
    }
  }
  DSI_INLINE static void add_chains(sums& sum) {
    if constexpr (chains > 1) {
      DSI_UNROLL
      for (int i = 0; i < (chains - 1) * Rows * vectors; ++i)
        sum[0][i / vectors % Rows][i % vectors] += sum[1 + i / (Rows * vectors)][i / vectors % Rows][i % vectors];
    }
  }

  /// Adds the products of `Count` inputs in line to the rows First .. Last; w moves on.
  template <int First, int Last, index Count, bool Fetch>
  DSI_INLINE static void run_line(float const* a, T const*& w, sums& sum, index ahead) {
    constexpr int unroll = unroll_of(Last - First, Count), rest = static_cast<int>(Count % unroll);
    for (index n = 0; n < Count / unroll; ++n) {
      inputs<First, Last, unroll, Fetch>(a, n * unroll, w, sum, ahead);
      if constexpr (linear) a += unroll * W.step[3];
      w += unroll * panel_width;
    }
    if constexpr (rest != 0) {
      inputs<First, Last, rest, Fetch>(a, Count / unroll * unroll, w, sum, ahead);
      w += rest * panel_width;
    }
  }

 private:
  struct offset_table {
    std::int32_t of[static_cast<std::size_t>(linear ? 1 : run_length)]{};
    constexpr offset_table() {
      if constexpr (!linear)
        for (index k = 0; k < run_length; ++k) of[k] = static_cast<std::int32_t>(W.offset(k));
    }
  };
  static constexpr offset_table table{};

  /// Count inputs from `first` on; a points at the first one where they lie in line, else at the start.
  template <int First, int Last, int Count, bool Fetch>
  DSI_INLINE static void inputs(float const* a, index first, T const* w, sums& sum, [[maybe_unused]] index ahead) {
    DSI_UNROLL
    for (int k = 0; k < Count; k += interleave) {
      if constexpr (Fetch) __builtin_prefetch(w + k * panel_width + ahead, 0, 2);  // into the second level: 64 bytes, one cache line
      v b[vectors][interleave];
      DSI_UNROLL
      for (int n = 0; n < vectors; ++n)
        load_weights(w + k * panel_width + n / per_panel * panel_stride + n % per_panel * (Isa::lanes * interleave), b[n]);
      DSI_UNROLL
      for (int i = 0; i < interleave; ++i) {
        if (k + i >= Count) continue;  // an odd number of inputs: the last pair is half empty
        float const* x;
        if constexpr (linear) x = a + (k + i) * W.step[3];
        else x = a + table.of[first + k + i];
        DSI_UNROLL
        for (int r = First; r < Last; ++r) {
          v const xr(x[r * W.row]);
          DSI_UNROLL
          for (int n = 0; n < vectors; ++n) sum[(k + i) % chains][r][n] = mul_add(xr, b[n][i], sum[(k + i) % chains][r][n]);
        }
      }
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// The register tile of 8-bit products: a few rows of bytes times a few panels of weights, sums in 32-bit integers.
#pragma once

#include <dsi/backend/simd/tile.hpp>

namespace DSI_NAMESPACE::simd {

/// With VNNI as for floats. Without it a product of bytes is taken apart into two products of 16 bits, whose parts want
/// registers of their own.
template <class Isa>
inline constexpr tile_tuning default_int8_tile = Isa::has_vnni                           ? tile_tuning{6, 4}
                                                 : Isa::kind == isa::family::avx512 ? tile_tuning{4, 4}
                                                 : Isa::kind == isa::family::avx2   ? tile_tuning{4, 1}
                                                 : Isa::kind == isa::family::neon   ? tile_tuning{3, 1}
                                                                                    : tile_tuning{1, 1};

/// Rows x Panels sums of products of u8 activations, `Inputs` in a row, and s8 weights in panels. Exact; sums wrap, so their
/// order does not matter.
template <class Isa, index Inputs, int Rows, int Panels>
struct int8_tile {
  using v = ivec<Isa>;
  static constexpr int per_panel = panel_vectors<Isa>;
  static constexpr int vectors = Panels * per_panel;
  static constexpr int depth = static_cast<int>(interleave_of(dtype::i8));
  static constexpr index panel_stride = round_up(Inputs, depth) * panel_width;
  static constexpr index whole = Inputs / depth;

  /// A VNNI instruction takes 4 or 5 cycles from sum to sum; without it only an addition does.
  static constexpr int chains = !Isa::has_vnni || Rows * vectors >= 8 || whole < 8 ? 1 : Rows * vectors >= 4 ? 2 : 4;
  static constexpr int unroll = static_cast<int>(smaller(whole, larger(chains, 16 / (Rows * vectors) / chains * chains)));

  using sums = v[Rows][vectors];

  /// sum += x * w
  DSI_INLINE static void run(std::uint8_t const* x, std::int8_t const* w, sums& sum) {
    v partial[chains][Rows][vectors];
    DSI_UNROLL
    for (int i = 0; i < chains * Rows * vectors; ++i)
      partial[i / (Rows * vectors)][i / vectors % Rows][i % vectors] = i < Rows * vectors ? sum[i / vectors % Rows][i % vectors] : v::zero();
    if constexpr (whole > 0) {
      for (index k = 0; k < whole / unroll; ++k) {
        steps<unroll>(x, w, partial);
        x += unroll * depth;
        w += unroll * depth * panel_width;
      }
      if constexpr (whole % unroll != 0) {
        steps<whole % unroll>(x, w, partial);
        x += whole % unroll * depth;
        w += whole % unroll * depth * panel_width;
      }
    }
    if constexpr (Inputs % depth != 0) {
      v b[vectors];
      load(w, b);
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r) {
        std::uint8_t last[depth]{};  // the bytes behind a row are not its own
        for (index i = 0; i < Inputs % depth; ++i) last[i] = x[r * Inputs + i];
        add(v::broadcast_bytes(last), b, partial[0][r]);
      }
    }
    DSI_UNROLL
    for (int i = 0; i < Rows * vectors; ++i) {
      v s = partial[0][i / vectors][i % vectors];
      DSI_UNROLL
      for (int c = 1; c < chains; ++c) s = s + partial[c][i / vectors][i % vectors];
      sum[i / vectors][i % vectors] = s;
    }
  }

 private:
  DSI_INLINE static void load(std::int8_t const* w, v (&b)[vectors]) {
    DSI_UNROLL
    for (int n = 0; n < vectors; ++n) b[n] = v::load_bytes(w + n / per_panel * panel_stride + n % per_panel * (Isa::lanes * depth));
  }
  DSI_INLINE static void add(v a, v const (&b)[vectors], v (&sum)[vectors]) {
    DSI_UNROLL
    for (int n = 0; n < vectors; ++n) sum[n] = dot4(sum[n], a, b[n]);
  }
  template <index Count>
  DSI_INLINE static void steps(std::uint8_t const* x, std::int8_t const* w, v (&partial)[chains][Rows][vectors]) {
    DSI_UNROLL
    for (int k = 0; k < static_cast<int>(Count); ++k) {
      v b[vectors];
      load(w + k * (depth * panel_width), b);
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r) add(v::broadcast_bytes(x + r * Inputs + k * depth), b, partial[k % chains][r]);
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

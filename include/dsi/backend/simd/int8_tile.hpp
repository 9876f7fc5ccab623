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

  /// An ivec by another name: g++ 12 keeps sums in memory when their type differs from that of the dot product's result.
  typedef std::int32_t word_vector __attribute__((vector_size(4 * Isa::lanes)));
  struct word {
    word_vector value;
    word() = default;
    DSI_INLINE word(v a) : value(__builtin_bit_cast(word_vector, a.reg())) {}  // NOLINT(google-explicit-constructor)
    DSI_INLINE operator v() const { return typename v::raw(__builtin_bit_cast(typename v::ops::i, value)); }  // NOLINT(google-explicit-constructor)
  };
  /// sums[0] are the sums proper, the others partial ones.
  using sums = word[chains][Rows][vectors];

  /// sum[0] += x * w; sum[0] holds the start values.
  DSI_INLINE static void run(std::uint8_t const* x, std::int8_t const* w, sums& sum) {
    if constexpr (chains > 1) {
      DSI_UNROLL
      for (int i = 0; i < (chains - 1) * Rows * vectors; ++i) sum[1 + i / (Rows * vectors)][i / vectors % Rows][i % vectors] = v::zero();
    }
    if constexpr (whole > 0) {
      for (index k = 0; k < whole / unroll; ++k) {
        steps<unroll>(x, w, sum);
        x += unroll * depth;
        w += unroll * depth * panel_width;
      }
      if constexpr (whole % unroll != 0) {
        steps<whole % unroll>(x, w, sum);
        x += whole % unroll * depth;
        w += whole % unroll * depth * panel_width;
      }
    }
    if constexpr (Inputs % depth != 0) last_step(x, w, sum);
    if constexpr (chains > 1) {
      DSI_UNROLL
      for (int i = 0; i < (chains - 1) * Rows * vectors; ++i) {
        word& s = sum[0][i / vectors % Rows][i % vectors];
        s = v(s) + v(sum[1 + i / (Rows * vectors)][i / vectors % Rows][i % vectors]);
      }
    }
  }

 private:
  DSI_INLINE static v load(std::int8_t const* w, int n) { return v::load_bytes(w + n / per_panel * panel_stride + n % per_panel * (Isa::lanes * depth)); }

  template <index Count>
  DSI_INLINE static void steps(std::uint8_t const* x, std::int8_t const* w, sums& sum) {
    DSI_UNROLL
    for (int k = 0; k < static_cast<int>(Count); ++k) {
      v b[vectors];
      DSI_UNROLL
      for (int n = 0; n < vectors; ++n) b[n] = load(w + k * (depth * panel_width), n);
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r) {
        v const a = v::broadcast_bytes(x + r * Inputs + k * depth);
        DSI_UNROLL
        for (int n = 0; n < vectors; ++n) sum[k % chains][r][n] = dot4(v(sum[k % chains][r][n]), a, b[n]);
      }
    }
  }
  /// The inputs that do not fill four bytes: those behind a row are not its own. Their weights are zeros.
  DSI_INLINE static void last_step(std::uint8_t const* x, std::int8_t const* w, sums& sum) {
    v b[vectors];
    DSI_UNROLL
    for (int n = 0; n < vectors; ++n) b[n] = load(w, n);
    DSI_UNROLL
    for (int r = 0; r < Rows; ++r) {
      std::uint8_t last[depth]{};
      for (index i = 0; i < Inputs % depth; ++i) last[i] = x[r * Inputs + i];
      v const a = v::broadcast_bytes(last);
      DSI_UNROLL
      for (int n = 0; n < vectors; ++n) sum[0][r][n] = dot4(v(sum[0][r][n]), a, b[n]);
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Convolutions with a 3x3 window by Winograd's minimal filtering: 4 or 2.25 multiplications per output instead of 9.
#pragma once

#include <dsi/backend/simd/conv_geometry.hpp>
#include <dsi/backend/simd/winograd_transform.hpp>

namespace DSI_NAMESPACE::simd {

/// Sums of products as they are: strips of Strip rows, Next elements apart; rows Step elements apart.
template <class Isa, index Strip, index Step, index Next>
struct stored_sums {
  float* to;
  DSI_INLINE vec<Isa> start(index, index) const { return vec<Isa>::zero(); }
  template <int Rows, int Vectors>
  DSI_INLINE void finish(vec<Isa> (&sum)[Rows][Vectors], index row, index output, index) const {
    float* const first = to + row / Strip * Next + row % Strip * Step + output;
    DSI_UNROLL
    for (int r = 0; r < Rows; ++r)
      DSI_UNROLL
      for (int k = 0; k < Vectors; ++k) sum[r][k].store(first + r * Step + k * Isa::lanes);
  }
};

/// The transformed inputs of a tile: number (i, j) of channel c goes to to[(i * n + j) * Step + c]. Image rows of Width positions.
/// Apart from the kernel, so that layers with other outputs and expressions share it.
template <class Isa, int M, index Channels, index Width, index Step>
struct winograd_inputs {
  using v = vec<Isa>;
  using transform = winograd_transform<Isa, M>;
  static constexpr int n = transform::size;

  /// x: the tile's first input; only those of rows and columns first .. last exist, the others are zeros.
  template <bool Inside>
  DSI_NOINLINE static void run(float const* x, float* to, index first_row, index last_row, index first_column, index last_column) {
    for (index c = 0; c < Channels; c += Isa::lanes) {
      index const left = Channels - c;
      v partial[n][n];
      DSI_UNROLL
      for (int j = 0; j < n; ++j) {  // down the columns
        v from[n], result[n];
        DSI_UNROLL
        for (int i = 0; i < n; ++i) {
          bool const exists = Inside || (i >= first_row && i < last_row && j >= first_column && j < last_column);
          float const* const at = x + (i * Width + j) * Channels + c;
          if (!exists) from[i] = v::zero();
          else if (Channels % Isa::lanes == 0 || left >= Isa::lanes) from[i] = v::loadu(at);
          else from[i] = v::load_n(at, left);
        }
        transform::input(from, result);
        DSI_UNROLL
        for (int i = 0; i < n; ++i) partial[i][j] = result[i];
      }
      DSI_UNROLL
      for (int i = 0; i < n; ++i) {  // along the rows
        v result[n];
        transform::input(partial[i], result);
        DSI_UNROLL
        for (int j = 0; j < n; ++j) result[j].store(to + (i * n + j) * Step + c);
      }
    }
  }
};

/// Tiles of M x M outputs (M as the weights' layout says): their (M + 2) x (M + 2) inputs are transformed, each of the
/// (M + 2)^2 numbers of all tiles is a row of channels times a matrix of weights, and the sums are transformed back. A block of tiles
/// at a time, so that both sides of the products stay in a second-level cache while the weights stream by once per block. A block
/// consists of strips, the tiles of one register tile.
/// Layouts   channels-last; weights winograd_2x2 or winograd_4x4
/// Types     float
/// Error     |y - exact| <= g (G max|x| sum|w| + |b|), g = ku / (1-ku), k = channels + 18; max over the inputs of the tile, G = 16 for
///           2x2 and 159 for 4x4: winograd<M>().growth(). k: 8 roundings in either transform, one of the weights, the sums, the bias.
///           In the manner of Barabasz, Anderson, Soodhalter, Gregg, "Error Analysis and Improving the Accuracy of Winograd
///           Convolution for Deep Neural Networks", arXiv 1803.10986, in the maximum norm.
/// NaN, inf  a NaN in a window gives NaN; an infinity gives NaN or an infinity; either can make NaN of the tile's other outputs
/// Memory    a block's transformed inputs and sums, see `block`
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct conv_winograd : kernel_defaults {
  static constexpr int m = winograd_tile(Problem::input_count > 1 ? Problem::in(1).order : layout::row_major);
  static constexpr std::string_view name = m == 4 ? "Winograd F(4x4, 3x3)" : "Winograd F(2x2, 3x3)";
  static constexpr tile_tuning tuning = Tuning;
  static constexpr conv_geometry geometry = geometry_of<Problem>();
  static constexpr bool supports = [] {
    if constexpr (m == 0 || !conv_supports<Problem>()) return false;
    else return is_channels_last(Problem::in(0)) && Problem::in(0).type == dtype::f32 && can_be_winograd(Problem::in(1));
  }();

 private:
  static constexpr conv_geometry g = geometry;
  using v = vec<Isa>;
  using transform = winograd_transform<Isa, m == 0 ? 2 : m>;
  static constexpr int n = transform::size;
  static constexpr index matrices = n * n;
  /// Channels in rows of vectors, those of the last one filled up with zeros; outputs in whole panels.
  static constexpr index row_in = round_up(g.channels, Isa::lanes), row_out = round_up(g.outputs, panel_width);

  static constexpr index tiles_down = ceil_div(g.out[1], larger(m, 1)), tiles_across = ceil_div(g.out[2], larger(m, 1));
  static constexpr index tiles = g.batch * tiles_down * tiles_across;

  /// Tiles of a strip: as many as fill one register tile, fewer where that wastes less at the end. A strip loads its weights in the
  /// time of 4 rows; of nearly equal ones larger strips load them less often.
  static constexpr index strip = [] {
    if constexpr (m == 0) return index{1};
    index best = 1, least = 0;
    for (index size = smaller(tiles, rows_for<Isa>(panels_for<Isa>(tiles, Tuning), Tuning)); size > 0; --size) {
      index const cost = ceil_div(tiles, size) * (4 * larger(4, size) + 1);
      if (least == 0 || cost < least) {
        best = size;
        least = cost;
      }
    }
    return best;
  }();
  static constexpr index strips = ceil_div(tiles, strip);
  using loops = product<Isa, float, walk{row_in, {1, 1, 1, g.channels}, {0, 0, 0, 1}}, strip, g.outputs, Tuning>;

  /// Each strip's numbers lie together, so that threads share no lines of a cache. From one matrix to the next: a cache line more than
  /// it takes, or else all would fall into the same sets of a cache.
  static constexpr index step_in = strip * row_in + 16, step_out = strip * row_out + 16;
  static constexpr index strip_in = matrices * step_in, strip_out = matrices * step_out;

  /// Strips of a block: an even number, for two threads. Their numbers take 768 KiB or less, unless that were fewer than 16 tiles:
  /// weights would be read too often [Zen 4: 256 to 1024 KiB are equal]. More than 8 strips gain nothing, and with two threads they
  /// halve the speed of layers with 16 or 32 channels: cores fetch ahead what belongs to the other one.
  static constexpr index block = [] {
    constexpr index most = larger(ceil_div(16, strip), smaller(8, 768 * 1024 / ((strip_in + strip_out) * 4)));
    return strips <= most ? strips : larger(1, most / 2 * 2);
  }();

 public:
  static constexpr std::size_t workspace = supports ? static_cast<std::size_t>(block * (strip_in + strip_out)) * sizeof(float) : 0;

  template <class Context>
  static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    // A thread has a part of every block, and room of its own for it: none waits for another before the end.
    auto const body = [args, scratch](index from, index to) { run_part(args, static_cast<float*>(scratch), from, to); };
    if constexpr (strips * strip * matrices * g.channels * g.outputs >= 50'000) context.team.for_each(block, body);
    else body(0, block);
  }

 private:
  /// The share of the places from .. to of all blocks.
  static void run_part(kernel_args args, float* scratch, index from, index to) {
    float* const inputs = scratch + from * strip_in;
    float* const sums = scratch + block * strip_in + from * strip_out;
    auto const* const x = static_cast<float const*>(args.in[0]);
    auto const* const w = static_cast<float const*>(args.in[1]);
    for (index first = 0; first < strips; first += block) {
      index const all = smaller(block, strips - first);  // the last block may have fewer strips than places
      index const begin = first + ceil_div(from * all, block), count = first + ceil_div(to * all, block) - begin;
      for (index s = 0; s < count; ++s)
        for (index t = 0; t < strip; ++t) read_tile(x, inputs + s * strip_in + t * row_in, first_tile(begin + s) + t);
      for (index i = 0; i < matrices; ++i)
        loops::run(inputs + i * step_in, strip_in, 0, w + i * (loops::panels * loops::panel_size), loops::all(count),
                   stored_sums<Isa, strip, row_out, strip_out>{sums + i * step_out});
      for (index s = 0; s < count; ++s)
        for (index t = (begin + s) * strip - first_tile(begin + s); t < strip; ++t) write_tile(args, sums + s * strip_out + t * row_out, first_tile(begin + s) + t);
    }
  }
  /// The last strip starts a little earlier and computes some tiles again, which the strip before writes.
  static constexpr index first_tile(index s) { return smaller(s * strip, tiles - strip); }

  /// Where a tile lies: item of the batch, its first output's row and column.
  struct place {
    index item, row, column;
    explicit place(index tile) : item(tile / (tiles_down * tiles_across)), row(tile / tiles_across % tiles_down * m), column(tile % tiles_across * m) {}
  };

  static void read_tile(float const* x, float* to, index tile) {
    using inputs_type = winograd_inputs<Isa, m, g.channels, g.in[2], step_in>;
    place const p(tile);
    index const top = p.row - g.pad[1], left = p.column - g.pad[2];
    x += ((p.item * g.in[1] + top) * g.in[2] + left) * g.channels;
    if (top >= 0 && left >= 0 && top + n <= g.in[1] && left + n <= g.in[2]) inputs_type::template run<true>(x, to, 0, n, 0, n);
    else inputs_type::template run<false>(x, to, larger(0, -top), smaller(n, g.in[1] - top), larger(0, -left), smaller(n, g.in[2] - left));
  }

  static void write_tile(kernel_args args, float const* from, index tile) {
    using sink_type = epilogue<Isa, Problem, 1, g.outputs>;
    place const p(tile);
    sink_type const sink{args, (p.item * g.out[1] + p.row) * g.out[2] + p.column, 0};
    if (p.row + m <= g.out[1] && p.column + m <= g.out[2]) transform_sums<true>(from, sink, m, m);
    else transform_sums<false>(from, sink, smaller(m, g.out[1] - p.row), smaller(m, g.out[2] - p.column));
  }
  template <bool Whole, class Sink>
  DSI_NOINLINE static void transform_sums(float const* from, Sink sink, index rows, index columns) {
    for (index o = 0; o < g.outputs; o += Isa::lanes) {
      index const left = g.outputs - o;
      v partial[m][n];
      DSI_UNROLL
      for (int j = 0; j < n; ++j) {  // down the columns
        v sum[n], result[m];
        DSI_UNROLL
        for (int i = 0; i < n; ++i) sum[i] = v::load(from + (i * n + j) * step_out + o);
        transform::output(sum, result);
        DSI_UNROLL
        for (int i = 0; i < m; ++i) partial[i][j] = result[i];
      }
      v const bias = sink.start(o, left);
      DSI_UNROLL
      for (int i = 0; i < m; ++i) {  // along the rows
        if (!Whole && i >= rows) break;
        v result[m], y[m][1];
        transform::output(partial[i], result);
        DSI_UNROLL
        for (int j = 0; j < m; ++j) y[j][0] = result[j] + bias;
        if constexpr (Whole) {
          sink.finish(y, i * g.out[2], o, left);
        } else {
          DSI_UNROLL
          for (int j = 0; j < m; ++j) {
            v one[1][1]{{y[j][0]}};
            if (j < columns) sink.finish(one, i * g.out[2] + j, o, left);
          }
        }
      }
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

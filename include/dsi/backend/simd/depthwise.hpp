// SPDX-License-Identifier: MIT
// Depthwise convolutions: vectors over channels, the weights of a vector of channels in registers, several outputs at a time.
#pragma once

#include <dsi/backend/simd/conv_geometry.hpp>

namespace DSI_NAMESPACE::simd {

/// How the outputs of a row are cut: `count` tiles of `size`, the last one moved back to end with the row.
struct column_tiles {
  index size = 1;
  index count = 1;
};
/// The tile size up to `limit` that computes the fewest columns twice.
constexpr column_tiles cut_columns(index outputs, index limit) {
  column_tiles best{smaller(outputs, limit), ceil_div(outputs, smaller(outputs, limit))};
  for (index size = best.size; size >= larger(1, limit / 2); --size)
    if (ceil_div(outputs, size) * (2 * size + 1) < best.count * (2 * best.size + 1)) best = {size, ceil_div(outputs, size)};
  return best;
}
static_assert(cut_columns(112, 8).size == 8 && cut_columns(28, 8).size == 7 && cut_columns(7, 8).size == 7 && cut_columns(9, 4).count == 3);

/// One filter per channel over one or two spatial dimensions; channels-last.
/// Types     float; half and bfloat16, converted to float in registers
/// Order     of a sum: the bias, then the taps in order; taps in the padding are left out
template <class Isa, class Problem>
struct conv_depthwise : kernel_defaults {
  static constexpr std::string_view name = "depthwise";
  using element = typename Problem::template output<0>::value_type;
  static constexpr conv_geometry geometry = geometry_of<Problem>();
  static constexpr bool supports = conv_supports<Problem>() && is_channels_last(Problem::in(0)) && Problem::in(1).order == layout::taps &&
                                   geometry.kernel[0] == 1 && geometry.in[0] == 1 && geometry.out[0] == 1;

 private:
  using v = vec<Isa>;
  static constexpr conv_geometry g = geometry;
  static constexpr int lanes = Isa::lanes;
  static constexpr index channels = g.channels;
  static constexpr index vectors = ceil_div(channels, lanes);
  /// Vectors of channels that go down the lines together: those of one cache line, so that it is fetched once.
  static constexpr index block = larger(1, static_cast<index>(alignment) / (lanes * static_cast<index>(sizeof(element))));
  static constexpr index blocks = ceil_div(vectors, block);
  static constexpr int kernel_rows = static_cast<int>(g.kernel[1]), kernel_columns = static_cast<int>(g.kernel[2]);
  static constexpr int taps = kernel_rows * kernel_columns;

  /// Small windows are unrolled. With 32 registers all weights are in registers, and at stride 1 two lines of outputs share what
  /// they load; with 16 the weights of a row of the window are in registers. Larger and wider windows are loops.
  static constexpr bool unrolled = taps <= 25 && g.dilation[1] <= 2 && g.dilation[2] <= 2 && g.stride[1] <= 3 && g.stride[2] <= 3;
  static constexpr int lines = unrolled && Isa::registers == 32 && taps <= 9 && kernel_rows > 1 && g.stride[1] == 1 && g.out[1] > 1 ? 2 : 1;
  static constexpr index limit = !unrolled ? 8 : Isa::registers == 32 ? (taps <= 9 ? 16 / lines : 6) : 8;
  static constexpr column_tiles cut = cut_columns(g.out[2], limit);
  static constexpr int size = static_cast<int>(cut.size);
  static constexpr index line_units = g.out[1] / lines;  ///< an odd line at the end belongs to the last unit

  /// Outputs whose windows lie inside the input along the width.
  static constexpr index first_inside = smaller(g.out[2], ceil_div(g.pad[2], g.stride[2]));
  static constexpr index end_inside = [] {
    index const room = g.in[2] + g.pad[2] - g.reach(2);
    return room < 0 ? index{0} : smaller(g.out[2], room / g.stride[2] + 1);
  }();
  static constexpr bool middle_inside = cut.count <= 2 || (size >= first_inside && (cut.count - 1) * size <= end_inside);

  /// Where a tile's first column of inputs lies: known for the first and the last tile of a row, and inside the input or to be
  /// looked at for the others.
  static constexpr index inside = -1'000'000'000, anywhere = -1'000'000'001;

  using sink_type = epilogue<Isa, Problem, 1, channels>;

 public:
  template <class Context>
  DSI_INLINE static void run(kernel_args args, void*, void*, Context& context) noexcept {
    sink_type const sink{args};
    for (index n = 0; n < g.batch; ++n) {
      auto const* const image = static_cast<element const*>(args.in[0]) + n * (g.in[1] * g.in[2] * channels);
      auto const part = [&](index first_unit, index last_unit, index first_block, index last_block) DSI_LAMBDA_INLINE {
        for (index b = first_block; b < last_block; ++b)
          run_block(args, image, sink, n * g.positions(), first_unit, last_unit, b * block, smaller(vectors, (b + 1) * block));
      };
      if constexpr (g.positions() * channels * taps < 50'000)
        part(0, line_units, 0, blocks);
      else if constexpr (blocks > line_units)
        context.team.for_each(blocks, [&](index first, index last) DSI_LAMBDA_INLINE { part(0, line_units, first, last); });
      else
        context.team.for_each(line_units, [&](index first, index last) DSI_LAMBDA_INLINE { part(first, last, 0, blocks); });
    }
  }

 private:
  /// One vector of channels.
  struct vector {
    element const* x;  ///< the image, from the first of these channels on
    element const* w;
    index channel;
    index left;        ///< channels that exist
    sink_type sink;
  };

  DSI_NOINLINE static void run_block(kernel_args args, element const* image, sink_type sink, index row, index first_unit, index last_unit,
                                     index first_vector, index last_vector) noexcept {
    if constexpr (block == 1) {  // the weights stay in registers all the way down
      run_vector(args, image, sink, row, first_unit, last_unit, first_vector);
    } else {
      for (index u = first_unit; u < last_unit; ++u)
        for (index i = first_vector; i < last_vector; ++i) run_vector(args, image, sink, row, u, u + 1, i);
    }
  }
  DSI_INLINE static void run_vector(kernel_args args, element const* image, sink_type const& sink, index row, index first_unit, index last_unit, index i) {
    index const channel = i * lanes;
    vector const k{image + channel, static_cast<element const*>(args.in[1]) + channel, channel, channels - channel, sink};
    if constexpr (channels % lanes == 0) run_lines<false>(k, row, first_unit, last_unit);
    else if constexpr (detail::ops<Isa>::narrow_partial || channels < lanes) run_lines<true>(k, row, first_unit, last_unit);  // masks cost nothing
    else if (k.left >= lanes) run_lines<false>(k, row, first_unit, last_unit);
    else run_lines<true>(k, row, first_unit, last_unit);
  }
  template <bool Cut>
  DSI_INLINE static void run_lines(vector const& k, index row, index first_unit, index last_unit) {
    for (index u = first_unit; u < last_unit; ++u) {
      run_line<Cut>(k, row, u * lines);
      if constexpr (g.out[1] % lines != 0)
        if (u + 1 == line_units) run_line<Cut>(k, row, g.out[1] - lines);
    }
  }

  /// The outputs of `lines` lines from y on.
  template <bool Cut>
  DSI_INLINE static void run_line(vector const& k, index row, index y) {
    constexpr index start = -g.pad[2], end = (g.out[2] - size) * g.stride[2] - g.pad[2];
    row += y * g.out[2];
    if constexpr (!unrolled) {
      for (index t = 0; t < cut.count; ++t) loop_tile<Cut>(k, row, y, smaller(t * size, g.out[2] - size));
    } else {
      run_tile<Cut, first_inside == 0 && size <= end_inside ? inside : start>(k, row, y, 0);
      if constexpr (cut.count > 2)
        for (index t = 1; t + 1 < cut.count; ++t) run_tile<Cut, middle_inside ? inside : anywhere>(k, row, y, t * size);
      if constexpr (cut.count > 1) run_tile<Cut, end_inside == g.out[2] && g.out[2] - size >= first_inside ? inside : end>(k, row, y, g.out[2] - size);
    }
  }

  template <bool Cut>
  DSI_INLINE static v load(element const* p, index left) {
    if constexpr (Cut) return v::load_n(p, left);
    else return v::loadu(p);
  }

  /// `lines` x `size` outputs from (y, x) on. Column: see `inside`.
  template <bool Cut, index Column>
  DSI_INLINE static void run_tile(vector const& k, index row, index y, index x) {
    constexpr int row_reach = static_cast<int>(g.covered(1, lines)), column_reach = static_cast<int>(g.covered(2, size));
    constexpr int sy = static_cast<int>(g.stride[1]), sx = static_cast<int>(g.stride[2]);
    constexpr int dy = static_cast<int>(g.dilation[1]), dx = static_cast<int>(g.dilation[2]);
    constexpr bool hold_all = Isa::registers == 32;
    v w[kernel_rows][kernel_columns];
    if constexpr (hold_all) {
      DSI_UNROLL
      for (int i = 0; i < taps; ++i) w[i / kernel_columns][i % kernel_columns] = v::loadu(k.w + i * round_up(channels, panel_width));
    }
    v const bias = k.sink.start(k.channel, k.left);
    v sum[lines][size][1];
    DSI_UNROLL
    for (int i = 0; i < lines * size; ++i) sum[i / size][i % size][0] = bias;
    index const top = y * sy - g.pad[1], left = x * sx - g.pad[2];
    element const* const first = k.x + (top * g.in[2] + left) * channels;
    DSI_UNROLL
    for (int i = 0; i < row_reach; ++i) {
      if (g.padded(1) && (top + i < 0 || top + i >= g.in[1])) continue;
      if constexpr (!hold_all) {  // one line, so one row of weights for each row of inputs
        element const* row_weights = k.w + i / dy * kernel_columns * round_up(channels, panel_width);
        __asm__("" : "+r"(row_weights));  // or all of them are loaded in advance and spilled
        DSI_UNROLL
        for (int kx = 0; kx < kernel_columns; ++kx) w[i / dy][kx] = v::loadu(row_weights + kx * round_up(channels, panel_width));
      }
      DSI_UNROLL
      for (int j = 0; j < column_reach; ++j) {
        if (Column == anywhere && (left + j < 0 || left + j >= g.in[2])) continue;
        if (Column > inside && (Column + j < 0 || Column + j >= g.in[2])) continue;
        v const in = load<Cut>(first + (i * g.in[2] + j) * channels, k.left);
        DSI_UNROLL
        for (int l = 0; l < lines; ++l) {
          int const down = i - l * sy, ky = down / dy;
          if (down < 0 || down % dy != 0 || ky >= kernel_rows) continue;
          DSI_UNROLL
          for (int kx = 0; kx < kernel_columns; ++kx) {
            int const back = j - kx * dx;
            if (back < 0 || back % sx != 0 || back / sx >= size) continue;
            sum[l][back / sx][0] = mul_add(in, w[ky][kx], sum[l][back / sx][0]);
          }
        }
      }
    }
    DSI_UNROLL
    for (int l = 0; l < lines; ++l) k.sink.finish(sum[l], row + l * g.out[2] + x, k.channel, k.left);
  }

  /// `size` outputs from (y, x) on, for windows too large to unroll.
  template <bool Cut>
  DSI_INLINE static void loop_tile(vector const& k, index row, index y, index x) {
    v const bias = k.sink.start(k.channel, k.left);
    v sum[size][1];
    DSI_UNROLL
    for (int t = 0; t < size; ++t) sum[t][0] = bias;
    bool const whole = x >= first_inside && x + size <= end_inside;
    for (index ky = 0; ky < kernel_rows; ++ky) {
      index const from_y = y * g.stride[1] - g.pad[1] + ky * g.dilation[1];
      if (from_y < 0 || from_y >= g.in[1]) continue;
      for (index kx = 0; kx < kernel_columns; ++kx) {
        index const from_x = x * g.stride[2] - g.pad[2] + kx * g.dilation[2];
        v const w = v::loadu(k.w + (ky * kernel_columns + kx) * round_up(channels, panel_width));
        element const* const p = k.x + (from_y * g.in[2] + from_x) * channels;
        DSI_UNROLL
        for (int t = 0; t < size; ++t)
          if (whole || (from_x + t * g.stride[2] >= 0 && from_x + t * g.stride[2] < g.in[2]))
            sum[t][0] = mul_add(load<Cut>(p + t * g.stride[2] * channels, k.left), w, sum[t][0]);
      }
    }
    k.sink.finish(sum, row + x, k.channel, k.left);
  }
};

}  // namespace DSI_NAMESPACE::simd

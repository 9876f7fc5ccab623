// SPDX-License-Identifier: MIT
// Convolutions of padded inputs where they lie: what falls into the padding is neither copied nor multiplied.
#pragma once

#include <dsi/backend/simd/conv_geometry.hpp>

namespace DSI_NAMESPACE::simd {

/// The window of a convolution over lines of outputs: kernel rows outside the input are left out for a whole line, kernel
/// columns for those rows of a tile that reach beyond its ends.
template <class Isa, conv_geometry G>
struct padded_window {
  static constexpr index columns = G.kernel[2];
  static constexpr index row_size = G.in[2] * G.channels;
  static constexpr index tap_size = G.group_channels() * panel_width;

  static constexpr bool reads(index output, index column) {
    index const at = output * G.stride[2] - G.pad[2] + column * G.dilation[2];
    return at >= 0 && at < G.in[2];
  }
  static constexpr bool reads_all(index output) {
    for (index c = 0; c < columns; ++c)
      if (!reads(output, c)) return false;
    return true;
  }

  /// a: where the window of the tile's first row starts, which may lie before the input. Start: the first row's output, -1
  /// where the windows of all rows lie inside the width.
  template <class Tile, index Start, bool Fetch, class T>
  DSI_INLINE static void run(float const* a, T const* w, typename Tile::sums& sum, index ahead, index line) {
    Tile::clear_chains(sum);
    index const top = line * G.stride[1] - G.pad[1];
    for (index ky = 0; ky < G.kernel[1]; ++ky) {
      if (top + ky * G.dilation[1] < 0 || top + ky * G.dilation[1] >= G.in[1]) continue;
      float const* x = a + ky * G.dilation[1] * row_size;
      T const* taps = w + ky * columns * tap_size;
      // What a row reads its neighbour reads in another pass; compilers that see that carry it over, and spill the sums.
      __asm__("" : "+r"(x));
      if constexpr (Start < 0 && G.dilation[2] == 1 && G.groups == 1) {
        Tile::template run_line<0, Tile::rows, columns * G.channels, Fetch>(x, taps, sum, ahead);
      } else {
        [&]<int... C>(std::integer_sequence<int, C...>) DSI_LAMBDA_INLINE {
          (run_column<Tile, Start, Fetch, C>(x + C * G.dilation[2] * G.channels, taps + C * tap_size, sum, ahead), ...);
        }(std::make_integer_sequence<int, static_cast<int>(columns)>{});
      }
    }
    Tile::add_chains(sum);
  }

 private:
  template <class Tile, index Start, bool Fetch, int Column, class T>
  DSI_INLINE static void run_column(float const* x, T const* w, typename Tile::sums& sum, index ahead) {
    __asm__("" : "+r"(x));
    constexpr int first = first_reading<Tile::rows>(Start, Column), last = end_reading<Tile::rows>(Start, Column);
    if constexpr (first < last) Tile::template run_line<first, last, G.group_channels(), Fetch>(x, w, sum, ahead);
  }
  template <int Rows>
  static constexpr int first_reading(index start, index column) {
    int r = 0;
    if (start >= 0)
      while (r < Rows && !reads(start + r, column)) ++r;
    return r;
  }
  template <int Rows>
  static constexpr int end_reading(index start, index column) {
    int r = Rows;
    if (start >= 0)
      while (r > 0 && !reads(start + r - 1, column)) --r;
    return r;
  }
};

/// Direct convolution over one or two spatial dimensions, any stride, dilation, padding and number of groups.
/// Layouts   channels-last
/// Types     float
/// Order     of a sum: the bias, then inputs in the order (tap, channel); taps in the padding are left out (see tile for fewer
///           than 8 vectors)
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct conv_direct : kernel_defaults {
  static constexpr std::string_view name = "direct";
  static constexpr tile_tuning tuning = Tuning;
  using element = typename Problem::template output<0>::value_type;
  static constexpr conv_geometry geometry = geometry_of<Problem>();

 private:
  static constexpr conv_geometry g = geometry;
  using window = padded_window<Isa, g>;
  static constexpr walk path = walk{g.stride[2] * g.channels,
                                    {1, g.kernel[1], g.kernel[2], g.group_channels()},
                                    {0, g.dilation[1] * window::row_size, g.dilation[2] * g.channels, 1}}
                                   .merged();
  using loops = product<Isa, element, path, g.out[2], g.group_outputs(), Tuning, window>;
  using sink_type = epilogue<Isa, Problem, 1, g.group_outputs()>;

  /// True when only the first and the last tile of a line reach beyond the width.
  static constexpr bool ends_only() {
    index const first_end = loops::tiles.size, last = loops::tiles.count() - (loops::cut.overlap ? 0 : 1);
    for (index o = first_end; o < loops::row_of_tile(last); ++o)
      if (!window::reads_all(o)) return false;
    return true;
  }

 public:
  /// Fewer channels or larger windows: a copy with zeros around it gives longer runs and less code.
  static constexpr bool supports = [] {
    if constexpr (!conv_supports<Problem>() || !std::is_same_v<element, float>) return false;
    else if constexpr (!is_channels_last(Problem::in(0)) || Problem::in(1).order != layout::panels || !g.padded() || g.out[2] < 2) return false;
    else if constexpr (g.kernel[0] != 1 || g.in[0] != 1 || g.out[0] != 1 || g.kernel[2] > 7 || g.group_channels() < 16) return false;
    else return ends_only();
  }();

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void*, void*, Context& context) noexcept {
    auto const* const w = static_cast<element const*>(args.in[1]);
    for (index n = 0; n < g.batch; ++n)
      for (index group = 0; group < g.groups; ++group) {
        auto const* const x = static_cast<float const*>(args.in[0]) + n * (g.in[1] * window::row_size) + group * g.group_channels();
        sink_type const sink{args, n * g.positions(), group * g.group_outputs()};
        loops::run_all(x - g.pad[1] * window::row_size - g.pad[2] * g.channels, g.stride[1] * window::row_size, 0,
                       w + group * loops::panels * loops::panel_size, loops::all(g.out[1]), sink, context.team);
      }
  }
};

}  // namespace DSI_NAMESPACE::simd

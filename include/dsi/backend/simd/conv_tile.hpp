// SPDX-License-Identifier: MIT
// Convolutions of any window as products without rearranged patches: a tile's rows are neighbouring output positions, its
// inputs are read where they lie.
#pragma once

#include <dsi/backend/simd/conv_geometry.hpp>

namespace DSI_NAMESPACE::simd {

/// Direct convolution over 1 to 3 spatial dimensions, any stride, dilation, padding and number of groups.
/// Layouts   channels-last; or row-major input of at most 4 channels in one group
/// Types     float; half and bfloat16, converted to float in the workspace
/// Order     of a sum: the bias, then inputs in the order (tap, channel), padding as zeros (see tile for fewer than 8 vectors)
/// Memory    with padding or 16-bit types: a band of input rows as floats with zeros around it, 256 KiB or less unless the
///           input of one output row needs more (three spatial dimensions: the whole input of one batch item)
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct conv_tile : kernel_defaults {
  static constexpr std::string_view name = "direct, padded";
  static constexpr tile_tuning tuning = Tuning;
  using element = typename Problem::template output<0>::value_type;
  static constexpr conv_geometry geometry = geometry_of<Problem>();
  static constexpr bool planar = !is_channels_last(Problem::in(0));
  static constexpr bool supports = conv_supports<Problem>() && Problem::in(1).order == layout::panels &&
                                   (!planar || (Problem::in(0).order == layout::row_major && geometry.channels <= 4 && geometry.groups == 1));

 private:
  static constexpr conv_geometry g = geometry;
  static constexpr bool copies = g.padded() || !std::is_same_v<element, float>;

  /// A tile's rows go along the width, or along the height or the batch where there is no width. Lines are what they leave.
  static constexpr bool along_width = g.out[2] > 1;
  static constexpr bool along_batch = g.positions() == 1 && !copies;
  static constexpr index rows = along_width ? g.out[2] : along_batch ? g.batch : g.out[1];
  static constexpr index lines = along_width ? g.out[1] : 1;
  static constexpr index images = along_batch ? 1 : g.batch;

  /// Extents of what a product reads: the input itself, or a band of it with its padding.
  static constexpr index width = copies ? g.covered(2, g.out[2]) : g.in[2];
  static constexpr index depth = copies ? g.covered(0, g.out[0]) : g.in[0];
  static constexpr index row_size = width * g.channels;
  static constexpr index band_lines = [] {
    if (!copies || !along_width || g.out[0] > 1) return lines;
    index n = lines;
    while (n > 1 && g.covered(1, n) * row_size * 4 > 256 * 1024) --n;
    return split_evenly(lines, n).size;
  }();
  static constexpr index height = copies ? g.covered(1, along_width ? band_lines : g.out[1]) : g.in[1];

  /// Steps between neighbours, in elements.
  static constexpr index step_channel = planar ? depth * height * width : 1;
  static constexpr index step_column = planar ? 1 : g.channels;
  static constexpr index step_row = planar ? width : row_size;
  static constexpr index step_depth = height * step_row;
  static constexpr index image_size = g.channels * g.in[0] * g.in[1] * g.in[2];

  static constexpr walk path =
      walk{along_width ? g.stride[2] * step_column : along_batch ? image_size : g.stride[1] * step_row,
           {g.kernel[0], g.kernel[1], g.kernel[2], g.group_channels()},
           {g.dilation[0] * step_depth, g.dilation[1] * step_row, g.dilation[2] * step_column, step_channel}}
          .merged();
  using loops = product<Isa, element, path, rows, g.group_outputs(), Tuning>;
  using sink_type = epilogue<Isa, Problem, 1, g.group_outputs()>;
  static constexpr index group_weights = loops::panels * loops::panel_size;

 public:
  static constexpr std::size_t workspace = copies ? static_cast<std::size_t>(depth * height * row_size) * sizeof(float) : 0;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    for (index n = 0; n < images; ++n) {
      auto const* const image = static_cast<element const*>(args.in[0]) + n * image_size;
      if constexpr (!copies) {
        multiply(args, image, n, 0, lines, context);
      } else {
        auto* const band = static_cast<float*>(scratch);
        for (index line = 0; line < lines; line += band_lines) {
          index const count = smaller(band_lines, lines - line);
          copy(image, band, line * g.stride[1] - g.pad[1], g.covered(1, along_width ? count : g.out[1]), context);
          multiply(args, band, n, line, count, context);
        }
      }
    }
  }

 private:
  /// `count` lines from `line` on, for each depth and group. from: the input where the first line's window starts.
  template <class Context>
  DSI_INLINE static void multiply(kernel_args args, float const* from, index n, index line, index count, Context& context) {
    auto const* const w = static_cast<element const*>(args.in[1]);
    for (index d = 0; d < g.out[0]; ++d)
      for (index group = 0; group < g.groups; ++group) {
        sink_type const sink{args, ((n * g.out[0] + d) * lines + line) * rows, group * g.group_outputs()};
        loops::run_all(from + d * g.stride[0] * step_depth + group * g.group_channels() * step_channel, g.stride[1] * step_row, 0,
                       w + group * group_weights, loops::all(count), sink, context.team);
      }
  }

  /// Copies input rows top .. top + count, of every depth, as floats with zeros where the input ends.
  template <class Context>
  DSI_INLINE static void copy(element const* image, float* to, index top, index count, Context& context) {
    constexpr index planes = planar ? g.channels : 1;
    auto const body = [&](index first, index last) DSI_LAMBDA_INLINE {
      for (index i = first; i < last; ++i) {
        index const y = i % count + top, z = i / count % depth - g.pad[0], plane = i / count / depth;
        bool const inside = y >= 0 && y < g.in[1] && z >= 0 && z < g.in[0];
        element const* const from = image + ((plane * g.in[0] + z) * g.in[1] + y) * (g.in[2] * step_column);
        copy_row(inside ? from : nullptr, to + ((plane * depth + i / count % depth) * height + i % count) * step_row);
      }
    };
    if constexpr (rows * lines * g.outputs * path.inputs() >= 50'000) context.team.for_each(planes * depth * count, body);
    else body(0, planes * depth * count);
  }
  DSI_NOINLINE static void copy_row(element const* from, float* to) noexcept {
    constexpr index before = smaller(g.pad[2], width) * step_column;
    constexpr index middle = smaller(g.in[2], larger(0, width - g.pad[2])) * step_column;
    constexpr index after = width * step_column - before - middle;
    if (from == nullptr) {
      clear(to, width * step_column);
      return;
    }
    if constexpr (before > 0) clear(to, before);
    widen<Isa>(from, to + before, middle);
    if constexpr (after > 0) clear(to + before + middle, after);
  }
  DSI_INLINE static void clear(float* to, index n) {
    for (index i = 0; i < n; ++i) to[i] = 0;
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Convolutions as products with rearranged patches (im2col and GEMM): what the direct kernels are measured against.
#pragma once

#include <dsi/backend/simd/conv_geometry.hpp>

namespace DSI_NAMESPACE::simd {

/// Each output position's patch is copied into one row of the workspace; the rows times the packed weights are the outputs.
/// Any window over 1 to 3 spatial dimensions, stride, dilation, padding and number of groups. It pays where a patch is read
/// for many outputs and its parts lie far apart; elsewhere the copies cost more than they gain.
/// Layouts   channels-last
/// Types     float; half and bfloat16, converted to float in the workspace
/// Order     of a sum: the bias, then inputs in the order (tap, channel), padding as zeros (see tile for fewer than 8 vectors)
/// Memory    a block of patches as floats, 128 KiB or less unless one tile of rows needs more
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct conv_im2col : kernel_defaults {
  static constexpr std::string_view name = "im2col";
  static constexpr tile_tuning tuning = Tuning;
  using element = typename Problem::template output<0>::value_type;
  static constexpr conv_geometry geometry = geometry_of<Problem>();
  static constexpr bool supports = conv_supports<Problem>() && is_channels_last(Problem::in(0)) && Problem::in(1).order == layout::panels;

 private:
  static constexpr conv_geometry g = geometry;
  static constexpr index patch = g.taps() * g.group_channels();
  static constexpr walk path{patch, {1, 1, 1, patch}, {0, 0, 0, 1}};
  using loops = product<Isa, element, path, g.positions(), g.group_outputs(), Tuning>;
  using sink_type = epilogue<Isa, Problem, 1, g.group_outputs()>;
  static constexpr index group_weights = loops::panels * loops::panel_size;
  static constexpr index image_size = g.channels * g.in[0] * g.in[1] * g.in[2];

  /// Tiles of rows per block: as many as leave room for weights in a second-level cache.
  static constexpr index block_units = larger(1, smaller(loops::tiles.count(), 128 * 1024 / (loops::tiles.size * patch * 4)));
  static constexpr index block_rows = smaller(g.positions(), (block_units + 1) * loops::tiles.size);

 public:
  static constexpr std::size_t workspace = static_cast<std::size_t>(block_rows * patch) * sizeof(float);

  template <class Context>
  static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    auto const* const w = static_cast<element const*>(args.in[1]);
    auto* const rows = static_cast<float*>(scratch);
    for (index n = 0; n < g.batch; ++n)
      for (index group = 0; group < g.groups; ++group) {
        auto const* const image = static_cast<element const*>(args.in[0]) + n * image_size + group * g.group_channels();
        sink_type const sink{args, n * g.positions(), group * g.group_outputs()};
        for (index u = 0; u < loops::tiles.count(); u += block_units) {
          index const last = smaller(u + block_units, loops::tiles.count());
          index const origin = loops::row_of(u);
          gather(image, rows, origin, loops::row_of(last) - origin, context);
          loops::run_all(rows, 0, origin, w + group * group_weights, {u, last, 0, loops::groups.count()}, sink, context.team);
        }
      }
  }

 private:
  /// Patches of the positions first .. first + count, tap by tap, zeros where a window reaches beyond the input.
  template <class Context>
  static void gather(element const* image, float* to, index first, index count, Context& context) {
    auto const body = [image, to, first](index begin, index end) {
      for (index i = begin; i < end; ++i) gather_one(image, to + i * patch, first + i);
    };
    if constexpr (g.positions() * patch * g.group_outputs() >= 50'000) context.team.for_each(count, body);
    else body(0, count);
  }
  static void gather_one(element const* image, float* to, index position) {
    index const x = position % g.out[2] * g.stride[2] - g.pad[2];
    index const y = position / g.out[2] % g.out[1] * g.stride[1] - g.pad[1];
    index const z = position / (g.out[2] * g.out[1]) * g.stride[0] - g.pad[0];
    for (index i = 0; i < g.kernel[0]; ++i)
      for (index j = 0; j < g.kernel[1]; ++j)
        for (index k = 0; k < g.kernel[2]; ++k, to += g.group_channels()) {
          index const at[]{z + i * g.dilation[0], y + j * g.dilation[1], x + k * g.dilation[2]};
          bool inside = true;
          for (int s = 0; s < 3; ++s) inside = inside && at[s] >= 0 && at[s] < g.in[s];
          if (inside) widen<Isa>(image + ((at[0] * g.in[1] + at[1]) * g.in[2] + at[2]) * g.channels, to, g.group_channels());
          else
            for (index c = 0; c < g.group_channels(); ++c) to[c] = 0;
        }
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Convolutions with a window of one element: rows of channels times packed weights, like a dense layer.
#pragma once

#include <dsi/backend/simd/conv_geometry.hpp>
#include <dsi/backend/simd/row_product.hpp>

namespace DSI_NAMESPACE::simd {

/// Window 1, stride 1, no padding, one group; channels-last.
/// Order     of a sum: the bias, then channels 0, 1, 2, ... (see tile for fewer than 8 vectors of sums)
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct conv_pointwise : kernel_defaults {
  static constexpr std::string_view name = "pointwise";
  static constexpr tile_tuning tuning = Tuning;
  static constexpr conv_geometry geometry = geometry_of<Problem>();
  static constexpr bool supports = [] {
    if (!conv_supports<Problem>() || !is_channels_last(Problem::in(0)) || Problem::in(1).order != layout::panels) return false;
    for (int s = 0; s < 3; ++s)
      if (geometry.kernel[s] != 1 || geometry.stride[s] != 1 || geometry.in[s] != geometry.out[s]) return false;
    return geometry.groups == 1;
  }();
  using work = row_product<Isa, Problem, geometry.batch * geometry.positions(), geometry.channels, geometry.outputs, 1, Tuning>;
  static constexpr std::size_t workspace = work::workspace;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    work::run(args, scratch, context);
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Rows of inputs, one after the other, times packed weights: what dense layers and pointwise convolutions have in common.
#pragma once

#include <dsi/backend/simd/epilogue.hpp>
#include <dsi/backend/simd/product.hpp>

namespace DSI_NAMESPACE::simd {

/// Rows of `Inputs` channels, one after the other, times packed weights: dense layers and pointwise convolutions.
/// Types     float; half and bfloat16, converted to float block by block in the workspace
/// Order     of a sum: the bias, then inputs 0, 1, 2, ... (see tile for fewer than 8 vectors of sums)
template <class Isa, class Problem, index Rows, index Inputs, index Outputs, int ChannelDim, tile_tuning Tuning>
struct row_product {
  using element = typename Problem::template output<0>::value_type;
  static constexpr walk path{Inputs, {1, 1, 1, Inputs}, {0, 0, 0, 1}};
  using loops = product<Isa, element, path, Rows, Outputs, Tuning>;
  static constexpr bool converts = !std::is_same_v<element, float>;

  /// Tiles of rows that are converted at a time: as many as fit into a first-level cache's share of the second level, 128 KiB.
  static constexpr index block_units = larger(1, smaller(loops::tiles.count(), 128 * 1024 / (loops::tiles.size * Inputs * 4)));
  static constexpr std::size_t workspace =
      converts ? static_cast<std::size_t>(smaller(Rows, (block_units + 1) * loops::tiles.size) * Inputs) * sizeof(float) : 0;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void* scratch, Context& context) noexcept {
    auto const* const x = static_cast<element const*>(args.in[0]);
    auto const* const w = static_cast<element const*>(args.in[1]);
    epilogue<Isa, Problem, ChannelDim, Outputs> const sink{args};
    if constexpr (!converts) {
      loops::run_all(x, 0, 0, w, loops::all(1), sink, context.team);
    } else {
      auto* const rows = static_cast<float*>(scratch);
      for (index u = 0; u < loops::tiles.count(); u += block_units) {
        index const last = smaller(u + block_units, loops::tiles.count());
        index const origin = loops::row_of(u), end = loops::row_of(last);
        widen<Isa>(x + origin * Inputs, rows, (end - origin) * Inputs);
        loops::run_all(rows, 0, origin, w, {u, last, 0, loops::groups.count()}, sink, context.team);
      }
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Fully connected layers on vectors.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/row_product.hpp>
#include <dsi/op/dense.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// Dense layers: x [..., In] row-major, weights in panels.
/// Memory    16-bit types: a block of rows as floats, 128 KiB or less unless one tile of rows needs more
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct dense_tile : kernel_defaults {
  static constexpr std::string_view name = "tile";
  static constexpr tile_tuning tuning = Tuning;
  static constexpr tensor_desc x = Problem::in(0);
  static constexpr bool supports = std::is_same_v<decltype(anchor_value<Problem>()), dense_attributes> && is_tile_type(x.type) &&
                                   x.rank() >= 1 && x.size() > 0 && Problem::out().size() > 0 && x.order == layout::row_major &&
                                   Problem::out().order == layout::row_major && Problem::in(1).order == layout::panels && epilogue_supports<Problem>();
  static constexpr index inputs = supports ? x[x.rank() - 1] : 1;
  static constexpr index outputs = supports ? Problem::out()[x.rank() - 1] : 1;

  using work = row_product<Isa, Problem, x.size() / inputs, inputs, outputs, x.rank() - 1, Tuning>;
  static constexpr std::size_t workspace = work::workspace;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    work::run(args, scratch, context);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, dense_attributes, Problem> {
  using type = kernel_list<simd::dense_tile<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

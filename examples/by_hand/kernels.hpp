// SPDX-License-Identifier: MIT
// Choosing among kernels from outside: one of our own in front, and a tuning value for one of the library's.
#pragma once

#include <dsi/dsi.hpp>

/// Dense layers with one row and at most 16 outputs: one panel of packed weights, all sums side by side, no intrinsics.
/// Order    of a sum: the bias, then inputs 0, 1, 2, ...
template <class Problem>
struct one_panel : dsi::kernel_defaults {
  static constexpr std::string_view name = "one panel";
  /// A backend asks a kernel about every problem of a network, so the first question is whether the operator is meant.
  static constexpr bool supports = [] {
    if constexpr (!dsi::anchor_is<Problem, dsi::dense_attributes>) {
      return false;
    } else {
      for (int i = 0; i < Problem::input_count; ++i)
        if (Problem::in(i).type != dsi::dtype::f32) return false;
      return std::is_same_v<dsi::expression_of<Problem>, dsi::acc> && Problem::in(1).order == dsi::layout::panels &&
             Problem::out().size() == Problem::in(1)[0] && Problem::in(1)[0] <= dsi::panel_width;
    }
  }();

  template <class Context>
  static void run(dsi::kernel_args args, void*, void*, Context&) noexcept {
    constexpr dsi::index inputs = Problem::in(1)[1], outputs = Problem::in(1)[0];
    auto const* const x = static_cast<float const*>(args.in[0]);
    auto const* const w = static_cast<float const*>(args.in[1]);  // [inputs][16]: kernel/pack.hpp
    float sum[dsi::panel_width]{};
    if constexpr (Problem::input_count == 3)
      for (dsi::index o = 0; o < outputs; ++o) sum[o] = static_cast<float const*>(args.in[2])[o];
    for (dsi::index k = 0; k < inputs; ++k)
      for (dsi::index o = 0; o < dsi::panel_width; ++o) sum[o] += x[k] * w[k * dsi::panel_width + o];
    for (dsi::index o = 0; o < outputs; ++o) static_cast<float*>(args.out[0])[o] = sum[o];
  }
};

/// The backend with our kernel in front of its own, for one engine: engine<keypad, with_one_panel>.
using with_one_panel = dsi::with_kernels<dsi::default_backend, one_panel>;

/// The library's dense kernel with another tile, again for one engine. Any structural value that a kernel takes is a tuning.
template <class Problem>
using tile_2x1 = dsi::simd::dense_tile<dsi::default_backend::isa, Problem, dsi::simd::tile_tuning{.rows = 2, .panels = 1}>;
using with_tile_2x1 = dsi::with_kernels<dsi::default_backend, tile_2x1>;

/// The same for every network that sees this header: dsi_add_model(... INCLUDE kernels.hpp) compiles it into imported ones.
/// Here only layers with exactly 16 outputs are meant; all others keep the library's choice.
template <class Isa, class Problem>
  requires(dsi::anchor_is<Problem, dsi::dense_attributes> && Problem::out().size() == 16)
struct dsi::preferred_kernels<dsi::simd_backend<Isa>, Problem> {
  using type = dsi::kernel_list<dsi::simd::dense_tile<Isa, Problem, dsi::simd::tile_tuning{.rows = 1, .panels = 1}>>;
};

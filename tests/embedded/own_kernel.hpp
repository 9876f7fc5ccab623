// SPDX-License-Identifier: MIT
// A user's kernel for layers of an imported network: dsi_add_model(... INCLUDE own_kernel.hpp).
#pragma once

#include <dsi/dsi.hpp>

/// Dense layers of float without a fused expression, one output after the other.
template <class Problem>
struct output_by_output : dsi::kernel_defaults {
  static constexpr std::string_view name = "output by output";
  static constexpr bool supports = [] {
    if constexpr (dsi::anchor_is<Problem, dsi::dense_attributes>)
      return Problem::out().type == dsi::dtype::f32 && Problem::input_count == 3 && std::is_same_v<dsi::expression_of<Problem>, dsi::acc> &&
             Problem::in(1).order == dsi::layout::panels && Problem::out().size() == Problem::in(1)[0];
    else return false;
  }();
  template <class Context>
  static void run(dsi::kernel_args args, void*, void*, Context&) noexcept {
    constexpr dsi::panel_shape packed = dsi::panels_of(Problem::in(1), 0);
    auto const* const x = static_cast<float const*>(args.in[0]);
    auto const* const w = static_cast<float const*>(args.in[1]);
    auto const* const b = static_cast<float const*>(args.in[2]);
    for (dsi::index o = 0; o < packed.outputs; ++o) {
      float sum = b[o];
      for (dsi::index k = 0; k < packed.channels; ++k) sum += x[k] * w[packed.offset(0, o, k)];
      static_cast<float*>(args.out[0])[o] = sum;
    }
  }
};

template <class Isa, class Problem>
  requires dsi::anchor_is<Problem, dsi::dense_attributes>
struct dsi::preferred_kernels<dsi::simd_backend<Isa>, Problem> {
  using type = dsi::kernel_list<output_by_output<Problem>>;
};

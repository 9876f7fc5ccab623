// SPDX-License-Identifier: MIT
// A network with layers of many kinds, an operator of its own among them, and state.
#pragma once

#include <dsi/dsi.hpp>

namespace test {

/// y = x / sqrt(1 + x^2)
struct bent : dsi::elementwise<1> {
  static constexpr std::string_view name = "bent";
  template <class V>
  DSI_INLINE static V apply(V x) { return x / dsi::math::sqrt(V(1) + x * x); }
};

struct mixed : dsi::pipeline<dsi::input<float, 1, 3, 9, 11>,
                             dsi::conv2d<dsi::conv2d_attributes{.out = 20, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, dsi::silu,
                             dsi::conv2d<dsi::conv2d_attributes{.out = 20, .kernel = {3, 3}, .stride = {2, 2}, .groups = 20}>, bent,
                             dsi::global_average_pool, dsi::reshape<1, 20>,
                             dsi::residual<dsi::gru_cell<20>>, dsi::dense<7>, dsi::softmax> {};

}  // namespace test

// SPDX-License-Identifier: MIT
// EXPECT: dsi::conv: padding attribute number A is B, which is negative; crop with dsi::slice<...> before it
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index pad = 0;
#else
constexpr dsi::index pad = -1;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 8, 6, 6>, dsi::conv2d<dsi::conv2d_attributes{.out = 8, .kernel = {3, 3}, .pad = {0, 0, 0, pad}, .groups = 8}>> {};

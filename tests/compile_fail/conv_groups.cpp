// SPDX-License-Identifier: MIT
// EXPECT: dsi::conv: A channels cannot be divided into B groups; change groups or the number of channels
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index groups = 3;
#else
constexpr dsi::index groups = 4;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 6, 8, 8>, dsi::conv2d<dsi::conv2d_attributes{.out = 12, .groups = groups}>> {};

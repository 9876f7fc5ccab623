// SPDX-License-Identifier: MIT
// EXPECT: dsi::conv: A channels cannot be divided into B groups; change groups or the number of channels
// EXPECT: 30
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index outputs = 32;
#else
constexpr dsi::index outputs = 30;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 16, 8, 8>, dsi::conv2d<dsi::conv2d_attributes{.out = outputs, .kernel = {3, 3}, .groups = 4}>> {};

// SPDX-License-Identifier: MIT
// EXPECT: the window of A elements does not fit into the padded extent B; reduce kernel, dilation or pooling, or pad more
// EXPECT: 9
// EXPECT: 8
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index dilation = 3;
#else
constexpr dsi::index dilation = 4;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 1, 8, 9>, dsi::conv2d<dsi::conv2d_attributes{.out = 2, .kernel = {3, 3}, .dilation = {dilation, 1}}>> {};

// SPDX-License-Identifier: MIT
// EXPECT: attribute number A must be positive and is B; correct the node's attributes
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index stride = 1;
#else
constexpr dsi::index stride = 0;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 1, 8, 9>, dsi::conv2d<dsi::conv2d_attributes{.out = 2, .stride = {stride, 1}}>> {};

// SPDX-License-Identifier: MIT
// EXPECT: the operator needs rank A, the layer before gives rank B; use dsi::reshape<...> before it
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
using image = dsi::input<float, 1, 8, 4, 4>;
#else
using image = dsi::input<float, 8, 4>;
#endif
struct net : dsi::pipeline<image, dsi::conv2d<dsi::conv2d_attributes{.out = 4}>> {};

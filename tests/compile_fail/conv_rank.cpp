// SPDX-License-Identifier: MIT
// EXPECT: the operator needs rank A, the layer before gives rank B; use dsi::reshape<...> before it
// EXPECT: 4
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
using layer = dsi::conv1d<dsi::conv1d_attributes{.out = 16, .kernel = 3, .pad = {1, 1}}>;
#else
using layer = dsi::conv2d<dsi::conv2d_attributes{.out = 16, .kernel = {3, 1}, .pad = {1, 0, 1, 0}}>;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 16, 32>, layer> {};

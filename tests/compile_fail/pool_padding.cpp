// SPDX-License-Identifier: MIT
// EXPECT: padding of A elements is negative or as wide as the pooling window, which reaches over B; pad less, or use dsi::pad before it
// EXPECT: 3
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/max_pool.hpp>

#ifdef GOOD
constexpr dsi::index pad = 2;
#else
constexpr dsi::index pad = 3;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 1, 8, 9>, dsi::max_pool2d<dsi::max_pool2d_attributes{.kernel = {3, 3}, .pad = {pad, 0, 0, 0}}>> {};

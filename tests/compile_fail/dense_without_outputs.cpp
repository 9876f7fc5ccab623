// SPDX-License-Identifier: MIT
// EXPECT: the layer has no outputs: its attribute out is A and its weight gives B; say how many, as dense<10> or conv2d<{.out = 8}>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/dense.hpp>

#ifdef GOOD
constexpr dsi::index outputs = 3;
#else
constexpr dsi::index outputs = 0;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, 64>, dsi::dense<outputs>> {};

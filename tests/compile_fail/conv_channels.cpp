// SPDX-License-Identifier: MIT
// EXPECT: dsi::conv: the weight expects A input channels but the layer before gives B; change the weight or the layer before it
#include <dsi/graph/model.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index channels = 3;
#else
constexpr dsi::index channels = 4;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 3, 8, 8>, dsi::parameter<"w", float, 16, channels, 1, 1>,
                        dsi::node<"y", dsi::conv2d<dsi::conv2d_attributes{.out = 16, .bias = false}>, "x", "w">, dsi::output<"y">> {};

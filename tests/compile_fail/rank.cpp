// SPDX-License-Identifier: MIT
// EXPECT: the operator needs rank A, the layer before gives rank B; use dsi::reshape<...> before it
#include <dsi/graph/model.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
using image = dsi::named_input<"x", float, 1, 8, 4, 4>;
#else
using image = dsi::named_input<"x", float, 8, 4>;
#endif
struct net : dsi::graph<image, dsi::parameter<"w", float, 4, 8, 1, 1>, dsi::node<"y", dsi::conv2d<dsi::conv2d_attributes{.out = 4, .bias = false}>, "x", "w">,
                        dsi::output<"y">> {};

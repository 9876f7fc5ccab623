// SPDX-License-Identifier: MIT
// EXPECT: the layer has no outputs: its attribute out is A and its weight gives B; say how many, as dense<10> or conv2d<{.out = 8}>
#include <dsi/graph/model.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD  // with a weight of one's own the attribute may be left out
struct net : dsi::graph<dsi::named_input<"x", float, 1, 8, 4, 4>, dsi::parameter<"w", float, 6, 8, 1, 1>, dsi::node<"y", dsi::conv2d<dsi::conv2d_attributes{}>, "x", "w">,
                        dsi::output<"y">> {};
#else
struct net : dsi::pipeline<dsi::input<float, 1, 8, 4, 4>, dsi::conv2d<dsi::conv2d_attributes{}>> {};
#endif

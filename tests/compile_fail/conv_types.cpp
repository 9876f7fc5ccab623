// SPDX-License-Identifier: MIT
// EXPECT: the inputs have different element types (dsi::dtype A and B); convert one of them with dsi::cast<...>
#include <dsi/graph/model.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
using bias = float;
#else
using bias = double;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 2, 8>, dsi::parameter<"w", float, 4, 2, 3>, dsi::parameter<"b", bias, 4>,
                        dsi::node<"y", dsi::conv1d<dsi::conv1d_attributes{.out = 4, .kernel = 3}>, "x", "w", "b">, dsi::output<"y">> {};

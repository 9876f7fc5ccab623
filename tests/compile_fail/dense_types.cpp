// SPDX-License-Identifier: MIT
// EXPECT: the inputs have different element types (dsi::dtype A and B); convert one of them with dsi::cast<...>
#include <dsi/graph/model.hpp>
#include <dsi/op/dense.hpp>

#ifdef GOOD
using weight = float;
#else
using weight = dsi::half;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 16>, dsi::parameter<"w", weight, 8, 16>, dsi::node<"y", dsi::dense<8, false>, "x", "w">, dsi::output<"y">> {};

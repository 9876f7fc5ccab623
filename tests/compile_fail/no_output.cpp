// SPDX-License-Identifier: MIT
// EXPECT: dsi::graph: the network has no output; add dsi::output<
#include <dsi/graph/model.hpp>
#include <dsi/op/relu.hpp>

#ifdef GOOD
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::node<"y", dsi::relu, "x">, dsi::output<"y">> {};
#else
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::node<"y", dsi::relu, "x">> {};
#endif

// SPDX-License-Identifier: MIT
// EXPECT: the operator takes another number of inputs: it needs A and has B; add or remove inputs of the node
#include <dsi/graph/model.hpp>
#include <dsi/op/add.hpp>

#ifdef GOOD
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::node<"y", dsi::add, "x", "x">, dsi::output<"y">> {};
#else
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::node<"y", dsi::add, "x">, dsi::output<"y">> {};
#endif

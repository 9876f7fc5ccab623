// SPDX-License-Identifier: MIT
// EXPECT: the inputs have different element types (dsi::dtype A and B); convert one of them with dsi::cast<...>
#include <dsi/graph/model.hpp>
#include <dsi/op/add.hpp>

#ifdef GOOD
using element = float;
#else
using element = double;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::named_input<"z", element, 4>, dsi::node<"y", dsi::add, "x", "z">, dsi::output<"y">> {};

// SPDX-License-Identifier: MIT
// EXPECT: dsi::graph: entry number Entry names a tensor that no entry before it gives; correct the name or move the entry down
#include <dsi/graph/model.hpp>
#include <dsi/op/relu.hpp>

#ifdef GOOD
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::node<"h", dsi::relu, "x">, dsi::node<"y", dsi::relu, "h">, dsi::output<"y">> {};
#else
struct net : dsi::graph<dsi::named_input<"x", float, 4>, dsi::node<"y", dsi::relu, "h">, dsi::node<"h", dsi::relu, "x">, dsi::output<"y">> {};
#endif

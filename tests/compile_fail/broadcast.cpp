// SPDX-License-Identifier: MIT
// EXPECT: extents A and B neither match nor broadcast; change the layer before or reshape one operand
// EXPECT: 5
// EXPECT: 4
#include <dsi/graph/model.hpp>
#include <dsi/op/add.hpp>

#ifdef GOOD
constexpr dsi::index width = 1;
#else
constexpr dsi::index width = 5;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 3, 4>, dsi::named_input<"z", float, width>, dsi::node<"y", dsi::add, "x", "z">, dsi::output<"y">> {};

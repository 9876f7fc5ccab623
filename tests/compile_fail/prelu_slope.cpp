// SPDX-License-Identifier: MIT
// EXPECT: dsi::prelu: the slope must broadcast to x, not x to it (extents A and B differ in rank or in a dimension); reshape the slope or expand x
#include <dsi/graph/model.hpp>
#include <dsi/op/prelu.hpp>

template <dsi::index... Dims>
struct net : dsi::graph<dsi::named_input<"x", float, 2, 3>, dsi::parameter<"slope", float, Dims...>, dsi::node<"y", dsi::prelu, "x", "slope">, dsi::output<"y">> {};
#ifdef GOOD
net<3> good;
#else
net<4, 2, 3> wider;
#endif

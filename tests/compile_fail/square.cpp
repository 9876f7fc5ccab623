// SPDX-License-Identifier: MIT
// EXPECT: matrices of A rows and B columns are not square; change the layer before
#include <dsi/graph/model.hpp>
#include <dsi/op/determinant.hpp>

#ifdef GOOD
constexpr dsi::index columns = 3;
#else
constexpr dsi::index columns = 4;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 3, columns>, dsi::node<"y", dsi::determinant, "x">, dsi::output<"y.0">> {};
[[maybe_unused]] constexpr auto shapes = net::description;

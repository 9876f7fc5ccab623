// SPDX-License-Identifier: MIT
// EXPECT: the attribute out says A outputs but the weight gives B; correct one of them
#include <dsi/graph/model.hpp>
#include <dsi/op/dense.hpp>

#ifdef GOOD
constexpr dsi::index outputs = 16;
#else
constexpr dsi::index outputs = 10;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 64>, dsi::parameter<"w", float, 16, 64>, dsi::node<"y", dsi::dense<outputs, false>, "x", "w">, dsi::output<"y">> {};

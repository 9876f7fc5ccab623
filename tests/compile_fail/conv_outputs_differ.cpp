// SPDX-License-Identifier: MIT
// EXPECT: the attribute out says A outputs but the weight gives B; correct one of them
#include <dsi/graph/model.hpp>
#include <dsi/op/conv.hpp>

#ifdef GOOD
constexpr dsi::index outputs = 6;
#else
constexpr dsi::index outputs = 8;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 8, 4, 4>, dsi::parameter<"w", float, 2, 3, 4, 1, 1>,
                        dsi::node<"y", dsi::conv2d<dsi::conv2d_attributes{.out = outputs, .groups = 2}>, "x", "w">, dsi::output<"y">> {};

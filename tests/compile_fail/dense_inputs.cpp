// SPDX-License-Identifier: MIT
// EXPECT: dsi::dense: the weight has A inputs but the layer before gives B; change dense<...> or the layer before it
// EXPECT: 128
// EXPECT: 64
#include <dsi/graph/model.hpp>
#include <dsi/op/dense.hpp>

#ifdef GOOD
constexpr dsi::index inputs = 64;
#else
constexpr dsi::index inputs = 128;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 64>, dsi::parameter<"w", float, 10, inputs>, dsi::node<"y", dsi::dense<10, false>, "x", "w">,
                        dsi::output<"y">> {};

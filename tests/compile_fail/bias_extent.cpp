// SPDX-License-Identifier: MIT
// EXPECT: the bias has B elements but the layer has A outputs; change the bias
#include <dsi/graph/model.hpp>
#include <dsi/op/dense.hpp>

#ifdef GOOD
constexpr dsi::index biases = 10;
#else
constexpr dsi::index biases = 9;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 64>, dsi::parameter<"w", float, 10, 64>, dsi::parameter<"b", float, biases>,
                        dsi::node<"y", dsi::dense<10>, "x", "w", "b">, dsi::output<"y">> {};

// SPDX-License-Identifier: MIT
// EXPECT: the recurrent weight needs extent A and has B; weights are [directions, gates*hidden, inputs] and [directions, gates*hidden, hidden]
#include <dsi/graph/model.hpp>
#include <dsi/op/gru.hpp>

#ifdef GOOD
constexpr dsi::index rows = 12;
#else
constexpr dsi::index rows = 16;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 5, 1, 3>, dsi::parameter<"w", float, 1, rows, 3>, dsi::parameter<"r", float, 1, 12, 4>,
                        dsi::parameter<"b", float, 1, 24>, dsi::node<"y", dsi::gru<dsi::gru_attributes{.hidden = 4}>, "x", "w", "r", "b">, dsi::output<"y">> {};

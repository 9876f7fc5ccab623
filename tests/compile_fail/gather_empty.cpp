// SPDX-License-Identifier: MIT
// EXPECT: dimension A, which the B indices choose from, is empty; there is nothing to choose
#include <dsi/graph/model.hpp>
#include <dsi/op/gather.hpp>

#ifdef GOOD
constexpr dsi::index rows = 3;
#else
constexpr dsi::index rows = 0;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, rows, 4>, dsi::named_input<"i", std::int64_t, 2>, dsi::node<"y", dsi::gather<>, "x", "i">, dsi::output<"y">> {};
[[maybe_unused]] constexpr auto shapes = net::description;

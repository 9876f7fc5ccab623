// SPDX-License-Identifier: MIT
// EXPECT: A elements are wanted of a dimension that has B; choose a k from 0 to B
#include <dsi/graph/model.hpp>
#include <dsi/op/top_k_indices.hpp>

#ifdef GOOD
constexpr dsi::index k = 4;
#else
constexpr dsi::index k = 5;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 3, 4>, dsi::node<"y", dsi::top_k_indices<dsi::top_k_indices_attributes{.k = k}>, "x">, dsi::output<"y">> {};
[[maybe_unused]] constexpr auto shapes = net::description;

// SPDX-License-Identifier: MIT
// EXPECT: dsi::attention: A query heads or features cannot be divided among B heads; change heads or key_heads
#include <dsi/graph/model.hpp>
#include <dsi/op/attention.hpp>

#ifdef GOOD
constexpr dsi::index shared = 3;
#else
constexpr dsi::index shared = 4;
#endif
struct net : dsi::graph<dsi::named_input<"q", float, 1, 6, 5, 8>, dsi::named_input<"k", float, 1, shared, 7, 8>, dsi::named_input<"v", float, 1, shared, 7, 8>,
                        dsi::node<"y", dsi::attention<dsi::attention_attributes{.heads = 6, .key_heads = shared}>, "q", "k", "v">, dsi::output<"y">> {};

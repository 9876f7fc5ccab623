// SPDX-License-Identifier: MIT
// EXPECT: a per-channel parameter needs A elements and has B; change the parameter
#include <dsi/graph/model.hpp>
#include <dsi/op/batch_norm.hpp>

#ifdef GOOD
constexpr dsi::index channels = 8;
#else
constexpr dsi::index channels = 7;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 1, 8>, dsi::parameter<"p", float, channels>,
                        dsi::node<"y", dsi::batch_norm<>, "x", "p", "p", "p", "p">, dsi::output<"y">> {};

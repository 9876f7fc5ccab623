// SPDX-License-Identifier: MIT
// EXPECT: dsi::batch_norm: input A must have the channels at dimension 1 of x, and 1 elsewhere, to broadcast: [B], with a 1 for each dimension of x behind the channels (scale [C, 1, 1] for x [N, C, H, W])
#include <dsi/graph/model.hpp>
#include <dsi/op/batch_norm.hpp>

template <dsi::index... Dims>
struct net : dsi::graph<dsi::named_input<"x", float, 1, 3, 2, 3>, dsi::parameter<"s", float, Dims...>, dsi::parameter<"b", float, Dims...>, dsi::parameter<"m", float, Dims...>,
                        dsi::parameter<"v", float, Dims...>, dsi::node<"y", dsi::batch_norm<>, "x", "s", "b", "m", "v">, dsi::output<"y">> {};
#ifdef GOOD
net<3, 1, 1> good;
#else
net<3> along_the_width;
#endif

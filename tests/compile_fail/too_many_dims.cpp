// SPDX-License-Identifier: MIT
// EXPECT: a tensor has B dimensions, dsi supports A; merge some with dsi::reshape<...>
// EXPECT: 9
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/relu.hpp>

#ifdef GOOD
using image = dsi::input<float, 1, 1, 1, 1, 1, 1, 1, 4>;
#else
using image = dsi::input<float, 1, 1, 1, 1, 1, 1, 1, 1, 4>;
#endif
struct net : dsi::pipeline<image, dsi::relu> {};

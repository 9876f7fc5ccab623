// SPDX-License-Identifier: MIT
// EXPECT: an input, parameter or output has extents that are negative or multiply to more than fits; reduce them
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/relu.hpp>

#ifdef GOOD
constexpr dsi::index width = 1 << 20;
#else
constexpr dsi::index width = dsi::index{1} << 32;
#endif
struct net : dsi::pipeline<dsi::input<float, width, width>, dsi::relu> {};

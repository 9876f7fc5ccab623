// SPDX-License-Identifier: MIT
// EXPECT: a tensor has B dimensions, dsi supports A; merge some with dsi::reshape<...>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/reshape.hpp>

#ifdef GOOD
using layer = dsi::reshape<1, 1, 1, 1, 1, 1, 1, 4>;
#else
using layer = dsi::reshape<1, 1, 1, 1, 1, 1, 1, 1, 4>;
#endif
struct net : dsi::pipeline<dsi::input<float, 4>, layer> {};

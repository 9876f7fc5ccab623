// SPDX-License-Identifier: MIT
// EXPECT: the operator needs rank A, the layer before gives rank B; use dsi::reshape<...> before it
// EXPECT: 4
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/max_pool.hpp>

#ifdef GOOD
using image = dsi::input<float, 1, 3, 8, 8>;
#else
using image = dsi::input<float, 1, 3, 8, 8, 8>;
#endif
struct net : dsi::pipeline<image, dsi::max_pool2d<dsi::max_pool2d_attributes{.kernel = {2, 2}}>> {};

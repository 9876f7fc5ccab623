// SPDX-License-Identifier: MIT
// EXPECT: axis A does not exist in a tensor of rank B; use an axis from -rank to rank-1
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/softmax.hpp>

#ifdef GOOD
constexpr int axis = -2;
#else
constexpr int axis = -3;
#endif
struct net : dsi::pipeline<dsi::input<float, 3, 4>, dsi::softmax_over<axis>> {};

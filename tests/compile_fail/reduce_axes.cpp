// SPDX-License-Identifier: MIT
// EXPECT: axis A does not exist in a tensor of rank B; use an axis from -rank to rank-1
// EXPECT: 9
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/reduce_sum.hpp>

#ifdef GOOD
constexpr dsi::axis_set over = dsi::axes(1);
#else
constexpr dsi::axis_set over = dsi::axes(9);
#endif
struct net : dsi::pipeline<dsi::input<float, 2, 3>, dsi::reduce_sum<dsi::reduce_sum_attributes{.axes = over}>> {};

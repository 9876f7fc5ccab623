// SPDX-License-Identifier: MIT
// EXPECT: dsi::concat: the inputs differ (A and B) in a dimension other than the axis; pad or slice one of them
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/dense.hpp>

#ifdef GOOD
constexpr int axis = 1;
#else
constexpr int axis = 0;
#endif
struct net : dsi::pipeline<dsi::input<float, 2, 4>, dsi::concat_of<axis, dsi::dense<3>, dsi::dense<5>>> {};

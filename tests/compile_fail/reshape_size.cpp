// SPDX-License-Identifier: MIT
// EXPECT: dsi::reshape: A elements cannot become B elements; change the new extents
// EXPECT: 12
// EXPECT: 10
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/reshape.hpp>

#ifdef GOOD
constexpr dsi::index columns = 6;
#else
constexpr dsi::index columns = 5;
#endif
struct net : dsi::pipeline<dsi::input<float, 3, 4>, dsi::reshape<2, columns>> {};

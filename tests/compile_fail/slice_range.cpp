// SPDX-License-Identifier: MIT
// EXPECT: dsi::slice: the range ends at A but the extent is B; change starts, steps or sizes
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/slice.hpp>

#ifdef GOOD
constexpr dsi::index size = 3;
#else
constexpr dsi::index size = 4;
#endif
struct net : dsi::pipeline<dsi::input<float, 6>, dsi::slice<dsi::slice_attributes{.start = dsi::shape(1), .step = dsi::shape(2), .size = dsi::shape(size)}>> {};

// SPDX-License-Identifier: MIT
// EXPECT: dsi::transpose: the permutation of rank A is not one of 0..B-1; list every dimension once
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/transpose.hpp>

#ifdef GOOD
constexpr dsi::index second = 0;
#else
constexpr dsi::index second = 1;
#endif
struct net : dsi::pipeline<dsi::input<float, 3, 4>, dsi::transpose<1, second>> {};

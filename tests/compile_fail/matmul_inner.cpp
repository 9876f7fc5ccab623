// SPDX-License-Identifier: MIT
// EXPECT: dsi::matmul: the inner extents A and B differ; transpose or reshape one operand
#include <dsi/graph/model.hpp>
#include <dsi/op/matmul.hpp>

#ifdef GOOD
constexpr dsi::index rows = 4;
#else
constexpr dsi::index rows = 5;
#endif
struct net : dsi::graph<dsi::named_input<"x", float, 3, 4>, dsi::named_input<"z", float, rows, 7>, dsi::node<"y", dsi::matmul<>, "x", "z">, dsi::output<"y">> {};

// SPDX-License-Identifier: MIT
// EXPECT: this operator does not take this element type (input A, dsi::dtype B); convert with dsi::cast<...>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/softmax.hpp>

#ifdef GOOD
using element = float;
#else
using element = int;
#endif
struct net : dsi::pipeline<dsi::input<element, 4>, dsi::softmax> {};

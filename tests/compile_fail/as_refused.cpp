// SPDX-License-Identifier: MIT
// EXPECT: dsi::as: node number Node, called Name, cannot be computed with type To, for the reason below
// EXPECT: this operator does not take this element type (input A, dsi::dtype B); convert with dsi::cast<...>
#include <dsi/graph/as.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/quantize.hpp>
#include <dsi/op/relu.hpp>

#ifdef GOOD
using storage = dsi::half;
#else
using storage = double;
#endif
struct floats : dsi::pipeline<dsi::input<float, 1, 16>, dsi::relu, dsi::quantize<>> {};
struct net : dsi::as<storage, floats> {};

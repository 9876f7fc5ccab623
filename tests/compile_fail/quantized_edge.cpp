// SPDX-License-Identifier: MIT
// EXPECT: the operator computes with the values of input A, but affine<...> bytes stand for them (dsi::dtype B); put dsi::dequantize<> before it
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/quantize.hpp>
#include <dsi/op/relu.hpp>
#include <dsi/op/transpose.hpp>

using bytes = dsi::affine<std::uint8_t, dsi::constant(0.05f), 128>;
#ifdef GOOD
struct net : dsi::pipeline<dsi::input<bytes, 4, 3>, dsi::transpose<1, 0>, dsi::dequantize<>, dsi::relu> {};  // views move bytes as they are
static_assert(net::description.tensors[1].affine.zero_point == 128);
#else
struct net : dsi::pipeline<dsi::input<bytes, 4, 3>, dsi::transpose<1, 0>, dsi::relu> {};
#endif

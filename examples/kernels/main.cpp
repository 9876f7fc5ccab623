// SPDX-License-Identifier: MIT
// Several kernels of one convolution side by side in one binary: results compared, then times beside the machine's roof.
//
// This is how to measure a kernel of your own: write the problem as a type, and add it with each kernel. docs/benchmarking.md.
#include "../../bench/kernels/problems.hpp"
#include "../../bench/kernels/variants.hpp"
#include "conv_strips.hpp"

namespace {

using isa = dsi::simd::isa::native;  // the best that this file's flags allow
using deep = bench::conv_relu<float, 64, 64, 28, 3>::type;
using wide = bench::conv_relu<float, 16, 48, 56, 5, 2>::type;

/// One kernel, several tiles. What wins becomes a line in a tuning header: see examples/by_hand/kernels.hpp.
template <int Rows, int Panels>
using tile = dsi::simd::conv_tile<isa, deep, dsi::simd::tile_tuning{.rows = Rows, .panels = Panels}>;

}  // namespace

int main(int count, char** words) {
  bench::variants list;
  list.add<deep, dsi::simd::conv_tile<isa, deep>>("3x3 64-64 28x28");    // the library's choice
  list.add<deep, dsi::simd::conv_im2col<isa, deep>>("3x3 64-64 28x28");  // another of the library's
  list.add<deep, conv_strips<isa, deep>>("3x3 64-64 28x28");             // our own
  list.add<deep, tile<2, 1>>("3x3 64-64 28x28");
  list.add<deep, tile<4, 2>>("3x3 64-64 28x28");
  list.add<deep, tile<12, 1>>("3x3 64-64 28x28");
  list.add<wide, dsi::simd::conv_tile<isa, wide>>("5x5/2 16-48 56x56");
  list.add<wide, dsi::simd::conv_im2col<isa, wide>>("5x5/2 16-48 56x56");
  list.add<wide, conv_strips<isa, wide>>("5x5/2 16-48 56x56");
  return list.run(count, words, "Compares kernels of two convolutions with the reference loops, then measures them.");
}

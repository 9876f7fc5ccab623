// SPDX-License-Identifier: MIT
// What a module of eigen_mlp.cpp exports. It is built twice, with and without -ffast-math, as modules of their own: in one program
// the linker would keep one copy of each of Eigen's templates for both.
#pragma once

#include <cstddef>

namespace bench {

struct eigen_network {
  void (*call)(void* self);
  void* self;
  float *input, *output;
  std::size_t input_size, output_size;
};

/// Makes a network by the suite's name from the weights and biases of its layers, [out, in] each. False: not one of its networks, or
/// not its number of weights.
using eigen_open = bool(char const* name, float const* weights, std::size_t size, eigen_network* made);

}  // namespace bench

// SPDX-License-Identifier: MIT
// Headers alone, through the target dsi::dsi.
#include <dsi/tensor/tensor.hpp>

#include <xsimd/xsimd.hpp>

#include <cstdio>

static_assert(dsi::shape(2, 3).size() == 6);

int main() {
  xsimd::batch<float> const ones(1.f);
  std::printf("good %g\n", static_cast<double>((ones + ones).get(0)));
}

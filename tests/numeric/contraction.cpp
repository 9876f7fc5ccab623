// SPDX-License-Identifier: MIT
// The cases of math_test.cpp in a program whose compiler may make one rounding of a product and a sum: what the headers give to a
// user who has no -ffp-contract=off. The first case sees to it that the compiler does so.
#include "math_test.cpp"

TEST_CASE("math: this program is contracted") {
  // (1 + 2^-12)^2 - 1 is 2^-11 + 2^-24: a product rounded by itself loses the last term.
  auto const x = [] {
    float volatile v = 1 + 0x1p-12f;
    return v;
  };
  float const a = x(), b = x();
  CHECK(a * b - 1.f == 0x1p-11f + 0x1p-24f);
  alignas(64) float const many[16]{a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a};
  alignas(64) float square[16];
  (native::load(many) * native::load(many) - native(1.f)).store(square);
#if defined(__clang__)
  CHECK(square[0] == 0x1p-11f);  // intrinsics are functions: products and sums from two of them stay apart
#else
  CHECK(square[0] == 0x1p-11f + 0x1p-24f);
#endif
}

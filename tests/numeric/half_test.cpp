// SPDX-License-Identifier: MIT
// half and bfloat16: every 16-bit pattern, and rounding against an independent search and the processor.
#include <dsi/numeric/half.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

double half_value(unsigned h) {  // by the definition of binary16, finite patterns
  unsigned const exponent = h >> 10 & 31u, fraction = h & 1023u;
  double const v = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
  return (h & 0x8000u) != 0 ? -v : v;
}

/// The nearest half of a finite float, ties to even, by binary search over the ordered positive patterns.
std::uint16_t nearest_half(float x) {
  double const a = std::fabs(static_cast<double>(x));
  unsigned low = 0, high = 0x7c00;  // 0x7c00 stands for 65536, what the next binade would begin with
  auto value = [](unsigned h) { return h == 0x7c00 ? 65536.0 : half_value(h); };
  if (a >= 65536.0) return static_cast<std::uint16_t>(0x7c00u | (std::signbit(x) ? 0x8000u : 0u));
  while (high - low > 1) {
    unsigned const middle = (low + high) / 2;
    (value(middle) <= a ? low : high) = middle;
  }
  double const down = a - value(low), up = value(high) - a;
  unsigned const h = down < up || (down == up && low % 2 == 0) ? low : high;
  return static_cast<std::uint16_t>(h | (std::signbit(x) ? 0x8000u : 0u));
}

std::uint16_t nearest_bfloat16(float x) {
  std::uint32_t const below = bits(x) & 0xffff0000u;
  double const low = static_cast<double>(std::bit_cast<float>(below));
  auto const next = static_cast<std::uint32_t>(below + 0x10000u);
  bool const to_inf = (next & 0x7fffffffu) == 0x7f800000u;
  double const high = to_inf ? std::copysign(0x1p128, static_cast<double>(x)) : static_cast<double>(std::bit_cast<float>(next));
  double const down = std::fabs(static_cast<double>(x) - low), up = std::fabs(high - static_cast<double>(x));
  bool const keep = down < up || (down == up && (below >> 16) % 2 == 0);
  return static_cast<std::uint16_t>((keep ? below : next) >> 16);
}

#if defined(__x86_64__)
__attribute__((target("avx,f16c"))) std::uint16_t hardware_half(float x) {
  return static_cast<std::uint16_t>(_mm_extract_epi16(_mm_cvtps_ph(_mm_set1_ps(x), _MM_FROUND_TO_NEAREST_INT), 0));
}
__attribute__((target("avx,f16c"))) float hardware_float(std::uint16_t h) {
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_set1_epi16(static_cast<short>(h))));
}
bool has_hardware() { return __builtin_cpu_supports("avx2") != 0; }  // every processor with AVX2 has F16C
#elif defined(__aarch64__)
std::uint16_t hardware_half(float x) { return std::bit_cast<std::uint16_t>(static_cast<__fp16>(x)); }
float hardware_float(std::uint16_t h) { return static_cast<float>(std::bit_cast<__fp16>(h)); }
bool has_hardware() { return true; }
#endif

}  // namespace

TEST_CASE("half: all 65536 patterns convert to float exactly and back") {
  int wrong = 0;
  for (unsigned p = 0; p <= 0xffff; ++p) {
    auto const h = dsi::half::from_bits(static_cast<std::uint16_t>(p));
    auto const f = static_cast<float>(h);
    if ((p & 0x7fffu) > 0x7c00u) {
      wrong += !(std::isnan(f) && dsi::half(f).bits == (p | 0x200u));  // quiet, same payload
      continue;
    }
    bool const inf = (p & 0x7fffu) == 0x7c00u;
    wrong += dsi::half(f).bits != p;
    wrong += inf ? !std::isinf(f) : static_cast<double>(f) != half_value(p);
    wrong += std::signbit(f) != ((p & 0x8000u) != 0);
  }
  CHECK(wrong == 0);
}

TEST_CASE("bfloat16: all 65536 patterns convert to float exactly and back") {
  int wrong = 0;
  for (unsigned p = 0; p <= 0xffff; ++p) {
    auto const f = static_cast<float>(dsi::bfloat16::from_bits(static_cast<std::uint16_t>(p)));
    wrong += bits(f) != p << 16;
    wrong += dsi::bfloat16(f).bits != ((p & 0x7fffu) > 0x7f80u ? (p | 0x40u) : p);
  }
  CHECK(wrong == 0);
}

TEST_CASE("half: rounds as the nearest of all halves, ties to even") {
  int wrong = 0;
  auto check = [&](float x) { wrong += dsi::half(x).bits != nearest_half(x); };
  for (unsigned p = 0; p < 0x7c00; ++p) {  // each midpoint and its two neighbours
    double const next = p + 1 == 0x7c00 ? 65536.0 : half_value(p + 1);
    auto const middle = static_cast<float>((half_value(p) + next) / 2);
    for (float x : {middle, std::nextafter(middle, 0.f), std::nextafter(middle, 1e9f)}) {
      check(x);
      check(-x);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 400'000; ++i) {
    float const x = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isnan(x)) check(x);
  }
  CHECK(wrong == 0);
  CHECK(nearest_half(65519.f) == 0x7bff);  // the search itself knows the limits
  CHECK(nearest_half(65520.f) == 0x7c00);
}

TEST_CASE("bfloat16: rounds to the nearest, ties to even") {
  int wrong = 0;
  std::mt19937 random(2);
  for (int i = 0; i < 400'000; ++i) {
    std::uint32_t b = static_cast<std::uint32_t>(random());
    if (i % 4 == 0) b = (b & 0xffff0000u) | 0x8000u;  // ties
    float const x = std::bit_cast<float>(b);
    if (std::isfinite(x)) wrong += dsi::bfloat16(x).bits != nearest_bfloat16(x);
  }
  CHECK(wrong == 0);
  CHECK(dsi::bfloat16(0x1.ffp127f).bits == 0x7f80);
  CHECK(std::isnan(static_cast<float>(dsi::bfloat16(std::bit_cast<float>(0x7f800001u)))));  // payload only in the lost bits
}

TEST_CASE("half: same bits as the processor") {
  if (!has_hardware()) {
    MESSAGE("not run: this processor has no conversion of its own");
    return;
  }
  int wrong = 0;
  std::mt19937 random(3);
  for (int i = 0; i < 4'000'000; ++i) {
    auto b = static_cast<std::uint32_t>(random());
    if (i % 2 == 0) b = (b & 0x8fffffffu) | 0x30000000u;  // half of them where binary16 has values
    float const x = std::bit_cast<float>(b);
    wrong += dsi::half(x).bits != hardware_half(x);
  }
  CHECK(wrong == 0);
  for (unsigned p = 0; p <= 0xffff; ++p) {
    float const mine = static_cast<float>(dsi::half::from_bits(static_cast<std::uint16_t>(p)));
    float const theirs = hardware_float(static_cast<std::uint16_t>(p));
    wrong += std::isnan(theirs) ? !std::isnan(mine) : bits(mine) != bits(theirs);
  }
  CHECK(wrong == 0);
}

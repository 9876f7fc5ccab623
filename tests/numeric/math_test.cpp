// SPDX-License-Identifier: MIT
// The scalar functions: error against the C library's double, special values, and the same bits in every vector.
// DSI_EXHAUSTIVE=1 in the environment measures over all 2^32 floats (some two minutes per function).
#include <dsi/backend/simd/vec.hpp>
#include <dsi/numeric/math.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

namespace isa = dsi::simd::isa;
namespace math = dsi::math;
constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }
float from_bits(std::uint64_t b) { return std::bit_cast<float>(static_cast<std::uint32_t>(b)); }
bool same(float a, float b) { return bits(a) == bits(b) || (std::isnan(a) && std::isnan(b)); }

/// A function of math.hpp, its reference, and the bound that its comment promises.
struct exp_f {
  static constexpr char const* name = "exp";
  static constexpr double bound = 0.90;
  template <class V> DSI_INLINE static V call(V x) { return math::exp(x); }
};
struct tanh_f {
  static constexpr char const* name = "tanh";
  static constexpr double bound = 2.54;
  template <class V> DSI_INLINE static V call(V x) { return math::tanh(x); }
};
struct sigmoid_f {
  static constexpr char const* name = "sigmoid";
  static constexpr double bound = 2.41;
  template <class V> DSI_INLINE static V call(V x) { return math::sigmoid(x); }
};
struct log_f {
  static constexpr char const* name = "log";
  static constexpr double bound = 0.94;
  template <class V> DSI_INLINE static V call(V x) { return math::log(x); }
};
struct erf_f {
  static constexpr char const* name = "erf";
  static constexpr double bound = 1.56;
  template <class V> DSI_INLINE static V call(V x) { return math::erf(x); }
};
struct sin_f {
  static constexpr char const* name = "sin";
  static constexpr double bound = 1.5;
  template <class V> DSI_INLINE static V call(V x) { return math::sin(x); }
};
struct cos_f {
  static constexpr char const* name = "cos";
  static constexpr double bound = 1.5;
  template <class V> DSI_INLINE static V call(V x) { return math::cos(x); }
};
/// exp with an error of three ulp in a few places: the measurement must find it.
struct broken_exp_f {
  template <class V> DSI_INLINE static V call(V x) {
    V const y = math::exp(x);
    return math::select(x == V(1.f), y * V(1 + 0x1p-22f), y);
  }
};

/// |computed - exact| in units of the distance between the floats beside exact; all that overflows counts as 2^128.
double ulps(float computed, double exact) {
  if (std::isnan(exact) || std::isnan(computed)) return std::isnan(exact) && std::isnan(computed) ? 0 : HUGE_VAL;
  auto bounded = [](double v) { return std::fmin(std::fmax(v, -0x1p128), 0x1p128); };
  double const e = bounded(exact), a = std::fabs(e);
  double const unit = a < 0x1p-126 ? 0x1p-149 : std::ldexp(1.0, a < 0x1p128 ? std::ilogb(a) - 23 : 104);
  return std::fabs(bounded(static_cast<double>(computed)) - e) / unit;
}

template <class V, class F>
DSI_NOINLINE void map(float const* x, float* y, int n) {  // n is a multiple of 16
  for (int i = 0; i < n; i += V::lanes) F::call(V::loadu(x + i)).storeu(y + i);
}

using native = dsi::simd::vec<isa::native>;
bool exhaustive() { return std::getenv("DSI_EXHAUSTIVE") != nullptr; }

struct worst {
  double ulp = 0;
  float at = 0;
};

/// The greatest error over every step-th float, all bit patterns from 0 to 2^32.
template <class F, class Reference>
worst measure(Reference reference, std::uint64_t step) {
  constexpr int block = 1024;
  float x[block]{}, y[block];
  worst w;
  for (std::uint64_t next = 0; next < 1ull << 32;) {
    int n = 0;
    for (; n < block && next < 1ull << 32; ++n, next += step) x[n] = from_bits(next);
    map<native, F>(x, y, block);
    for (int i = 0; i < n; ++i) {
      double const e = ulps(y[i], reference(static_cast<double>(x[i])));
      if (e > w.ulp) w = {e, x[i]};
    }
  }
  return w;
}

template <class F>
void check_error(double (*reference)(double)) {
  worst const w = measure<F>(reference, exhaustive() ? 1 : 1499);
  std::printf("%-8s %.3f ulp at %a (%s)\n", F::name, w.ulp, static_cast<double>(w.at), isa::native::name.data());
  CHECK(w.ulp <= F::bound);
}

/// Calls f.operator()<Isa>() for each instruction set that this file is compiled for.
template <class F>
void for_each_isa(F f) {
  auto one = [&]<class Isa>() {
    if constexpr (isa::compiled<Isa>) f.template operator()<Isa>();
  };
  one.template operator()<isa::base>();
  one.template operator()<isa::v2>();
  one.template operator()<isa::v3>();
  one.template operator()<isa::v4>();
  one.template operator()<isa::v4_vnni>();
  one.template operator()<isa::v4_bf16>();
  one.template operator()<isa::neon>();
}

std::vector<float> samples() {
  std::vector<float> v = {0.f,      -0.f,     inf,       -inf,           quiet_nan,      -quiet_nan,      0x1p-149f, -0x1p-149f,
                          0x1p-126f, 0x1.fffffep-127f, 0x1.fffffep127f, -0x1.fffffep127f, 1.f, -1.f, 0.5f, 2.f,
                          88.72f,   88.73f,   -87.33f,   -87.4f,         -103.9f,        -104.f,          -150.f,    10.f,
                          9.01f,    0.84375f, 4.f,       0x1p15f,        0x1p23f,        0x1.8p22f,       0x1p31f,   -0x1p31f,
                          2.5f,     3.5f,     -2.5f,     -0.5f,          1e30f,          3.14159274f};
  std::mt19937 random(7);
  for (int i = 0; i < 100'000; ++i) {
    auto const b = static_cast<std::uint32_t>(random());
    v.push_back(from_bits(i % 2 == 0 ? b : (b & 0x87ffffffu) | 0x38000000u));  // every second one near 1
  }
  while (v.size() % 16 != 0) v.push_back(1.f);
  return v;
}

template <class Isa, class F>
void check_bits() {
  using V = dsi::simd::vec<Isa>;
  static std::vector<float> const x = samples();
  std::vector<float> y(x.size());
  map<V, F>(x.data(), y.data(), static_cast<int>(x.size()));
  int wrong = 0;
  float at = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!same(y[i], F::call(x[i]))) {
      ++wrong;
      at = x[i];
    }
  INFO(std::string(F::name) << " on " << std::string(Isa::name) << ", last at " << at);
  CHECK(wrong == 0);
}

struct pow_f {  // pow through one argument
  static constexpr char const* name = "pow";
  template <class V> DSI_INLINE static V call(V x) {
    return math::pow(math::abs(x), V(1.7f)) + math::pow(V(-3.f), math::round_even(x));
  }
};
struct exact_f {
  static constexpr char const* name = "floor, ceil, trunc, round_even, sqrt, max, min, relu, clamp, fma, copysign";
  template <class V> DSI_INLINE static V call(V x) {
    V const r = math::floor(x) + math::ceil(x * V(0.7f)) + math::trunc(x * V(1.3f)) - math::round_even(x * V(0.3f));
    V const s = math::sqrt(math::abs(x)) + math::max(x, V(0.25f)) * math::min(x, V(-0.f)) + math::relu(x);
    V const c = math::clamp(x, V(-3.f), V(3.f));
    return math::select(c < V(0.f), r, math::copysign(math::fma(s, c, r), x)) + math::fma(x, x, -x);
  }
};

}  // namespace

TEST_CASE("math: this file runs the instruction set that it is compiled for") {
  std::printf("math_test: vectors of %s\n", isa::native::name.data());
#if defined(__AVX512BF16__)
  CHECK(isa::native::name == "v4_bf16");
#elif defined(__AVX512VNNI__)
  CHECK(isa::native::name == "v4_vnni");
#elif defined(__AVX512F__)
  CHECK(isa::native::name == "v4");
#elif defined(__AVX2__)
  CHECK(isa::native::name == "v3");
#elif defined(__SSE4_2__)
  CHECK(isa::native::name == "v2");
#elif defined(__aarch64__)
  CHECK(isa::native::name == "neon");
#else
  CHECK(isa::native::name == "base");
#endif
}

TEST_CASE("math: error within the stated bounds") {
  check_error<exp_f>([](double x) { return std::exp(x); });
  check_error<tanh_f>([](double x) { return std::tanh(x); });
  check_error<sigmoid_f>([](double x) { return math::sigmoid(x); });
  check_error<log_f>([](double x) { return std::log(x); });
  check_error<erf_f>([](double x) { return std::erf(x); });
  check_error<sin_f>([](double x) { return std::sin(x); });
  check_error<cos_f>([](double x) { return std::cos(x); });
}

TEST_CASE("math: the measurement finds an error of three ulp at one point") {
  worst const w = measure<broken_exp_f>([](double x) { return std::exp(x); }, 0x800000);  // hits 1.0 exactly
  CHECK(w.at == 1.f);
  CHECK(w.ulp > 2.0);
}

TEST_CASE("math: pow") {
  std::mt19937 random(11);
  double greatest = 0;
  for (int i = 0; i < 3'000'000; ++i) {
    float const x = from_bits((static_cast<std::uint32_t>(random()) & 0x7fffffffu) % 0x7f800000u);
    float const log2 = std::log2(x);
    float const spread = (static_cast<float>(random() % 2'000'001u) - 1e6f) * 1e-6f;  // results over the whole range
    float const y = i % 3 == 0 ? spread * 4.f : spread * 152.f / (log2 == 0.f ? 1.f : log2);
    double const exact = std::pow(static_cast<double>(x), static_cast<double>(y));
    double const e = ulps(math::pow(x, y), exact);
    if (e > greatest) greatest = e;
  }
  std::printf("%-8s %.3f ulp\n", "pow", greatest);
  CHECK(greatest <= 2.0);
  for (float x : {0.f, -0.f, 1.f, -1.f, 2.f, -2.f, 0.5f, -0.5f, inf, -inf, quiet_nan, 0x1p-149f, -0x1p-149f, 1e30f, -1e30f,
                  0x1.fffffep-1f})
    for (float y : {0.f, -0.f, 1.f, -1.f, 2.f, 3.f, -3.f, 0.5f, -0.5f, 2.5f, inf, -inf, quiet_nan, 1e30f, -1e30f, 16777215.f,
                    16777216.f, 0x1p-149f}) {
      INFO("pow(" << x << ", " << y << ")");
      auto const exact = static_cast<float>(std::pow(static_cast<double>(x), static_cast<double>(y)));
      auto const got = math::pow(x, y);
      bool const special = exact == 0.f || std::isinf(exact) || std::isnan(exact) || exact == 1.f;
      CHECK((special ? same(got, exact) : std::fabs(got - exact) <= 2 * std::fabs(exact) * 0x1p-23f));
    }
}

TEST_CASE("math: special values") {
  CHECK(same(math::exp(0.f), 1.f));
  CHECK(same(math::exp(-0.f), 1.f));
  CHECK(same(math::exp(inf), inf));
  CHECK(same(math::exp(-inf), 0.f));
  CHECK(math::exp(-100.f) > 0.f);  // gradual underflow
  CHECK(same(math::exp(-103.9f), 0x1p-149f));
  CHECK(same(math::exp(-104.f), 0.f));
  CHECK(math::exp(88.7f) < inf);
  CHECK(same(math::exp(88.8f), inf));
  CHECK(same(math::tanh(-0.f), -0.f));
  CHECK(same(math::tanh(inf), 1.f));
  CHECK(same(math::tanh(-inf), -1.f));
  CHECK(same(math::tanh(0x1p-149f), 0x1p-149f));
  CHECK(same(math::sigmoid(0.f), 0.5f));
  CHECK(same(math::sigmoid(inf), 1.f));
  CHECK(same(math::sigmoid(-inf), 0.f));
  CHECK(math::sigmoid(-100.f) > 0.f);
  CHECK(same(math::log(0.f), -inf));
  CHECK(same(math::log(-0.f), -inf));
  CHECK(same(math::log(1.f), 0.f));
  CHECK(same(math::log(inf), inf));
  CHECK(std::isnan(math::log(-1.f)));
  CHECK(std::isnan(math::log(-inf)));
  CHECK(same(math::erf(-0.f), -0.f));
  CHECK(same(math::erf(inf), 1.f));
  CHECK(same(math::erf(-inf), -1.f));
  CHECK(same(math::sin(-0.f), -0.f));
  CHECK(same(math::cos(0.f), 1.f));
  CHECK(std::isnan(math::sin(inf)));
  CHECK(std::isnan(math::cos(-inf)));
  for (float n : {quiet_nan, -quiet_nan}) {
    CHECK(std::isnan(math::exp(n)));
    CHECK(std::isnan(math::tanh(n)));
    CHECK(std::isnan(math::sigmoid(n)));
    CHECK(std::isnan(math::log(n)));
    CHECK(std::isnan(math::erf(n)));
    CHECK(std::isnan(math::sin(n)));
    CHECK(std::isnan(math::cos(n)));
    CHECK(std::isnan(math::relu(n)));
    CHECK(std::isnan(math::clamp(n, 0.f, 6.f)));
    CHECK(math::is_nan(n));
  }
}

TEST_CASE_TEMPLATE("math: maximum, minimum and relu are IEEE's and ONNX's", T, float, double) {
  T const n = std::numeric_limits<T>::quiet_NaN();
  for (T other : {T(0), T(-1), T(1), std::numeric_limits<T>::infinity()}) {
    CHECK(std::isnan(math::max(n, other)));
    CHECK(std::isnan(math::max(other, n)));
    CHECK(std::isnan(math::min(n, other)));
    CHECK(std::isnan(math::min(other, n)));
  }
  CHECK(!std::signbit(math::max(T(0), -T(0))));
  CHECK(!std::signbit(math::max(-T(0), T(0))));
  CHECK(std::signbit(math::min(T(0), -T(0))));
  CHECK(std::signbit(math::min(-T(0), T(0))));
  CHECK(math::max(T(2), T(3)) == T(3));
  CHECK(math::min(T(2), T(3)) == T(2));
  CHECK(std::isnan(math::relu(n)));
  CHECK(math::relu(T(-2)) == T(0));
  CHECK(math::relu(T(2)) == T(2));
  CHECK(math::clamp(T(7), T(0), T(6)) == T(6));
  CHECK(math::round_even(T(2.5)) == T(2));
}

TEST_CASE("math: tanh is odd and never beyond 1; sigmoid is in [0, 1]; exp does not fall") {
  int wrong = 0;
  float before = 0;
  for (std::uint32_t b = 0; b < 0x42d00000u; b += 37) {
    float const x = from_bits(b);
    float const t = math::tanh(x), s = math::sigmoid(x), e = math::exp(x);
    wrong += !(t >= 0.f && t <= 1.f && same(math::tanh(-x), -t));
    wrong += !(s >= 0.5f && s <= 1.f && math::sigmoid(-x) >= 0.f && math::sigmoid(-x) <= 0.5f);
    wrong += !(e >= before * (1 - 0x1p-23f));
    before = e;
    if (b > 0x3c000000u) b += 1024;
    if (b < 0x30000000u) b += 65536;
  }
  CHECK(wrong == 0);
}

TEST_CASE("math: double is the C library") {
  CHECK(math::exp(1.0) == std::exp(1.0));
  CHECK(math::tanh(0.3) == std::tanh(0.3));
  CHECK(math::erf(0.3) == std::erf(0.3));
  CHECK(math::pow(2.0, 0.5) == std::pow(2.0, 0.5));
  CHECK(math::sigmoid(-800.0) == 0.0);
  CHECK(math::fma(2.0, 3.0, 1.0) == 7.0);
}

TEST_CASE("math: float and every vector give the same bits") {
  for_each_isa([]<class Isa>() {
    check_bits<Isa, exp_f>();
    check_bits<Isa, tanh_f>();
    check_bits<Isa, sigmoid_f>();
    check_bits<Isa, log_f>();
    check_bits<Isa, erf_f>();
    check_bits<Isa, sin_f>();
    check_bits<Isa, cos_f>();
    check_bits<Isa, pow_f>();
    check_bits<Isa, exact_f>();
  });
}

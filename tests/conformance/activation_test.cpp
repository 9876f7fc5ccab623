// SPDX-License-Identifier: MIT
// Activations that multiply x by a squashing function: double against long double, float within the bounds that the operators
// state, their limits, and the vector kernels against the loops.
#include <cmath>

#include <dsi/backend/simd/map.hpp>
#include <dsi/op/gelu.hpp>
#include <dsi/op/gelu_tanh.hpp>
#include <dsi/op/hard_swish.hpp>
#include <dsi/op/mish.hpp>
#include <dsi/op/silu.hpp>

#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;
constexpr float inf = __builtin_inff(), nan_value = __builtin_nanf("");

/// An operator in long double, and what its comment promises for float at x.
struct gelu_case {
  using op = gelu;
  static long double exact(long double x) { return x / 2 * std::erfc(-x / std::sqrt(2.0L)); }
  static double bound(double x, double) { return (x >= 0 ? 0x1p-23 : 0x1p-24) * std::abs(x); }
};
struct gelu_tanh_case {
  using op = gelu_tanh;
  static long double exact(long double x) {
    return x / (1 + std::exp(-2 * std::sqrt(2 / 3.14159265358979323846264L) * (x + 0.044715L * x * x * x)));
  }
  static double bound(double x, double y) {
    double const any = 3 * 0x1p-24 * std::abs(x);
    return x < 0 && x > -10 ? std::min(any, 160 * 0x1p-23 * std::abs(y)) : any;
  }
};
struct hard_swish_case {
  using op = hard_swish;
  static long double exact(long double x) { return x * std::fmax(0.0L, std::fmin(1.0L, x / 6 + 0.5L)); }
  static double bound(double x, double) { return 0x1p-23 * std::abs(x); }
};
struct silu_case {
  using op = silu;
  static long double exact(long double x) { return x / (1 + std::exp(-x)); }
  static double bound(double x, double y) { return 3 * 0x1p-23 * std::abs(y) + (x < -87 ? 0x1p-141 : 0); }
};
struct mish_case {
  using op = mish;
  static long double exact(long double x) {
    long double const e = std::exp(std::fmin(x, 1000.0L)), n = e * (e + 2);
    return x * (n / (n + 2));
  }
  static double bound(double x, double y) { return 4.5 * 0x1p-23 * std::abs(y) + (x < -87 ? 0x1p-141 : 0); }
};

}  // namespace

TEST_CASE_TEMPLATE("activations in double keep its precision", T, gelu_case, gelu_tanh_case, hard_swish_case, silu_case, mish_case) {
  double worst = 0;
  for (int i = -4000; i <= 4000; ++i) {
    double const x = i * 0.00273;
    double const e = static_cast<double>(T::exact(static_cast<long double>(x)));
    // 64 u relative to y and to x: what the argument's rounding costs where the function is steep.
    worst = std::max(worst, std::abs(T::op::apply(x) - e) / (0x1p-47 * std::max(std::abs(e), 0x1p-6 * std::abs(x)) + 1e-300));
  }
  CHECK(worst <= 1);
}

TEST_CASE_TEMPLATE("activations in float are within the stated error", T, gelu_case, gelu_tanh_case, hard_swish_case, silu_case, mish_case) {
  double worst = 0;
  float at = 0;
  for (std::uint64_t b = 0; b < 1ull << 32; b += 19997) {
    float const x = std::bit_cast<float>(static_cast<std::uint32_t>(b));
    if (!(std::abs(x) < 1e30f)) continue;
    double const e = static_cast<double>(T::exact(static_cast<long double>(x)));
    double const d = std::abs(static_cast<double>(T::op::apply(x)) - e) / (T::bound(static_cast<double>(x), e) + 0x1p-149);
    if (d > worst) {
      worst = d;
      at = x;
    }
  }
  CAPTURE(at);
  CHECK(worst <= 1);
}

TEST_CASE_TEMPLATE("activations at their ends", T, gelu_case, gelu_tanh_case, hard_swish_case, silu_case, mish_case) {
  using op = typename T::op;
  CHECK(op::apply(inf) == inf);
  CHECK(op::apply(-inf) == 0);
  CHECK(std::signbit(op::apply(-inf)));
  CHECK(op::apply(-3e38f) == 0);
  CHECK(op::apply(3e38f) == 3e38f);
  CHECK(std::isnan(op::apply(nan_value)));
  CHECK(op::apply(0.f) == 0);
  CHECK(op::apply(-HUGE_VAL) == 0);
  CHECK(op::apply(HUGE_VAL) == HUGE_VAL);
  CHECK(std::isnan(op::apply(std::nan(""))));
}

TEST_CASE_TEMPLATE("activations in vectors give the loops' bits", T, gelu_case, gelu_tanh_case, hard_swish_case, silu_case, mish_case) {
  using P = mapped<typename T::op, apply<typename T::op, arg<0>>, layout::row_major, tensor<float, extents<8191>>>;
  static_assert(is_native<backend, P>);
  std::vector<float> x{inf, -inf, 0.f, -0.f, 1e-41f, -1e-41f, 3e38f, -3e38f};
  for (int i = 0; x.size() < 8191; ++i) x.push_back(static_cast<float>(i - 4096) * (i % 8 == 0 ? 0.03f : 0.0025f));
  guarded const in(P::in(0).size(), x.data());
  auto fast = run_kernel<backend, P>({in}), loops = run_kernel<reference_backend, P>({in});
  CHECK(fast[0] == loops[0]);
}

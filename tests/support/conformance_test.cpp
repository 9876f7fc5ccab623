// SPDX-License-Identifier: MIT
// The comparison that the conformance tests stand on sees what it is for: wrong values, missing values, a kernel that leaves a
// part unwritten, reads old memory or gives other NaN.
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

#include "conformance.hpp"

namespace {

using namespace dsi;
constexpr double inf = std::numeric_limits<double>::infinity();
double const no_number = std::nan("");

double departure(std::vector<double> const& a, std::vector<double> const& b) { return conformance::departure(a, b, 1e-3, 1e-6); }

template <class T>
struct one_relu : pipeline<input<T, 3, 7>, relu> {};

/// relu with a mistake, which the reference backend lacks.
enum class mistake { none, value, unwritten, old_memory, not_nan };
template <mistake Which>
struct broken {
  template <class Problem>
  struct kernel : kernel_defaults {
    static constexpr bool supports = std::is_same_v<typename Problem::template input<0>::value_type, float>;
    static constexpr std::string_view name = "broken";
    template <class Context>
    static void run(kernel_args args, void*, void*, Context&) noexcept {
      auto const* const x = static_cast<float const*>(args.in[0]);
      auto* const y = static_cast<float*>(args.out[0]);
      for (int i = 0; i < 21; ++i) {
        if (Which == mistake::unwritten && i == 20) continue;
        float const old = y[i];
        y[i] = x[i] != x[i] ? x[i] : x[i] > 0 ? x[i] : 0;
        if (Which == mistake::value && i == 13) y[i] += 0.01f;
        if (Which == mistake::old_memory && i == 5) y[i] += old * 1e-9f;
        if (Which == mistake::not_nan && x[i] != x[i]) y[i] = 0;
      }
    }
  };
  using backend = with_kernels<simd_backend<>, kernel>;
};

template <mistake Which>
std::string outcome(int special = 0) {
  return conformance::compare<one_relu, float, typename broken<Which>::backend>({.seed = 3, .special = special}, 1e-6, 1e-6);
}

}  // namespace

TEST_CASE("a departure is measured in tolerances, and NaN and infinities must agree") {
  CHECK(departure({1, 2}, {1, 2}) == 0);
  CHECK(departure({1, 2.001}, {1, 2}) < 1);
  CHECK(departure({1, 2.1}, {1, 2}) > 1);
  CHECK(departure({1}, {1, 2}) == inf);
  CHECK(departure({no_number}, {no_number}) == 0);
  CHECK(departure({no_number}, {1}) == inf);
  CHECK(departure({1}, {no_number}) == inf);
  CHECK(departure({inf}, {inf}) == 0);
  CHECK(departure({inf}, {-inf}) == inf);
  CHECK(departure({1e300}, {inf}) == inf);
  std::size_t where = 9;
  conformance::departure({1, 2, 4}, {1, 2, 3}, 0, 1, &where);
  CHECK(where == 2);
}

TEST_CASE("a kernel with a mistake does not pass") {
  CHECK(outcome<mistake::none>() == "");
  CHECK(outcome<mistake::none>(1) == "");
  CHECK(outcome<mistake::value>().find("output 0 element 13") == 0);
  CHECK(outcome<mistake::unwritten>().find("two runs differ") == 0);
  CHECK(outcome<mistake::old_memory>().find("two runs differ") == 0);
  CHECK(outcome<mistake::not_nan>(1).find("instead of nan") != std::string::npos);
}

TEST_CASE("values are drawn so that every type holds them exactly, special ones when asked") {
  auto const plain = conformance::draw<bfloat16>(1000, {.seed = 1}, 0);
  int special = 0;
  for (double v : plain) {
    CHECK(conformance::to_double(conformance::as<bfloat16>(v)) == v);
    special += !(v >= -1 && v <= 1);
  }
  CHECK(special == 0);
  auto const odd = conformance::draw<float>(1000, {.seed = 1, .special = 5}, 0);
  int nans = 0, infinities = 0, zeros = 0;
  for (double v : odd) {
    nans += std::isnan(v);
    infinities += std::isinf(v);
    zeros += v == 0;
  }
  CHECK(nans > 5);
  CHECK(infinities > 10);
  CHECK(zeros > 10);
}

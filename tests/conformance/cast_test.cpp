// SPDX-License-Identifier: MIT
// Conversions between all element types against the reference loops, and the rules for what does not fit.
#include <dsi/backend/reference/cast.hpp>
#include <dsi/backend/simd/cast.hpp>

#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;

template <class From, class To>
void check_cast() {
  check_same_bytes<problem_of<cast<To>, layout::row_major, tensor<From, extents<3, 29>>>>();
}
template <class From, class... To>
void check_all() {
  (check_cast<From, To>(), ...);
}

template <class To, class From, class Backend = backend>
To cast_one(From x) {
  // 17 elements: a whole vector and a part of one.
  using P = problem_of<cast<To>, layout::row_major, tensor<From, extents<17>>>;
  From many[17];
  for (From& m : many) m = x;
  auto out = run_kernel<Backend, P>({guarded(17, many)});
  for (std::size_t i = 1; i < 17; ++i) CHECK(out[0].template at<To>(i) == out[0].template at<To>(0));
  return out[0].template at<To>(16);
}
template <class To, class From>
void check_rule(From x, To y) {
  CHECK(cast_one<To, From>(x) == y);
  CHECK(cast_one<To, From, reference_backend>(x) == y);
}
constexpr float inf = __builtin_inff(), nan_value = __builtin_nanf("");

}  // namespace

TEST_CASE("all pairs that have vectors, and some that have none") {
  check_all<float, float, double, half, bfloat16, std::int8_t, std::uint8_t, std::int32_t, std::int64_t, bool>();
  check_all<half, float, bfloat16, std::uint8_t, std::int64_t>();
  check_all<bfloat16, float, half, std::int8_t, bool>();
  check_all<std::uint8_t, float, half, std::int8_t, std::int64_t>();
  check_all<std::int8_t, float, bfloat16, std::uint8_t>();
  check_all<std::int32_t, float, half, std::int64_t>();
  check_all<std::int64_t, float, std::int32_t, bool>();
  check_all<bool, float, half, std::int64_t>();
  check_all<double, float, half, std::int32_t>();
  check_same_bytes<problem_of<cast<half>, layout::channels_last, tensor<float, extents<2, 3, 5, 7>, layout::channels_last>>>();
  check_same_bytes<problem_of<cast<half>, layout::row_major, tensor<float, extents<100003>>>>();
}

TEST_CASE("what does not fit") {
  check_rule<std::int8_t>(127.9f, std::int8_t{127});
  check_rule<std::int8_t>(-128.9f, std::int8_t{-128});
  check_rule<std::int8_t>(1e30f, std::int8_t{127});
  check_rule<std::int8_t>(nan_value, std::int8_t{0});
  check_rule<std::int8_t>(-0.9f, std::int8_t{0});
  check_rule<std::uint8_t>(-0.9f, std::uint8_t{0});
  check_rule<std::uint8_t>(-inf, std::uint8_t{0});
  check_rule<std::uint8_t>(inf, std::uint8_t{255});
  check_rule<std::uint8_t>(2.999f, std::uint8_t{2});
  check_rule<std::uint8_t>(half(300.f), std::uint8_t{255});
  check_rule<std::int32_t>(3e9f, std::int32_t{2147483647});
  check_rule<std::int64_t>(nan_value, std::int64_t{0});
  check_rule<std::int64_t>(-2.7, std::int64_t{-2});
  check_rule<std::uint8_t>(std::int32_t{-1}, std::uint8_t{255});
  check_rule<std::int32_t>((std::int64_t{1} << 32) + 5, std::int32_t{5});
  check_rule<bool>(nan_value, true);
  check_rule<bool>(-0.f, false);
  check_rule<bool>(0.25f, true);
  check_rule<float>(true, 1.f);
  check_rule<half>(70000.f, half(inf));
  check_rule<half>(2049.f, half(2048.f));
  check_rule<float>(std::int32_t{16777217}, 16777216.f);
}

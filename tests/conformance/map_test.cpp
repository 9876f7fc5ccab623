// SPDX-License-Identifier: MIT
// Elementwise operators on their own: every pattern of broadcasting in both memory orders gives the bytes of the reference
// loops, and those agree with the same operators in double and with values by hand.
#include <cmath>

#include <dsi/backend/simd/map.hpp>
#include <dsi/graph/model.hpp>
#include <dsi/op/celu.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/elementwise_list.hpp>
#include <dsi/op/elu.hpp>
#include <dsi/op/hard_sigmoid.hpp>
#include <dsi/op/is_inf.hpp>
#include <dsi/op/leaky_relu.hpp>
#include <dsi/op/modulo.hpp>
#include <dsi/op/selu.hpp>
#include <dsi/op/shrink.hpp>
#include <dsi/op/thresholded_relu.hpp>

#include "../support/conformance.hpp"
#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;

constexpr layout rows = layout::row_major, last = layout::channels_last;
template <class T, layout Order, dsi::index... Dims>
using of = tensor<T, extents<Dims...>, Order>;
constexpr float inf = __builtin_inff(), nan_value = __builtin_nanf("");

using difference = apply<sub, arg<0>, arg<1>>;
template <layout Order, class A, class B>
void check_two() {
  check_same_bytes<mapped<sub, difference, Order, A, B>>();
}

/// Op on values given as floats, on both backends; they must agree.
template <class Op, class T = float>
std::vector<float> of_values(std::vector<float> const& x) {
  using P = mapped<Op, apply<Op, arg<0>>, rows, of<T, rows, 53>>;
  static_assert(is_native<backend, P>);
  guarded in(P::in(0).bytes());
  for (std::size_t i = 0; i < 53; ++i) {
    T const v = T(i < x.size() ? x[i] : 1.f);
    std::memcpy(in.data() + i * sizeof(T), &v, sizeof(T));
  }
  auto reference = run_kernel<reference_backend, P>({in});
  auto native = run_kernel<backend, P>({in});
  std::vector<float> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    float const a = static_cast<float>(native[0].template at<T>(i)), b = static_cast<float>(reference[0].template at<T>(i));
    CAPTURE(x[i]);
    if (b == b) CHECK(std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b));
    else CHECK(a != a);
    y.push_back(a);
  }
  return y;
}

/// Op against itself in double, which computes with the C library; `tolerance` is relative, and below 1 absolute.
template <class Op>
void check_unary(double tolerance, float low = -9, float high = 9) {
  CAPTURE(std::string(op_value_t<Op>::name));
  std::vector<float> x{nan_value, inf, -inf, 0.f, -0.f, 1e-41f, -1e-41f};
  while (x.size() < 53) x.push_back(low + (high - low) * static_cast<float>(x.size() - 7) / 45);
  std::vector<float> const y = of_values<Op>(x);
  of_values<Op, half>(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    double const exact = op_value<Op>().apply(static_cast<double>(x[i]));
    CAPTURE(x[i]);
    if (std::isnan(exact)) CHECK(std::isnan(y[i]));
    else if (std::isinf(exact) || std::abs(exact) > 3.4e38) CHECK((std::isinf(y[i]) && std::signbit(y[i]) == std::signbit(exact)));
    else CHECK(std::abs(y[i] - exact) <= tolerance * std::max(1e-30, std::abs(exact)) + 1e-44);
  }
}

/// Op applied to one element, by the reference loops.
template <class Op, class T, class... More>
auto of_one(T first, More... more) {
  using P = mapped<Op, std::conditional_t<sizeof...(More) == 0, apply<Op, arg<0>>, std::conditional_t<sizeof...(More) == 1, apply<Op, arg<0>, arg<1>>, apply<Op, arg<0>, arg<1>, arg<2>>>>,
                   rows, of<T, rows, 1>, of<More, rows, 1>...>;
  auto out = run_kernel<reference_backend, P>({guarded(1, &first), guarded(1, &more)...});
  return out[0].template at<typename P::template output<0>::value_type>(0);
}

/// max(x, y) in two steps, with a bool tensor between them.
template <class T>
struct greater_one : dsi::graph<named_input<"x", T, 3, 37>, named_input<"y", T, 37>, node<"c", greater, "x", "y">, node<"n", logical_not, "c">,
                                node<"z", where, "n", "y", "x">, node<"r", relu, "z">, output<"r">> {};

}  // namespace

TEST_CASE("operands of all extents") {
  check_two<rows, of<float, rows, 2, 5, 7, 3>, of<float, rows, 2, 5, 7, 3>>();
  check_two<rows, of<float, rows, 3, 37>, of<float, rows>>();
  check_two<rows, of<float, rows>, of<float, rows, 3, 37>>();
  check_two<rows, of<float, rows>, of<float, rows>>();
  check_two<rows, of<float, rows, 37>, of<float, rows, 3, 37>>();
  check_two<rows, of<float, rows, 3, 37>, of<float, rows, 3, 1>>();
  check_two<rows, of<float, rows, 2, 5, 7, 3>, of<float, rows, 5, 1, 1>>();
  check_two<rows, of<float, rows, 2, 5, 7, 3>, of<float, rows, 1, 5, 1, 3>>();
  check_two<rows, of<float, rows, 3, 1, 7>, of<float, rows, 1, 5, 1>>();
  check_two<rows, of<float, rows, 2, 5, 1, 3>, of<float, rows, 2, 1, 7, 1>>();
  check_two<rows, of<half, rows, 2, 5, 33>, of<half, rows, 5, 1>>();
  check_two<rows, of<bfloat16, rows, 5, 31>, of<bfloat16, rows, 31>>();
}

TEST_CASE("remainders") {
  check_two<rows, of<float, rows, 1>, of<float, rows, 1>>();
  check_two<rows, of<float, rows, 15>, of<float, rows, 15>>();
  check_two<rows, of<float, rows, 16>, of<float, rows, 16>>();
  check_two<rows, of<half, rows, 17>, of<half, rows, 17>>();
  check_two<rows, of<bfloat16, rows, 33>, of<bfloat16, rows, 33>>();
  check_two<rows, of<float, rows, 131>, of<float, rows, 131>>();
  check_two<rows, of<float, rows, 0, 3>, of<float, rows, 3>>();
}

TEST_CASE("channels-last operands") {
  check_two<last, of<float, last, 2, 19, 5, 3>, of<float, last, 2, 19, 5, 3>>();
  check_two<last, of<float, last, 2, 19, 5, 3>, of<float, rows, 19, 1, 1>>();
  check_two<last, of<float, last, 2, 19, 5, 3>, of<float, last, 2, 19, 1, 1>>();
  check_two<last, of<half, last, 2, 19, 5, 3>, of<half, rows, 5, 3>>();
  check_two<last, of<float, last, 2, 19, 5, 3>, of<float, last, 19, 5, 3>>();  // a rank-3 tensor's own order: read by element
  check_two<last, of<float, last, 2, 19, 5, 3>, of<float, rows, 2, 19, 5, 3>>();
}

TEST_CASE("several operators and operands in one pass") {
  using e = apply<add, apply<mul, arg<0>, apply<sigmoid, arg<0>>>, apply<maximum, arg<1>, apply<sub, arg<2>, arg<3>>>>;
  using first = conformance::detail::direct<add, rows, of<float, rows, 3, 5, 33>, of<float, rows, 33>>;
  using P = problem<map<e>, tensor_list<of<float, rows, 3, 5, 33>, of<float, rows, 33>, of<float, rows, 5, 1>, of<float, rows, 3, 1, 1>>, first::outputs>;
  check_same_bytes<P>();
}

TEST_CASE("in place") {
  using P = mapped<sub, difference, rows, of<float, rows, 3, 131>, of<float, rows, 131>>;
  auto const in = random_inputs<P>();
  auto expected = run_kernel<reference_backend, P>(in);
  CHECK(run_kernel<backend, P>(in, 0)[0] == expected[0]);
  using Q = mapped<sub, difference, last, of<half, last, 2, 19, 5, 3>, of<half, last, 2, 19, 5, 3>>;
  auto const more = random_inputs<Q>();
  auto wanted = run_kernel<reference_backend, Q>(more);
  CHECK(run_kernel<backend, Q>(more, 1)[0] == wanted[0]);
}

TEST_CASE("large tensors are shared among threads") {
  check_two<rows, of<float, rows, 70001>, of<float, rows, 70001>>();
  check_two<rows, of<float, rows, 7, 10007>, of<float, rows, 7, 1>>();
}

TEST_CASE("activations and functions equal those in double") {
  check_unary<absolute>(0);
  check_unary<neg>(0);
  check_unary<relu>(0);
  check_unary<square_root>(1e-7);
  check_unary<dsi::exp>(2e-7);
  check_unary<dsi::log>(2e-7, 0.1f, 1000.f);
  check_unary<dsi::erf>(3e-7);
  check_unary<dsi::sin>(3e-7);
  check_unary<dsi::cos>(3e-7);
  check_unary<dsi::tanh>(3e-7);
  check_unary<dsi::tan>(5e-7);
  check_unary<dsi::tan>(5e-7, -1e6f, 1e6f);
  check_unary<dsi::asin>(3e-7, -1.1f, 1.1f);
  check_unary<dsi::acos>(3e-7, -1.1f, 1.1f);
  check_unary<dsi::atan>(3e-7);
  check_unary<dsi::sinh>(3e-7);
  check_unary<dsi::cosh>(3e-7, -95, 95);
  check_unary<dsi::asinh>(4e-7);
  check_unary<dsi::asinh>(4e-7, -1e30f, 1e30f);
  check_unary<dsi::acosh>(4e-7, 0.5f, 9);
  check_unary<dsi::acosh>(4e-7, 1, 1e30f);
  check_unary<dsi::atanh>(4e-7, -1.1f, 1.1f);
  check_unary<shrink<shrink_attributes{constant(1.5f), constant(0.5f)}>>(0);
  check_unary<sigmoid>(3e-7);
  check_unary<softplus>(4e-7, -90, 90);
  check_unary<softsign>(2e-7);
  check_unary<mish>(6e-7, -60, 60);
  check_unary<gelu_tanh>(2e-5, -4, 9);
  check_unary<floor_to_integer>(0);
  check_unary<ceil_to_integer>(0);
  check_unary<round_to_integer>(0);
  check_unary<sign>(0);
  check_unary<reciprocal>(1e-7);
  check_unary<elu<>>(6e-7);
  check_unary<elu<elu_attributes{constant(0.3f)}>>(6e-7);
  check_unary<selu<>>(6e-7);
  check_unary<celu<celu_attributes{constant(0.7f)}>>(6e-7);
  check_unary<leaky_relu<leaky_relu_attributes{constant(0.2f)}>>(1e-7);
  check_unary<thresholded_relu<thresholded_relu_attributes{constant(1.5f)}>>(0);
}

TEST_CASE("values by hand") {
  CHECK(of_values<round_to_integer>({0.5f, 1.5f, 2.5f, -0.5f, -1.5f}) == std::vector<float>{0, 2, 2, 0, -2});
  CHECK(std::signbit(of_values<round_to_integer>({-0.4f})[0]));
  CHECK(std::signbit(of_values<neg>({0.f})[0]));
  CHECK(!std::signbit(of_values<absolute>({-0.f})[0]));
  CHECK(!std::signbit(of_values<sign>({-0.f})[0]));
  CHECK(of_values<softplus>({-inf, inf, 0.f, -100.f})[3] > 0);
  CHECK(of_values<elu<>>({-1e-6f})[0] == doctest::Approx(-9.999995e-7).epsilon(1e-7));
  CHECK(of_values<selu<>>({-1.f})[0] == doctest::Approx(-1.1113307).epsilon(1e-6));
  CHECK(of_values<mish>({1.f})[0] == doctest::Approx(0.8650984).epsilon(1e-6));
  CHECK(of_values<gelu_tanh>({1.f})[0] == doctest::Approx(0.8411920).epsilon(1e-6));
  CHECK(of_values<gelu_tanh>({-5.f})[0] == doctest::Approx(-2.2917962e-7).epsilon(1e-5));
  CHECK(of_one<power>(2.f, 10.f) == 1024.f);
  CHECK(of_one<power>(nan_value, 0.f) == 1.f);
  CHECK(std::isnan(of_one<power>(-2.f, 0.5f)));
  CHECK(of_one<power>(std::int64_t{-3}, std::int64_t{3}) == -27);
  CHECK(of_one<power>(std::int32_t{2}, std::int32_t{-1}) == 0);
  CHECK(of_one<power>(std::int32_t{-1}, std::int32_t{-3}) == -1);
  CHECK(std::isnan(of_one<maximum>(1.f, nan_value)));
  CHECK(std::isnan(of_one<minimum>(nan_value, 1.f)));
  CHECK(of_one<maximum>(std::int64_t{-3}, std::int64_t{-7}) == -3);
  CHECK(of_one<minimum>(std::uint8_t{3}, std::uint8_t{200}) == 3);
  CHECK(of_one<sign>(std::int64_t{-3}) == -1);
  CHECK(of_one<absolute>(std::int8_t{-128}) == -128);
  CHECK(of_one<neg>(std::int16_t{5}) == -5);
  CHECK(of_one<shrink<shrink_attributes{constant(1.5f), constant(1.f)}>>(std::int64_t{-3}) == -2);
  CHECK(of_one<shrink<>>(std::uint8_t{0}) == 0);
  using shift_left = bit_shift<bit_shift_attributes{true}>;
  CHECK(of_one<shift_left>(std::int8_t{65}, std::int8_t{1}) == -126);
  CHECK(of_one<shift_left>(std::int64_t{3}, std::int64_t{-1}) == 0);
  CHECK(of_one<shift_left>(std::uint16_t{3}, std::uint16_t{16}) == 0);
  CHECK(of_one<bit_shift<>>(std::int32_t{-8}, std::int32_t{1}) == -4);
  CHECK(of_one<bit_shift<>>(std::int32_t{-8}, std::int32_t{32}) == -1);
  CHECK(of_one<bit_shift<>>(std::int32_t{-8}, std::int32_t{-1}) == -1);
  CHECK(of_one<bit_shift<>>(std::uint64_t{1} << 63, std::uint64_t{63}) == 1);
  CHECK(of_one<modulo<>>(-5.5, 2.) == 0.5);
  CHECK(of_one<modulo<>>(5.5, -2.) == -0.5);
  CHECK(std::signbit(of_one<modulo<>>(4., -2.)));
  CHECK(std::isnan(of_one<modulo<>>(1., 0.)));
  CHECK(of_one<modulo<modulo_attributes{true}>>(-5.5, 2.) == -1.5);
}

TEST_CASE_TEMPLATE("integers and double", T, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, double) {
  check_same_bytes<mapped<sub, difference, rows, of<T, rows, 3, 1, 70>, of<T, rows, 5, 70>>>();
  check_same_bytes<mapped<equal, apply<equal, arg<0>, arg<1>>, rows, of<T, rows, 65, 1>, of<T, rows, 257>>>();
  check_same_bytes<mapped<where, apply<where, arg<0>, arg<1>, apply<add, arg<1>, arg<2>>>, last, of<bool, rows, 1, 37, 3, 1>, of<T, last, 2, 37, 3, 5>, of<T, rows, 37, 1, 1>>>();
  check_same_bytes<mapped<maximum, apply<maximum, arg<0>, arg<1>>, rows, of<T, rows, 31>, of<T, rows, 1>>>();
}

TEST_CASE("comparisons, logic and choice: bool tensors beside others") {
  using bools = of<bool, rows, 3, 37>;
  check_same_bytes<mapped<greater, apply<greater, arg<0>, arg<1>>, rows, of<float, rows, 3, 37>, of<float, rows, 37>>>();
  check_same_bytes<mapped<equal, apply<equal, arg<0>, arg<1>>, last, of<half, last, 2, 19, 5, 3>, of<half, rows, 19, 1, 1>>>();
  check_same_bytes<mapped<less_or_equal, apply<logical_not, apply<less_or_equal, arg<0>, arg<1>>>, rows, of<bfloat16, rows, 3, 37>, of<bfloat16, rows, 3, 1>>>();
  check_same_bytes<mapped<where, apply<logical_or, apply<logical_and, arg<0>, arg<1>>, apply<logical_xor, arg<0>, arg<2>>>, rows, bools, of<bool, rows, 37>, of<bool, rows>>>();
  check_same_bytes<mapped<where, apply<where, arg<0>, arg<1>, arg<2>>, rows, of<bool, rows, 3, 1>, of<float, rows, 37>, of<float, rows, 3, 37>>>();
  check_same_bytes<mapped<where, apply<where, arg<0>, arg<1>, arg<2>>, last, of<bool, last, 2, 19, 5, 3>, of<half, last, 2, 19, 5, 3>, of<half, rows>>>();
  check_same_bytes<mapped<where, apply<where, arg<0>, arg<1>, arg<2>>, rows, bools, bools, of<bool, rows>>>();
  // Only the reference has these.
  CHECK(of_one<where>(true, std::int64_t{1} << 60, std::int64_t{2}) == std::int64_t{1} << 60);
  CHECK(of_one<where>(false, 1., 2.) == 2.);
  CHECK(of_one<greater>(std::uint8_t{200}, std::uint8_t{100}));
  CHECK(of_one<equal>((std::int64_t{1} << 60) + 1, (std::int64_t{1} << 60) + 1));
  CHECK(!of_one<equal>((std::int64_t{1} << 60) + 1, std::int64_t{1} << 60));
  CHECK(!of_one<equal>(nan_value, nan_value));
  CHECK(!of_one<greater_or_equal>(nan_value, 1.f));
  CHECK(of_one<is_nan>(nan_value));
  CHECK(!of_one<is_nan>(1.f));
  CHECK(!of_one<is_nan>(-inf));
  check_same_bytes<mapped<is_inf<>, apply<is_inf<>, apply<reciprocal, arg<0>>>, rows, of<float, rows, 3, 37>>>();
  using only_negative = is_inf<is_inf_attributes{.positive = false}>;
  CHECK((of_one<is_inf<>>(inf) && of_one<is_inf<>>(-inf) && !of_one<is_inf<>>(nan_value) && !of_one<is_inf<>>(3e38f)));
  CHECK((of_one<only_negative>(-inf) && !of_one<only_negative>(inf)));
  CHECK(!of_one<is_inf<is_inf_attributes{false, false}>>(inf));
  CHECK(of_one<equal>(0.f, -0.f));
  CHECK(of_one<less>(1.f, 2.f));
  CHECK(of_one<logical_xor>(true, false));
  CHECK(!of_one<logical_not>(true));
  CHECK(of_one<where>(true, 1.f, nan_value) == 1.f);
}

TEST_CASE("a network with a bool tensor inside") {
  CHECK(compare<greater_one, float, backend>({.seed = 5}, 0, 0) == "");
  CHECK(compare<greater_one, half, backend>({.seed = 6}, 0, 0) == "");
  CHECK(compare<greater_one, float, reference_backend>({.seed = 7, .special = 9}, 0, 0) == "");
}

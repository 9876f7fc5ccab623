// SPDX-License-Identifier: MIT
// Operators along one dimension, determinants and reinterpreted bits: the reference loops, which every backend falls back to,
// against values by hand.
#include <cmath>

#include <dsi/backend/reference/bit_cast.hpp>
#include <dsi/backend/reference/cumulative.hpp>
#include <dsi/backend/reference/determinant.hpp>
#include <dsi/backend/reference/gather.hpp>
#include <dsi/backend/reference/top_k_indices.hpp>

#include <dsi/backend/simd/gather.hpp>
#include <dsi/backend/simd/map.hpp>
#include <dsi/graph/model.hpp>
#include <dsi/op/add.hpp>

#include "../support/conformance.hpp"
#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;

template <class T, dsi::index... Dims>
using of = tensor<T, extents<Dims...>, layout::row_major>;
constexpr float inf = __builtin_inff(), nan_value = __builtin_nanf("");

/// Output 0 of Op on one tensor X.
template <class Y, class Op, class X>
std::vector<Y> output_of(std::vector<typename X::value_type> const& x) {
  using problem = problem_of<Op, layout::row_major, X>;
  static_assert(problem::out().type == dtype_of<Y>);
  REQUIRE(static_cast<dsi::index>(x.size()) == X::desc.size());
  auto out = run_kernel<backend, problem>({guarded(X::desc.size(), x.data())});
  std::vector<Y> y(static_cast<std::size_t>(problem::out().size()));
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = out[0].template at<Y>(i);
  return y;
}
using places = std::vector<std::int64_t>;
using values = std::vector<float>;

template <top_k_indices_attributes A, class X>
places best(std::vector<typename X::value_type> const& x) { return output_of<std::int64_t, top_k_indices<A>, X>(x); }
template <cumulative_attributes A>
values running(values const& x) { return output_of<float, cumulative<A>, of<float, 2, 3>>(x); }

/// The running sums of each row's three greatest.
template <class T>
struct top_three : dsi::graph<named_input<"x", T, 5, 9>, node<"i", top_k_indices<top_k_indices_attributes{.k = 3}>, "x">, node<"v", gather_elements<-1>, "x", "i">,
                              node<"r", cumulative<>, "v">, output<"r">> {};
template <class T>
struct two_determinants : dsi::graph<named_input<"x", T, 2, 4, 4>, node<"d", determinant, "x">, node<"y", add, "d.0", "d.0">, output<"y">> {};

}  // namespace

TEST_CASE("in a network") {
  CHECK(compare<top_three, float, backend>({.seed = 3}, 1e-6, 1e-6) == "");
  CHECK(compare<two_determinants, float, backend>({.seed = 4}, 1e-5, 1e-5) == "");
}

TEST_CASE("the greatest and the least") {
  using row = of<float, 6>;
  values const x{1, nan_value, 3, inf, -inf, 3};
  CHECK(best<top_k_indices_attributes{.k = 6}, row>(x) == places{1, 3, 2, 5, 0, 4});
  CHECK(best<top_k_indices_attributes{.k = 4, .largest = false}, row>(x) == places{4, 0, 2, 5});
  CHECK(best<top_k_indices_attributes{.k = 4, .last = true}, row>(x) == places{1, 3, 5, 2});
  CHECK(best<top_k_indices_attributes{.k = 0}, row>(x).empty());
  CHECK(best<top_k_indices_attributes{.k = 1, .axis = 0}, of<std::int64_t, 3, 2>>({std::int64_t{1} << 60, 7, (std::int64_t{1} << 60) + 1, 9, -5, 8}) == places{1, 1});
  CHECK(best<top_k_indices_attributes{.k = 2, .axis = -2}, of<std::uint8_t, 1, 3, 2>>({1, 200, 2, 100, 3, 255}) == places{2, 2, 1, 0});
  CHECK(best<top_k_indices_attributes{.k = 1}, of<half, 2>>({half(-2.f), half(-1.f)}) == places{1});
}

TEST_CASE("running sums and products") {
  values const x{1, 2, 3, 4, 5, 6};
  CHECK(running<cumulative_attributes{}>(x) == values{1, 3, 6, 4, 9, 15});
  CHECK(running<cumulative_attributes{.axis = 0}>(x) == values{1, 2, 3, 5, 7, 9});
  CHECK(running<cumulative_attributes{.exclusive = true}>(x) == values{0, 1, 3, 0, 4, 9});
  CHECK(running<cumulative_attributes{.reverse = true}>(x) == values{6, 5, 3, 15, 11, 6});
  CHECK(running<cumulative_attributes{.product = true, .exclusive = true, .reverse = true}>(x) == values{6, 3, 1, 30, 6, 1});
  CHECK(output_of<std::int8_t, cumulative<>, of<std::int8_t, 3>>({100, 100, 1}) == std::vector<std::int8_t>{100, -56, -55});
}

TEST_CASE("determinants") {
  CHECK(output_of<float, determinant, of<float, 2, 2, 2>>({2, 1, 4, 4, 0, 2, 3, 0}) == values{4, -6});
  CHECK(output_of<double, determinant, of<double, 3, 3>>({0, 0, 2, 0, 3, 0, 4, 0, 0}) == std::vector<double>{-24});
  CHECK(output_of<float, determinant, of<float, 2, 2>>({1, 2, 2, 4}) == values{0});
  CHECK(output_of<float, determinant, of<float, 2, 0, 0>>({}) == values{1, 1});
  CHECK(std::isnan(output_of<float, determinant, of<float, 2, 2>>({nan_value, 2, 0, 4})[0]));
}

TEST_CASE("bits as another type") {
  CHECK(output_of<std::uint32_t, bit_cast<std::uint32_t>, of<float, 2>>({1.f, -0.f}) == std::vector<std::uint32_t>{0x3f800000u, 0x80000000u});
  CHECK(output_of<std::int8_t, bit_cast<std::int8_t>, of<std::uint8_t, 2>>({255, 1}) == std::vector<std::int8_t>{-1, 1});
  auto const truth = output_of<bool, bit_cast<bool>, of<std::uint8_t, 3>>({0, 1, 2});
  CHECK((!truth[0] && truth[1] && truth[2]));
}

// SPDX-License-Identifier: MIT
// Choosing by indices: slices of every element size against the reference loops, with indices from both ends and outside; those
// loops against values that NumPy gives.
#include <dsi/backend/reference/gather.hpp>
#include <dsi/backend/simd/gather.hpp>

#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;

constexpr layout rows = layout::row_major;
template <class T, dsi::index... Dims>
using of = tensor<T, extents<Dims...>, rows>;

template <class Op, class X, class I>
void check() {
  check_same_bytes<problem_of<Op, rows, X, I>>();
}
template <class T, class I>
void check_types() {
  check<gather<>, of<T, 150, 7>, of<I, 12>>();
  check<gather<1>, of<T, 3, 150, 5>, of<I, 2, 9>>();
  check<gather<-1>, of<T, 4, 120>, of<I, 31>>();
  check<gather<0>, of<T, 60>, of<I>>();  // one index: a scalar
  check<gather<1>, of<T, 2, 40, 1, 3>, of<I, 1, 5, 1>>();
  check<gather_nd<>, of<T, 110, 3, 4>, of<I, 6, 1>>();
  check<gather_nd<>, of<T, 110, 120>, of<I, 3, 5, 2>>();
  check<gather_nd<1>, of<T, 3, 100, 4>, of<I, 3, 8, 1>>();
  check<gather_nd<2>, of<T, 2, 3, 90, 80>, of<I, 2, 3, 2>>();
}

/// What the reference makes of x = 0, 1, 2 ... and these indices.
template <class Op, class X, class I>
std::vector<float> chosen(std::vector<std::int64_t> const& indices) {
  using problem = problem_of<Op, rows, X, I>;
  std::vector<float> x(static_cast<std::size_t>(X::desc.size()));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  REQUIRE(static_cast<dsi::index>(indices.size()) == I::desc.size());
  auto out = run_kernel<reference_backend, problem>({guarded(X::desc.size(), x.data()), guarded(I::desc.size(), indices.data())});
  std::vector<float> y(static_cast<std::size_t>(problem::out().size()));
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = out[0].template at<float>(i);
  return y;
}
using values = std::vector<float>;
template <dsi::index... Dims>
using x_of = of<float, Dims...>;
template <dsi::index... Dims>
using i_of = of<std::int64_t, Dims...>;

}  // namespace

TEST_CASE("slices by index equal the reference") {
  check_types<float, std::int64_t>();
  check_types<std::uint8_t, std::int32_t>();
  check_types<half, std::int64_t>();
  check_types<std::int64_t, std::int32_t>();
}

TEST_CASE("the reference gives NumPy's values") {
  CHECK(chosen<gather<>, x_of<3, 2>, i_of<2>>({2, -3}) == values{4, 5, 0, 1});
  CHECK(chosen<gather<1>, x_of<2, 3>, i_of<2, 2>>({0, 2, -1, 1}) == values{0, 2, 2, 1, 3, 5, 5, 4});
  CHECK(chosen<gather<>, x_of<3, 2>, i_of<2>>({7, -9}) == values{4, 5, 0, 1});  // outside: the nearest
  CHECK(chosen<gather_elements<1>, x_of<2, 2>, i_of<2, 2>>({0, 0, 1, -2}) == values{0, 0, 3, 2});
  CHECK(chosen<gather_elements<>, x_of<3, 3>, i_of<2, 3>>({1, 2, 0, 2, 0, 0}) == values{3, 7, 2, 6, 1, 2});
  CHECK(chosen<gather_nd<>, x_of<2, 2>, i_of<2, 2>>({0, 0, 1, 1}) == values{0, 3});
  CHECK(chosen<gather_nd<>, x_of<2, 2, 2>, i_of<2, 2>>({0, 1, 1, 0}) == values{2, 3, 4, 5});
  CHECK(chosen<gather_nd<1>, x_of<2, 2, 2>, i_of<2, 1>>({1, 0}) == values{2, 3, 4, 5});
}

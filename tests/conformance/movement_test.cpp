// SPDX-License-Identifier: MIT
// Operators that move elements and copies into the other memory order, on elements of 1, 2, 4 and 8 bytes in both orders, against
// the reference loops, and those against values that NumPy gives.
#include <dsi/backend/reference/concat.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/backend/reference/pad.hpp>
#include <dsi/backend/reference/slice.hpp>
#include <dsi/backend/reference/split.hpp>
#include <dsi/backend/reference/transpose.hpp>
#include <dsi/backend/simd/data_movement.hpp>
#include <dsi/backend/simd/pad.hpp>
#include <dsi/backend/simd/reorder.hpp>

#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;

constexpr layout rows = layout::row_major, last = layout::channels_last;
template <class T, layout Order, dsi::index... Dims>
using of = tensor<T, extents<Dims...>, Order>;

template <class Op, layout Order, class T, dsi::index... Dims>
void check() {
  check_same_bytes<problem_of<Op, Order, of<T, Order, Dims...>>>();
}
template <class Op, layout Order, dsi::index... Dims>
void check_sizes() {
  check<Op, Order, std::uint8_t, Dims...>();
  check<Op, Order, half, Dims...>();
  check<Op, Order, float, Dims...>();
  check<Op, Order, std::int64_t, Dims...>();
}

/// There and back.
template <class T, dsi::index... Dims>
void check_reorder() {
  check_same_bytes<problem<reorder_operation, tensor_list<of<T, rows, Dims...>>, tensor_list<of<T, last, Dims...>>>>();
  check_same_bytes<problem<reorder_operation, tensor_list<of<T, last, Dims...>>, tensor_list<of<T, rows, Dims...>>>>();
}
template <dsi::index... Dims>
void check_reorder_sizes() {
  check_reorder<std::uint8_t, Dims...>();
  check_reorder<half, Dims...>();
  check_reorder<float, Dims...>();
  check_reorder<std::int64_t, Dims...>();
}

constexpr slice_attributes middle{shape(0, 2, 1, 0), shape(1, 1, 1, 1), shape(2, 5, 3, 3)};
constexpr slice_attributes backwards{shape(1, 7, 0, 2), shape(-1, -2, 2, -1), shape(2, 4, 3, 3)};
constexpr slice_attributes inner{shape(0, 0, 0, 1), shape(1, 1, 1, 2), shape(2, 9, 5, 3)};

constexpr pad_attributes around{pad_mode::constant, shape(0, 0, 1, 2), shape(0, 0, 3, 1), constant(9.f)};
constexpr pad_attributes everywhere{pad_mode::constant, shape(1, 2, 0, 3), shape(1, 0, 2, 0), constant(2.f)};
constexpr pad_attributes cut{pad_mode::constant, shape(0, 1, -1, 2), shape(-1, 0, 2, -2), constant(0.f)};
constexpr pad_attributes reflect{pad_mode::reflect, shape(0, 1, 2, 4), shape(1, 3, 0, 2), {}};
constexpr pad_attributes edge{pad_mode::edge, shape(2, 0, 6, 1), shape(0, 7, 1, 9), {}};
constexpr pad_attributes wrap{pad_mode::wrap, shape(0, 1, 6, 1), shape(3, 2, 1, 11), {}};
template <pad_attributes A>
void check_pad() {
  check<pad<A>, rows, float, 2, 4, 5, 5>();
  check<pad<A>, last, float, 2, 4, 5, 5>();
  check<pad<A>, rows, std::uint8_t, 2, 4, 5, 5>();
}

/// What Op makes of 0, 1, 2, 3, 4, 5 as two rows.
template <class Op>
std::vector<float> of_six() {
  using P = problem_of<Op, rows, of<float, rows, 2, 3>>;
  float const six[]{0, 1, 2, 3, 4, 5};
  auto out = run_kernel<reference_backend, P>({guarded(6, six)});
  std::vector<float> y;
  for (std::size_t i = 0; i < out[0].size / 4; ++i) y.push_back(out[0].template at<float>(i));
  return y;
}
using values = std::vector<float>;

}  // namespace

TEST_CASE("the reference gives NumPy's values") {
  CHECK(of_six<transpose<1, 0>>() == values{0, 3, 1, 4, 2, 5});
  CHECK(of_six<slice<slice_attributes{shape(1, 2), shape(-1, -2), shape(2, 2)}>>() == values{5, 3, 2, 0});
  CHECK(of_six<pad<pad_attributes{pad_mode::reflect, shape(0, 2), shape(0, 1), {}}>>() == values{2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4});
  CHECK(of_six<pad<pad_attributes{pad_mode::wrap, shape(0, 1), shape(0, 2), {}}>>() == values{2, 0, 1, 2, 0, 1, 5, 3, 4, 5, 3, 4});
  CHECK(of_six<pad<pad_attributes{pad_mode::edge, shape(1, 0), shape(0, 1), {}}>>() == values{0, 1, 2, 2, 0, 1, 2, 2, 3, 4, 5, 5});
  CHECK(of_six<pad<pad_attributes{pad_mode::constant, shape(0, -1), shape(1, 1), constant(-7.f)}>>() == values{1, 2, -7, 4, 5, -7, -7, -7, -7});
  CHECK(of_six<tile<1, 2>>() == values{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
  CHECK(of_six<expand<2, 1, 3>>() == values{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5});
}

TEST_CASE("memory orders: blocks of every size and their remainders") {
  check_reorder_sizes<2, 33, 31>();
  check_reorder_sizes<1, 16, 4, 4>();
  check_reorder_sizes<1, 17, 7, 7>();
  check_reorder<float, 2, 3, 5, 7>();
  check_reorder<float, 1, 5, 20, 30>();
  check_reorder<float, 1, 70, 2, 3>();
  check_reorder<half, 1, 9, 1, 1>();
}

TEST_CASE("transpose") {
  check_sizes<transpose<1, 0>, rows, 37, 65>();
  check<transpose<0, 2, 1>, rows, float, 3, 9, 33>();
  check<transpose<0, 2, 3, 1>, rows, half, 2, 9, 5, 7>();
  check<transpose<0, 2, 1, 3>, rows, float, 2, 9, 5, 24>();
  check<transpose<3, 2, 1, 0>, rows, half, 5, 9, 7, 3>();
  check<transpose<2, 1, 0, 3>, rows, bool, 5, 9, 7, 3>();
  check<transpose<0, 1, 3, 2, 4>, rows, float, 2, 3, 17, 18, 2>();
  check<transpose<0, 1>, rows, double, 5, 7>();
  check_same_bytes<problem_of<transpose<0, 2, 3, 1>, rows, of<float, last, 2, 9, 5, 7>>>();
  check_same_bytes<problem_of<transpose<0, 3, 2, 1>, rows, of<float, last, 2, 9, 5, 7>>>();
}

TEST_CASE("slice") {
  check_sizes<slice<middle>, rows, 2, 9, 5, 7>();
  check<slice<middle>, last, float, 2, 9, 5, 7>();
  check<slice<backwards>, rows, float, 2, 9, 5, 7>();
  check<slice<backwards>, last, half, 2, 9, 5, 7>();
  check<slice<inner>, rows, float, 2, 9, 5, 7>();
  check_sizes<slice<slice_attributes{shape(3), shape(1), shape(131)}>, rows, 200>();
  check<slice<slice_attributes{shape(0, 1), shape(1, 1), shape(2, 0)}>, rows, float, 2, 3>();
}

TEST_CASE("split and concat") {
  check<split<1, 2, 7>, rows, float, 2, 9, 5, 4>();
  check<split<-1, 1, 3>, rows, half, 2, 9, 5, 4>();
  check<split<1, 1, 5, 3>, last, std::uint8_t, 2, 9, 5, 4>();
  check<split<0, 1, 1>, last, float, 2, 9, 5, 4>();
  check_same_bytes<problem_of<concat<1>, rows, of<float, rows, 2, 5, 3, 4>, of<float, rows, 2, 1, 3, 4>, of<float, rows, 2, 19, 3, 4>>>();
  check_same_bytes<problem_of<concat<1>, last, of<float, last, 2, 5, 3, 4>, of<float, last, 2, 1, 3, 4>, of<float, last, 2, 19, 3, 4>>>();
  check_same_bytes<problem_of<concat<1>, last, of<half, last, 2, 5, 3, 4>, of<half, last, 2, 0, 3, 4>, of<half, rows, 2, 19, 3, 4>>>();
  check_same_bytes<problem_of<concat<0>, rows, of<std::uint8_t, rows, 3, 7>, of<std::uint8_t, rows, 200, 7>>>();
  check_same_bytes<problem_of<concat<-1>, rows, of<std::int64_t, rows, 3, 7>, of<std::int64_t, rows, 3, 7>>>();
}

TEST_CASE("pad") {
  check_pad<around>();
  check_pad<everywhere>();
  check_pad<cut>();
  check_pad<reflect>();
  check_pad<edge>();
  check_pad<wrap>();
  check<pad<pad_attributes{pad_mode::constant, shape(0, 0, 4), shape(0, 0, 0), constant(-1.f)}>, rows, bfloat16, 1, 5, 40>();
  check<pad<pad_attributes{pad_mode::constant, shape(0, 0, 0), shape(0, 0, 0), {}}>, rows, float, 1, 5, 40>();
  check<pad<pad_attributes{pad_mode::constant, shape(0, 1, 0), shape(0, 1, 1), constant(3.f)}>, rows, float, 2, 0, 3>();
  check<pad<pad_attributes{pad_mode::constant, shape(0, 1, 0), shape(0, 0, 0), constant(3.f)}>, last, float, 2, 0, 3>();
}

TEST_CASE("expand and tile") {
  check_sizes<expand<2, 1, 3, 1>, rows, 5, 1, 7>();
  check_sizes<expand<5, 70>, rows, 5, 1>();
  check<expand<3, 40>, rows, float, 1>();
  check<expand<2, 9, 4, 3>, last, float, 2, 9, 1, 3>();
  check_sizes<tile<2, 3>, rows, 3, 7>();
  check<tile<1, 2, 3, 2>, last, float, 2, 5, 2, 3>();
}

TEST_CASE("large copies are shared among threads") {
  check_reorder<float, 1, 70, 41, 37>();
  check<transpose<0, 2, 1, 3>, rows, float, 1, 70, 41, 37>();
  check<pad<pad_attributes{pad_mode::constant, shape(0, 1, 0, 0), shape(0, 0, 1, 0), {}}>, rows, float, 1, 70, 41, 37>();
  check<slice<slice_attributes{shape(2), shape(1), shape(100000)}>, rows, float, 100003>();
}

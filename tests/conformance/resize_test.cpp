// SPDX-License-Identifier: MIT
// Resampling against the reference loops in double, every mode, axis and memory order; those against values that ONNX gives.
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/reference/resize.hpp>
#include <dsi/backend/simd/reorder.hpp>
#include <dsi/backend/simd/resize.hpp>

#include "direct.hpp"
#include "native.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;

constexpr dsi::index twice = std::bit_cast<dsi::index>(2.), half_of = std::bit_cast<dsi::index>(0.5), odd = std::bit_cast<dsi::index>(17. / 11);
template <resize_attributes A>
using to = resize<A>;
using at = resize_attributes;

#define ONE(Name, Dims, ...) named_input<Name, T, DSI_EXPAND Dims>, node<Name "0", to<at{__VA_ARGS__}>, Name>, output<Name "0">
#define DSI_EXPAND(...) __VA_ARGS__
template <class T>
struct linear : graph<ONE("a", (2, 3, 11, 7), .axis = 2, .size = 17, .mode = resize_mode::linear, .scale_bits = odd),
                      ONE("b", (2, 3, 5, 11), .axis = 3, .size = 17, .mode = resize_mode::linear, .coordinates = resize_coordinates::align_corners, .scale_bits = odd),
                      ONE("c", (1, 4, 6, 37), .axis = -2, .size = 12, .mode = resize_mode::linear, .coordinates = resize_coordinates::asymmetric, .scale_bits = twice),
                      ONE("d", (3, 10, 16), .axis = 1, .size = 5, .mode = resize_mode::linear, .antialias = true, .scale_bits = half_of),
                      ONE("e", (9, 33), .axis = 0, .size = 18, .mode = resize_mode::linear, .coordinates = resize_coordinates::half_pixel_symmetric, .exclude_outside = true, .scale_bits = twice)> {};
template <class T>
struct cubic : graph<ONE("a", (2, 3, 11, 17), .axis = 2, .size = 17, .mode = resize_mode::cubic, .scale_bits = odd),
                     ONE("b", (2, 11), .axis = 1, .size = 17, .mode = resize_mode::cubic, .exclude_outside = true, .cubic = constant(-0.5f), .scale_bits = odd),
                     ONE("c", (1, 12, 3, 3), .axis = 1, .size = 6, .mode = resize_mode::cubic, .coordinates = resize_coordinates::pytorch_half_pixel, .antialias = true, .scale_bits = half_of)> {};

template <class Op, layout Order, class T, dsi::index... Dims>
void check_nearest() {
  using x = tensor<T, extents<Dims...>, Order>;
  conformance::check_same_bytes<conformance::problem_of<Op, Order, x>>();
}

/// What the reference makes of one axis of these values.
template <resize_attributes A, dsi::index N>
std::vector<float> resized(std::vector<float> const& x) {
  using problem = conformance::problem_of<resize<A>, layout::row_major, tensor<float, extents<N>, layout::row_major>>;
  auto out = conformance::run_kernel<reference_backend, problem>({conformance::guarded(N, x.data())});
  std::vector<float> y;
  for (std::size_t i = 0; i < static_cast<std::size_t>(A.size); ++i) y.push_back(out[0].template at<float>(i));
  return y;
}
void near(std::vector<float> const& a, std::vector<double> const& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(static_cast<double>(a[i]) == doctest::Approx(b[i]).epsilon(1e-6));
}

}  // namespace

TEST_CASE("interpolation equals the reference") {
  drawing const d{.seed = 3};
  conformance::check_float<linear>(d, 0x1p-21);
  conformance::check_float<cubic>(d, 0x1p-21);
}

TEST_CASE("nearest moves elements of any size in both memory orders") {
  using up = to<at{.axis = 2, .size = 22, .scale_bits = twice}>;
  using last = to<at{.axis = 3, .size = 17, .rounding = resize_rounding::ceil, .scale_bits = odd}>;
  check_nearest<up, layout::row_major, float, 2, 3, 11, 5>();
  check_nearest<up, layout::channels_last, float, 2, 3, 11, 5>();
  check_nearest<up, layout::channels_last, std::uint8_t, 1, 17, 11, 5>();
  check_nearest<last, layout::row_major, std::int64_t, 2, 3, 4, 11>();
  check_nearest<last, layout::channels_last, half, 2, 3, 4, 11>();
}

TEST_CASE("the reference gives ONNX's values") {
  std::vector<float> const x{1, 2, 3, 4};
  near(resized<at{.size = 8, .mode = resize_mode::linear, .scale_bits = twice}, 4>(x), {1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4});
  near(resized<at{.size = 8, .mode = resize_mode::linear, .coordinates = resize_coordinates::align_corners, .scale_bits = twice}, 4>(x),
       {1, 10. / 7, 13. / 7, 16. / 7, 19. / 7, 22. / 7, 25. / 7, 4});
  near(resized<at{.size = 8, .coordinates = resize_coordinates::asymmetric, .rounding = resize_rounding::floor, .scale_bits = twice}, 4>(x), {1, 1, 2, 2, 3, 3, 4, 4});
  near(resized<at{.size = 2, .mode = resize_mode::linear, .scale_bits = half_of}, 4>(x), {1.5, 3.5});
  near(resized<at{.size = 2, .mode = resize_mode::linear, .antialias = true, .scale_bits = half_of}, 4>(x), {1.625, 3.375});
  near(resized<at{.size = 8, .mode = resize_mode::cubic, .scale_bits = twice}, 4>(x), {0.89453125, 1.19140625, 1.66796875, 2.296875, 2.703125, 3.33203125, 3.80859375, 4.10546875});
  near(resized<at{.size = 2, .coordinates = resize_coordinates::tf_crop_and_resize, .outside = constant(9.f), .scale_bits = half_of, .begin_bits = 0, .end_bits = std::bit_cast<dsi::index>(1.5)}, 4>(x), {1, 9});
}

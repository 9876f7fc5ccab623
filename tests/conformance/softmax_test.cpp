// SPDX-License-Identifier: MIT
// softmax and log_softmax against the reference loops, over every kind of axis, with masks and overflow.
#include <dsi/backend/reference/softmax.hpp>
#include <dsi/backend/simd/pool.hpp>
#include <dsi/backend/reference/pool.hpp>
#include <dsi/backend/simd/softmax.hpp>

#include "native.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

#define INPUT(...) dsi::input<T, __VA_ARGS__>
using channels_last = max_pool2d<max_pool2d_attributes{}>;
DSI_CASE(row_1, INPUT(3, 1), softmax);
DSI_CASE(row_10, INPUT(7, 10), softmax);
DSI_CASE(row_16, INPUT(7, 16), softmax);
DSI_CASE(row_17, INPUT(7, 17), softmax);
DSI_CASE(row_64, INPUT(5, 64), softmax);
DSI_CASE(row_65, INPUT(5, 65), softmax);
DSI_CASE(row_1000, INPUT(3, 1000), softmax);
DSI_CASE(attention, INPUT(2, 3, 9, 33), softmax);
DSI_CASE(columns_1, INPUT(33, 1, 2), softmax_over<0>);
DSI_CASE(columns_15, INPUT(2, 11, 3, 5), softmax_over<1>);
DSI_CASE(columns_67, INPUT(2, 21, 67), softmax_over<1>);
DSI_CASE(channels_33, INPUT(2, 33, 4, 5), channels_last, softmax_over<1>);
DSI_CASE(height, INPUT(1, 5, 7, 3), channels_last, softmax_over<-2>);
DSI_CASE(log_row_10, INPUT(7, 10), log_softmax);
DSI_CASE(log_row_65, INPUT(5, 65), log_softmax);
DSI_CASE(log_row_300, INPUT(2, 300), log_softmax);
DSI_CASE(log_columns_19, INPUT(2, 11, 19), log_softmax_over<1>);
DSI_CASE(row_3, INPUT(4, 3), softmax);
DSI_CASE(log_row_3, INPUT(4, 3), log_softmax);
DSI_CASE(long_row, INPUT(1, 100), softmax);

template <template <class> class Case>
void check_values(std::vector<double> const& in, std::vector<double> const& expected) {
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, backend>(in), expected, 1e-6, 0) <= 1);
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, reference_backend>(in), expected, 1e-6, 0) <= 1);
}

}  // namespace

TEST_CASE_TEMPLATE("softmax equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 90>) {
  for (double range : {1., 30., 1000.}) {
    drawing const d{.seed = 6, .low = -range, .high = range, .special = special::value};
    double const error = 0x1p-20;
    conformance::check_float<row_1>(d, error);
    conformance::check_floats<row_10>(d, error);
    conformance::check_float<row_16>(d, error);
    conformance::check_float<row_17>(d, error);
    conformance::check_float<row_64>(d, error);
    conformance::check_floats<row_65>(d, error);
    conformance::check_float<row_1000>(d, error);
    conformance::check_float<attention>(d, error);
    conformance::check_float<columns_1>(d, error);
    conformance::check_float<columns_15>(d, error);
    conformance::check_floats<columns_67>(d, error);
    conformance::check_float<channels_33>(d, error);
    conformance::check_float<height>(d, error);
    conformance::check_floats<log_row_10>(d, error);
    conformance::check_float<log_row_65>(d, error);
    conformance::check_float<log_row_300>(d, error);
    conformance::check_floats<log_columns_19>(d, error);
  }
}

TEST_CASE("softmax along channels of a channels-last tensor needs no copy before it") {
  static_assert(conformance::reorders<channels_33<float>, backend>() == 2);  // input and output of the network
}

TEST_CASE("masks, infinities and NaN as ONNX Runtime has them") {
  std::vector<double> const x{-inf, -inf, -inf, 0, -inf, 1, inf, 0, 1, no_number, 0, 1};
  double const n = no_number;
  check_values<row_3>(x, {n, n, n, 0.26894142136999512, 0, 0.73105857863000488, n, n, n, n, n, n});
  check_values<log_row_3>(x, {n, n, n, -1.3132616875182228, -inf, -0.31326168751822286, n, n, n, n, n, n});
  check_values<row_3>({1e30, 1e30, -1e30, 88, 89, -200, 3e38, -3e38, 0, -1e-40, 0, 1e-40},
                      {0.5, 0.5, 0, 0.26894142136999512, 0.73105857863000488, 0, 1, 0, 0, 1. / 3, 1. / 3, 1. / 3});
  std::vector<double> masked(100, -inf), expected(100, 0.);
  masked[97] = 5;
  expected[97] = 1;
  check_values<long_row>(masked, expected);
}

TEST_CASE("softmax refuses integers and axes that do not exist") {
  tensor_desc const x{dtype::f32, layout::row_major, shape(2, 3)}, i{dtype::i32, layout::row_major, shape(2, 3)};
  CHECK(softmax_attributes{1}.infer({&x, 1}).reason == invalid::none);
  CHECK(softmax_attributes{2}.infer({&x, 1}).reason == invalid::axis);
  CHECK(softmax_attributes{-3}.infer({&x, 1}).reason == invalid::axis);
  CHECK(softmax_attributes{-1}.infer({&i, 1}).reason == invalid::input_type);
}

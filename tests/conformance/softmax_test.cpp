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
template <class T>
struct along_rows : graph<named_input<"a", T, 3, 1>, named_input<"b", T, 7, 10>, named_input<"c", T, 7, 16>, named_input<"d", T, 7, 17>,
                          named_input<"e", T, 5, 64>, named_input<"f", T, 5, 65>, named_input<"g", T, 3, 1000>,
                          named_input<"h", T, 2, 3, 9, 33>, node<"a0", softmax, "a">, node<"b0", softmax, "b">, node<"c0", softmax, "c">,
                          node<"d0", softmax, "d">, node<"e0", softmax, "e">, node<"f0", softmax, "f">, node<"g0", softmax, "g">,
                          node<"h0", softmax, "h">, output<"a0">, output<"b0">, output<"c0">, output<"d0">, output<"e0">, output<"f0">,
                          output<"g0">, output<"h0">> {};
template <class T>
struct across_rows : graph<named_input<"a", T, 33, 1, 2>, named_input<"b", T, 2, 11, 3, 5>, named_input<"c", T, 2, 21, 67>,
                           named_input<"d", T, 2, 33, 4, 5>, named_input<"e", T, 1, 5, 7, 3>, node<"a0", softmax_over<0>, "a">,
                           node<"b0", softmax_over<1>, "b">, node<"c0", softmax_over<1>, "c">, node<"d0", channels_last, "d">,
                           node<"d1", softmax_over<1>, "d0">, node<"e0", channels_last, "e">, node<"e1", softmax_over<-2>, "e0">,
                           output<"a0">, output<"b0">, output<"c0">, output<"d1">, output<"e1">> {};
template <class T>
struct logarithms : graph<named_input<"a", T, 7, 10>, named_input<"b", T, 5, 65>, named_input<"c", T, 2, 300>,
                          named_input<"d", T, 2, 11, 19>, node<"a0", log_softmax, "a">, node<"b0", log_softmax, "b">,
                          node<"c0", log_softmax, "c">, node<"d0", log_softmax_over<1>, "d">, output<"a0">, output<"b0">, output<"c0">,
                          output<"d0">> {};
template <class T>
struct narrow : graph<named_input<"a", T, 7, 10>, named_input<"b", T, 3, 129>, named_input<"c", T, 2, 5, 19>, named_input<"d", T, 3, 70>,
                      named_input<"e", T, 2, 5, 19>, node<"a0", softmax, "a">, node<"b0", softmax, "b">,
                      node<"c0", softmax_over<1>, "c">, node<"d0", log_softmax, "d">, node<"e0", log_softmax_over<1>, "e">, output<"a0">,
                      output<"b0">, output<"c0">, output<"d0">, output<"e0">> {};
DSI_CASE(channels_33, INPUT(2, 33, 4, 5), channels_last, softmax_over<1>);
DSI_CASE(row_3, INPUT(4, 3), softmax);
DSI_CASE(log_row_3, INPUT(4, 3), log_softmax);
DSI_CASE(long_row, INPUT(1, 100), softmax);

template <template <class> class Case>
void check_values(std::vector<double> const& in, std::vector<double> const& expected) {
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, backend>(in), expected, 1e-6, 0) <= 1);
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, reference_backend>(in), expected, 1e-6, 0) <= 1);
}

}  // namespace

TEST_CASE("softmax equals the reference") {
  for (int special : {0, 90})
    for (double range : {1., 30., 1000.}) {
      drawing const d{.seed = 6, .low = -range, .high = range, .special = special};
      conformance::check_float<along_rows>(d, 0x1p-20);
      conformance::check_float<across_rows>(d, 0x1p-20);
      conformance::check_float<logarithms>(d, 0x1p-20);
      conformance::check_floats<narrow>(d, 0x1p-20);
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

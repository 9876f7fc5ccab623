// SPDX-License-Identifier: MIT
// Reductions and global pooling against the reference loops, in both memory orders, and against values known by hand.
#include <dsi/backend/reference/reduce.hpp>
#include <dsi/backend/simd/pool.hpp>
#include <dsi/backend/simd/reduce.hpp>

#include "native.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

#define INPUT(...) dsi::input<T, __VA_ARGS__>
template <axis_set Axes, bool Keep = true>
using mean_over = reduce_mean<reduce_mean_attributes{.axes = Axes, .keepdims = Keep}>;
template <axis_set Axes, bool Keep = true>
using sum_over = reduce_sum<reduce_sum_attributes{.axes = Axes, .keepdims = Keep}>;
template <axis_set Axes, bool Keep = true>
using max_over = reduce_max<reduce_max_attributes{.axes = Axes, .keepdims = Keep}>;
template <axis_set Axes, bool Keep = true>
using min_over = reduce_min<reduce_min_attributes{.axes = Axes, .keepdims = Keep}>;
template <axis_set Axes, bool Keep = true>
using prod_over = reduce_prod<reduce_prod_attributes{.axes = Axes, .keepdims = Keep}>;
/// Leaves its input as it is, in channels-last order.
using channels_last = max_pool2d<max_pool2d_attributes{}>;

// Row-major: along vectors.
DSI_CASE(global_average, INPUT(2, 5, 7, 7), global_average_pool);
DSI_CASE(global_max, INPUT(2, 5, 9, 7), global_max_pool);
DSI_CASE(global_1d, INPUT(3, 4, 131), global_average_pool, relu);
DSI_CASE(last_1, INPUT(4, 3, 1), sum_over<axes(-1), false>);
DSI_CASE(last_15, INPUT(4, 15), mean_over<axes(-1), false>);
DSI_CASE(last_16, INPUT(3, 2, 16), max_over<axes(2)>);
DSI_CASE(last_33, INPUT(3, 33), min_over<axes(1), false>);
DSI_CASE(last_64, INPUT(3, 64), prod_over<axes(1), false>);
DSI_CASE(last_300, INPUT(2, 300), sum_over<axes(1)>);
DSI_CASE(every, INPUT(3, 5, 7), mean_over<0, false>);
DSI_CASE(every_other, INPUT(3, 5, 7, 21), mean_over<axes(0, 2), false>);
DSI_CASE(both_ends, INPUT(3, 5, 4, 7), sum_over<axes(0, 2, 3)>);
// Row-major: across rows.
DSI_CASE(first_1, INPUT(6, 1), mean_over<axes(0)>);
DSI_CASE(first_17, INPUT(11, 17), sum_over<axes(0), false>);
DSI_CASE(first_67, INPUT(9, 67), max_over<axes(0), false>);
DSI_CASE(first_128, INPUT(6, 128), mean_over<axes(0)>);
DSI_CASE(first_200, INPUT(13, 200), min_over<axes(0)>);
DSI_CASE(middle, INPUT(3, 10, 33), mean_over<axes(1), false>);
DSI_CASE(kept_rank, INPUT(2, 3, 10, 33), sum_over<axes(0, 2), false>, relu);
// Channels-last.
DSI_CASE(squeeze_1, INPUT(1, 1, 5, 5), channels_last, mean_over<axes(2, 3)>);
DSI_CASE(squeeze_24, INPUT(2, 24, 7, 7), channels_last, mean_over<axes(2, 3), false>);
DSI_CASE(squeeze_100, INPUT(1, 100, 7, 5), channels_last, global_average_pool);
DSI_CASE(squeeze_max, INPUT(1, 37, 6, 6), channels_last, global_max_pool);
DSI_CASE(channel_mean, INPUT(2, 37, 3, 5), channels_last, mean_over<axes(1)>);
DSI_CASE(channel_max, INPUT(1, 16, 3, 5), channels_last, max_over<axes(1), false>);
DSI_CASE(height, INPUT(1, 20, 6, 5), channels_last, sum_over<axes(2)>, relu);
DSI_CASE(width, INPUT(2, 20, 6, 5), channels_last, max_over<axes(3)>, channels_last);
DSI_CASE(all_but_channels, INPUT(3, 20, 6, 5), channels_last, sum_over<axes(0, 2, 3), false>);

DSI_CASE(integers_mean, INPUT(2, 3), mean_over<axes(1), false>);
DSI_CASE(integers_max, INPUT(2, 3), max_over<axes(1), false>);

/// y = reduce(x) * s + b, with s per channel and b of the result's size: arguments behind an anchor.
template <class T>
struct with_arguments : graph<named_input<"x", T, 2, 20, 5, 5>, named_input<"b", T, 2, 20, 1, 1>, parameter<"s", T, 20, 1, 1>,
                              node<"l", channels_last, "x">, node<"m", mean_over<axes(2, 3)>, "l">, node<"p", mul, "m", "s">,
                              node<"y", add, "p", "b">, output<"y">> {};
/// The same along vectors, with an argument per row.
template <class T>
struct with_row_argument : graph<named_input<"x", T, 4, 6, 35>, parameter<"s", T, 4, 1, 1>, parameter<"c", T, 6, 1>,
                                 node<"m", max_over<axes(-1)>, "x">, node<"p", mul, "s", "m">, node<"y", add, "p", "c">, output<"y">> {};

template <template <class> class Case>
void check_values(std::vector<double> const& in, std::vector<double> const& expected) {
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, backend>(in), expected, 1e-6, 1e-6) <= 1);
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, reference_backend>(in), expected, 1e-6, 1e-6) <= 1);
}
DSI_CASE(mean_3, INPUT(2, 3), mean_over<axes(-1), false>);
DSI_CASE(max_3, INPUT(2, 3), max_over<axes(-1), false>);
DSI_CASE(min_3, INPUT(2, 3), min_over<axes(-1), false>);
DSI_CASE(max_column, INPUT(2, 3), max_over<axes(0), false>);
DSI_CASE(prod_column, INPUT(2, 3), prod_over<axes(-2)>);

}  // namespace

TEST_CASE_TEMPLATE("reductions equal the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 60>) {
  drawing const d{.seed = 5, .special = special::value};
  constexpr double error = 0x1p-20;
  conformance::check_floats<global_average>(d, error);
  conformance::check_float<global_max>(d, error);
  conformance::check_float<global_1d>(d, error);
  conformance::check_float<last_1>(d, error);
  conformance::check_float<last_15>(d, error);
  conformance::check_floats<last_16>(d, error);
  conformance::check_floats<last_33>(d, error);
  if (special::value == 0) conformance::check_float<last_64>(d, error);  // a partial product may underflow and then meet an infinity
  conformance::check_float<last_300>(d, 8 * error);
  conformance::check_float<every>(d, error);
  conformance::check_float<every_other>(d, error);
  conformance::check_float<both_ends>(d, 4 * error);
  conformance::check_float<first_1>(d, error);
  conformance::check_floats<first_17>(d, 2 * error);
  conformance::check_float<first_67>(d, error);
  conformance::check_float<first_128>(d, error);
  conformance::check_float<first_200>(d, error);
  conformance::check_float<middle>(d, error);
  conformance::check_float<kept_rank>(d, 2 * error);
  conformance::check_float<squeeze_1>(d, error);
  conformance::check_floats<squeeze_24>(d, error);
  conformance::check_float<squeeze_100>(d, error);
  conformance::check_float<squeeze_max>(d, error);
  conformance::check_float<channel_mean>(d, error);
  conformance::check_float<channel_max>(d, error);
  conformance::check_float<height>(d, error);
  conformance::check_float<width>(d, error);
  conformance::check_float<all_but_channels>(d, 4 * error);
  conformance::check_float<with_arguments>(d, error);
  static_assert(conformance::runs_natively<with_arguments<half>, backend>());
  CHECK(conformance::compare<with_arguments, half, backend>(d, 0x1p-11, 0x1p-20) == "");
  conformance::check_float<with_row_argument>(d, error);
}

TEST_CASE("reducing a channels-last tensor needs no copy into the other order") {
  static_assert(conformance::reorders<squeeze_24<float>, backend>() == 1);  // the one that the first layer needs
  static_assert(conformance::reorders<squeeze_100<float>, backend>() == 1);
  static_assert(conformance::reorders<channel_mean<float>, backend>() == 1);
  static_assert(conformance::reorders<all_but_channels<float>, backend>() == 1);
  static_assert(conformance::reorders<width<float>, backend>() == 2);  // and the output's
  static_assert(conformance::reorders<global_average<float>, backend>() == 0);
}

TEST_CASE("values known by hand") {
  check_values<mean_3>({1, 2, 6, -inf, 0, 1}, {3, -inf});
  check_values<max_3>({1, no_number, 2, -inf, -inf, -inf}, {no_number, -inf});
  check_values<min_3>({1, 2, no_number, inf, -0.0, 3}, {no_number, 0});
  check_values<max_column>({1, no_number, 2, 3, 4, no_number}, {3, no_number, no_number});
  check_values<prod_column>({1, 2, 3, 4, -5, 0.5}, {4, -10, 1.5});
}

TEST_CASE("integers: sums in 32 bits, means truncate") {
  std::vector<double> const x{100, 120, 123, -1, -2, -4};
  CHECK(conformance::outputs<integers_mean<std::int8_t>, std::int8_t, backend>(x) == std::vector<double>{114, -2});
  CHECK(conformance::outputs<integers_max<std::int32_t>, std::int32_t, backend>(x) == std::vector<double>{123, -1});
}

TEST_CASE("axes that do not exist are refused") {
  tensor_desc const x{dtype::f32, layout::row_major, shape(2, 3)};
  op_inputs const in{&x, 1};
  CHECK(reduce_sum_attributes{.axes = axes(1)}.infer(in).reason == invalid::none);
  CHECK(reduce_sum_attributes{.axes = axes(2)}.infer(in).reason == invalid::axis);
  CHECK(reduce_sum_attributes{.axes = axes(2)}.infer(in).a == 2);
  CHECK(reduce_sum_attributes{.axes = axes(0, -3)}.infer(in).a == -3);
  CHECK(global_max_pool{}.infer(in).reason == invalid::rank);
  CHECK(reduce_sum_attributes{.axes = axes(-1), .keepdims = false}.infer(in).out[0].extents == shape(2));
  CHECK(reduce_sum_attributes{.keepdims = false}.infer(in).out[0].rank() == 0);
}

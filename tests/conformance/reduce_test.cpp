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

template <class T>
struct along_vectors : graph<named_input<"a", T, 2, 5, 9, 7>, named_input<"b", T, 3, 4, 131>, named_input<"c", T, 4, 3, 1>,
                             named_input<"d", T, 4, 15>, named_input<"e", T, 3, 2, 16>, named_input<"f", T, 3, 33>,
                             named_input<"g", T, 2, 300>, named_input<"h", T, 3, 5, 7>, named_input<"i", T, 3, 5, 7, 21>,
                             named_input<"j", T, 3, 5, 4, 7>, node<"a0", global_max_pool, "a">, node<"b0", global_average_pool, "b">,
                             node<"b1", relu, "b0">, node<"c0", sum_over<axes(-1), false>, "c">,
                             node<"d0", mean_over<axes(-1), false>, "d">, node<"e0", max_over<axes(2)>, "e">,
                             node<"f0", min_over<axes(1), false>, "f">, node<"g0", sum_over<axes(1)>, "g">,
                             node<"h0", mean_over<0, false>, "h">, node<"i0", mean_over<axes(0, 2), false>, "i">,
                             node<"j0", sum_over<axes(0, 2, 3)>, "j">, output<"a0">, output<"b1">, output<"c0">, output<"d0">,
                             output<"e0">, output<"f0">, output<"g0">, output<"h0">, output<"i0">, output<"j0">> {};
template <class T>
struct across_rows : graph<named_input<"a", T, 6, 1>, named_input<"b", T, 11, 17>, named_input<"c", T, 9, 67>,
                           named_input<"d", T, 6, 128>, named_input<"e", T, 13, 200>, named_input<"f", T, 3, 10, 33>,
                           named_input<"g", T, 2, 3, 10, 33>, node<"a0", mean_over<axes(0)>, "a">,
                           node<"b0", sum_over<axes(0), false>, "b">, node<"c0", max_over<axes(0), false>, "c">,
                           node<"d0", mean_over<axes(0)>, "d">, node<"e0", min_over<axes(0)>, "e">,
                           node<"f0", mean_over<axes(1), false>, "f">, node<"g0", sum_over<axes(0, 2), false>, "g">,
                           node<"g1", relu, "g0">, output<"a0">, output<"b0">, output<"c0">, output<"d0">, output<"e0">, output<"f0">,
                           output<"g1">> {};
template <class T>
struct in_channels_last : graph<named_input<"a", T, 1, 1, 5, 5>, named_input<"b", T, 1, 100, 7, 5>, named_input<"c", T, 1, 37, 6, 6>,
                                named_input<"d", T, 2, 37, 3, 5>, named_input<"e", T, 1, 16, 3, 5>, named_input<"f", T, 1, 20, 6, 5>,
                                named_input<"g", T, 2, 20, 6, 5>, named_input<"h", T, 3, 20, 6, 5>, node<"a0", channels_last, "a">,
                                node<"a1", mean_over<axes(2, 3)>, "a0">, node<"b0", channels_last, "b">,
                                node<"b1", global_average_pool, "b0">, node<"c0", channels_last, "c">, node<"c1", global_max_pool, "c0">,
                                node<"d0", channels_last, "d">, node<"d1", mean_over<axes(1)>, "d0">, node<"e0", channels_last, "e">,
                                node<"e1", max_over<axes(1), false>, "e0">, node<"f0", channels_last, "f">,
                                node<"f1", sum_over<axes(2)>, "f0">, node<"f2", relu, "f1">, node<"g0", channels_last, "g">,
                                node<"g1", max_over<axes(3)>, "g0">, node<"g2", channels_last, "g1">, node<"h0", channels_last, "h">,
                                node<"h1", sum_over<axes(0, 2, 3), false>, "h0">, output<"a1">, output<"b1">, output<"c1">, output<"d1">,
                                output<"e1">, output<"f2">, output<"g2">, output<"h1">> {};
template <class T>
struct narrow : graph<named_input<"a", T, 2, 5, 7, 7>, named_input<"b", T, 3, 2, 16>, named_input<"c", T, 3, 33>,
                      named_input<"d", T, 11, 17>, named_input<"e", T, 2, 24, 7, 7>, node<"a0", global_average_pool, "a">,
                      node<"b0", max_over<axes(2)>, "b">, node<"c0", min_over<axes(1), false>, "c">,
                      node<"d0", mean_over<axes(0), false>, "d">, node<"e0", channels_last, "e">,
                      node<"e1", mean_over<axes(2, 3), false>, "e0">, output<"a0">, output<"b0">, output<"c0">, output<"d0">,
                      output<"e1">> {};
DSI_CASE(product, INPUT(3, 64), prod_over<axes(1), false>);

DSI_CASE(squeeze, INPUT(2, 24, 7, 7), channels_last, mean_over<axes(2, 3), false>);
DSI_CASE(squeeze_keeping, INPUT(1, 100, 7, 5), channels_last, global_average_pool);
DSI_CASE(over_channels, INPUT(2, 37, 3, 5), channels_last, mean_over<axes(1)>);
DSI_CASE(width, INPUT(2, 20, 6, 5), channels_last, max_over<axes(3)>, channels_last);
DSI_CASE(all_but_channels, INPUT(3, 20, 6, 5), channels_last, sum_over<axes(0, 2, 3), false>);
DSI_CASE(of_an_input, INPUT(2, 5, 7, 7), global_average_pool);
DSI_CASE(integers_mean, INPUT(2, 3), mean_over<axes(1), false>);
DSI_CASE(integers_max, INPUT(2, 3), max_over<axes(1), false>);
DSI_CASE(integers_min, INPUT(2, 3), min_over<axes(1), false>);
DSI_CASE(integers_sum, INPUT(2, 3), sum_over<axes(1), false>);
DSI_CASE(integers_prod, INPUT(2, 3), prod_over<axes(1), false>);
DSI_CASE(nothing_max, INPUT(2, 0), max_over<axes(1), false>);
DSI_CASE(nothing_min, INPUT(2, 0), min_over<axes(1), false>);
DSI_CASE(nothing_sum, INPUT(2, 0), sum_over<axes(1), false>);

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

TEST_CASE("reductions equal the reference") {
  for (int special : {0, 60}) {
    drawing const d{.seed = 5, .special = special};
    conformance::check_float<along_vectors>(d, 0x1p-18);
    conformance::check_float<across_rows>(d, 0x1p-19);
    conformance::check_float<in_channels_last>(d, 0x1p-18);
    conformance::check_floats<narrow>(d, 0x1p-20);
    conformance::check_float<with_row_argument>(d, 0x1p-20);
    conformance::check_float<with_arguments>(d, 0x1p-20);
    static_assert(conformance::runs_natively<with_arguments<half>, backend>());
    CHECK(conformance::compare<with_arguments, half, backend>(d, 0x1p-11, 0x1p-20) == "");
  }
  conformance::check_float<product>(drawing{.seed = 5, .low = 0.5, .high = 2}, 0x1p-17);
}

TEST_CASE("reducing a channels-last tensor needs no copy into the other order") {
  static_assert(conformance::reorders<squeeze<float>, backend>() == 1);  // the one that the first layer needs
  static_assert(conformance::reorders<squeeze_keeping<float>, backend>() == 1);
  static_assert(conformance::reorders<over_channels<float>, backend>() == 1);
  static_assert(conformance::reorders<all_but_channels<float>, backend>() == 1);
  static_assert(conformance::reorders<width<float>, backend>() == 2);  // and the output's
  static_assert(conformance::reorders<of_an_input<float>, backend>() == 0);
}

TEST_CASE("values known by hand") {
  check_values<mean_3>({1, 2, 6, -inf, 0, 1}, {3, -inf});
  check_values<max_3>({1, no_number, 2, -inf, -inf, -inf}, {no_number, -inf});
  check_values<min_3>({1, 2, no_number, inf, -0.0, 3}, {no_number, 0});
  check_values<max_column>({1, no_number, 2, 3, 4, no_number}, {3, no_number, no_number});
  check_values<prod_column>({1, 2, 3, 4, -5, 0.5}, {4, -10, 1.5});
}

/// A reduction to two results, compared with values computed by hand. Values stay in T: not all are exact as double.
template <template <class> class Case, class T>
void check_integers(std::vector<T> const& x, std::vector<T> const& expected) {
  using model = Case<T>;
  auto const w = weights<model, backend>::from({});
  REQUIRE(w);
  engine<model, backend> net{*w};
  std::vector<T> y(2, T(77));
  void const* const in[]{x.data()};
  void* const out[]{y.data()};
  net.run_pointers(in, out);
  CHECK(y == expected);
}

TEST_CASE("integers: sums in 64 bits that wrap, means truncate") {
  check_integers<integers_mean, std::int8_t>({100, 120, 123, -1, -2, -4}, {114, -2});
  check_integers<integers_mean, std::uint8_t>({255, 255, 252, 1, 0, 0}, {254, 0});
  check_integers<integers_mean, std::int16_t>({30000, 30000, 30003, -32768, -32768, -32768}, {30001, -32768});
  check_integers<integers_mean, std::uint16_t>({65535, 65535, 65535, 40000, 40001, 40004}, {65535, 40001});
  check_integers<integers_mean, std::int32_t>({2147483647, 2147483647, 2147483644, -2147483647 - 1, -2147483647 - 1, -2147483647}, {2147483646, -2147483647});
  check_integers<integers_mean, std::uint32_t>({4294967295u, 4294967295u, 4294967292u, 3000000000u, 3000000000u, 3000000000u}, {4294967294u, 3000000000u});
  check_integers<integers_sum, std::int16_t>({32767, 1, 0, -32768, -1, 0}, {-32768, 32767});
  check_integers<integers_sum, std::int32_t>({2147483647, 1, 0, -2147483647 - 1, -1, 0}, {-2147483647 - 1, 2147483647});
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
  check_integers<integers_sum, std::int64_t>({most, 1, 0, least, -1, 0}, {least, most});
  check_integers<integers_prod, std::int64_t>({most, 2, 1, least, -1, 1}, {-2, least});
  check_integers<integers_prod, std::int32_t>({65536, 65536, 1, 65535, 65535, 1}, {0, -131071});
  check_integers<integers_max, std::int32_t>({100, 120, 123, -1, -2, -4}, {123, -1});
  check_integers<integers_min, std::uint64_t>({3, ~std::uint64_t{0}, 4, 0, 1, 2}, {3, 0});
}

TEST_CASE("a reduction of nothing") {
  check_integers<nothing_max, std::int8_t>({}, {-128, -128});
  check_integers<nothing_min, std::int16_t>({}, {32767, 32767});
  check_integers<nothing_max, std::uint16_t>({}, {0, 0});
  check_integers<nothing_sum, std::int32_t>({}, {0, 0});
  check_integers<nothing_min, float>({}, {INFINITY, INFINITY});
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

// SPDX-License-Identifier: MIT
// max_pool and average_pool against the reference loops, and against values that ONNX Runtime gives.
#include <dsi/backend/reference/pool.hpp>
#include <dsi/backend/simd/pool.hpp>

#include "native.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

#define INPUT(...) dsi::input<T, __VA_ARGS__>
template <class T>
struct max_pools : graph<named_input<"a", T, 2, 1, 7, 9>, named_input<"b", T, 1, 15, 8, 6>, named_input<"c", T, 1, 16, 7, 7>,
                         named_input<"d", T, 1, 17, 8, 7>, named_input<"e", T, 1, 133, 5, 5>, named_input<"f", T, 1, 33, 13, 12>,
                         named_input<"g", T, 3, 31, 29>, named_input<"h", T, 1, 18, 4, 5, 6>, named_input<"i", T, 2, 20, 6, 6>,
                         node<"a0", max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "a">,
                         node<"b0", max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "b">,
                         node<"c0", max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>, "c">,
                         node<"d0", max_pool2d<max_pool2d_attributes{.kernel = {3, 2}, .stride = {2, 3}, .ceil_mode = true}>, "d">,
                         node<"e0", max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .pad = {1, 0, 1, 2}}>, "e">,
                         node<"f0", max_pool2d<max_pool2d_attributes{.kernel = {5, 4}, .stride = {2, 1}, .dilation = {2, 3}, .pad = {3, 1, 2, 4}}>, "f">,
                         node<"g0", max_pool1d<max_pool1d_attributes{.kernel = 3, .stride = 2, .pad = {1, 1}}>, "g">,
                         node<"h0", max_pool<max_pool_attributes{.at = window{{2, 3, 2}, {2, 1, 2}, {1, 1, 1}, {0, 1, 1}, {0, 1, 0}}}>, "h">,
                         node<"i0", max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "i">, node<"i1", relu, "i0">,
                         output<"a0">, output<"b0">, output<"c0">, output<"d0">, output<"e0">, output<"f0">, output<"g0">, output<"h0">,
                         output<"i1">> {};
template <class T>
struct narrow_max : graph<named_input<"a", T, 1, 17, 8, 7>, named_input<"b", T, 1, 64, 4, 4>, named_input<"c", T, 1, 6, 4, 4>,
                          node<"a0", max_pool2d<max_pool2d_attributes{.kernel = {3, 2}, .stride = {2, 3}, .ceil_mode = true}>, "a">,
                          node<"b0", max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "b">, node<"b1", relu, "b0">,
                          node<"c0", max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "c">, output<"a0">,
                          output<"b1">, output<"c0">> {};
/// An argument of the result's size behind a pool.
template <class T>
struct pool_and_input : graph<named_input<"x", T, 1, 20, 9, 9>, node<"a", max_pool2d<max_pool2d_attributes{.kernel = {2, 2}}>, "x">,
                              node<"b", max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, "a">, node<"y", add, "b", "a">,
                              output<"y">> {};

template <bool Include>
using average_3x3 = average_pool2d<average_pool2d_attributes{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .count_include_pad = Include}>;
template <bool Include>
using average_ceil = average_pool2d<average_pool2d_attributes{.kernel = {3, 4}, .stride = {3, 3}, .pad = {1, 1, 0, 1}, .ceil_mode = true, .count_include_pad = Include}>;
template <class T>
struct average_pools : graph<named_input<"a", T, 1, 1, 6, 8>, named_input<"b", T, 2, 15, 7, 7>, named_input<"c", T, 1, 17, 7, 7>,
                             named_input<"d", T, 1, 32, 7, 8>, named_input<"e", T, 1, 33, 7, 8>, named_input<"f", T, 1, 100, 7, 7>,
                             named_input<"g", T, 1, 16, 11, 9>, named_input<"h", T, 2, 31, 30>, named_input<"i", T, 1, 18, 4, 5, 6>,
                             named_input<"j", T, 1, 24, 6, 6>,
                             node<"a0", average_pool2d<average_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "a">,
                             node<"b0", average_3x3<false>, "b">, node<"c0", average_3x3<true>, "c">,
                             node<"d0", average_ceil<false>, "d">, node<"e0", average_ceil<true>, "e">,
                             node<"f0", average_pool2d<average_pool2d_attributes{.kernel = {7, 7}}>, "f">,
                             node<"g0", average_pool2d<average_pool2d_attributes{.kernel = {3, 2}, .dilation = {2, 3}, .pad = {1, 2, 1, 2}}>, "g">,
                             node<"h0", average_pool1d<average_pool1d_attributes{.kernel = 4, .stride = 2, .pad = {1, 2}}>, "h">,
                             node<"i0", average_pool<average_pool_attributes{.at = window{{2, 2, 3}, {1, 2, 1}, {1, 1, 1}, {0, 1, 1}, {1, 0, 1}}}>, "i">,
                             node<"j0", average_pool2d<average_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "j">,
                             node<"j1", relu, "j0">, output<"a0">, output<"b0">, output<"c0">, output<"d0">, output<"e0">, output<"f0">,
                             output<"g0">, output<"h0">, output<"i0">, output<"j1">> {};
template <class T>
struct narrow_average : graph<named_input<"a", T, 1, 33, 7, 8>, named_input<"b", T, 1, 24, 6, 6>, node<"a0", average_ceil<true>, "a">,
                              node<"b0", average_pool2d<average_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, "b">,
                              node<"b1", relu, "b0">, output<"a0">, output<"b1">> {};

DSI_CASE(row_3_2_ceil, INPUT(1, 1, 6), average_pool1d<average_pool1d_attributes{.kernel = 3, .stride = 2, .pad = {1, 0}, .ceil_mode = true}>);
DSI_CASE(row_4_3_ceil_pad, INPUT(1, 1, 7), average_pool1d<average_pool1d_attributes{.kernel = 4, .stride = 3, .pad = {1, 1}, .ceil_mode = true, .count_include_pad = true}>);
DSI_CASE(row_3_3_ceil, INPUT(1, 1, 6), average_pool1d<average_pool1d_attributes{.kernel = 3, .stride = 3, .pad = {0, 1}, .ceil_mode = true}>);
DSI_CASE(max_row_3, INPUT(1, 1, 6), max_pool1d<max_pool1d_attributes{.kernel = 3}>);
DSI_CASE(max_nothing, INPUT(1, 1, 2), max_pool1d<max_pool1d_attributes{.kernel = 2, .dilation = 3, .pad = {1, 1}}>);
DSI_CASE(bytes, INPUT(1, 3, 4, 4), max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>);

/// Both backends give these values.
template <template <class> class Case>
void check_values(std::vector<double> const& in, std::vector<double> const& expected) {
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, backend>(in), expected, 1e-6, 1e-6) <= 1);
  CHECK(conformance::departure(conformance::outputs<Case<float>, float, reference_backend>(in), expected, 1e-6, 1e-6) <= 1);
  CHECK(conformance::departure(conformance::outputs<Case<double>, double, reference_backend>(in), expected, 1e-6, 1e-6) <= 1);
}

}  // namespace

TEST_CASE("max_pool equals the reference") {
  for (int special : {0, 9}) {
    drawing const d{.seed = 3, .special = special};
    conformance::check_float<max_pools>(d, 0x1p-60);
    conformance::check_floats<narrow_max>(d, 0x1p-60);
    conformance::check_float<pool_and_input>(d, 0x1p-22);
  }
}

TEST_CASE("average_pool equals the reference") {
  for (int special : {0, 40}) {
    drawing const d{.seed = 4, .special = special};
    conformance::check_float<average_pools>(d, 0x1p-20);
    conformance::check_floats<narrow_average>(d, 0x1p-21);
  }
}

TEST_CASE("padding, ceil_mode and count_include_pad are ONNX's") {
  std::vector<double> const x{1, 2, 3, 4, 5, 6};
  check_values<row_3_2_ceil>(x, {1.5, 3, 5});
  check_values<row_3_3_ceil>(x, {2, 5});  // a third window would start in the padding behind the data
  check_values<row_4_3_ceil_pad>(std::vector<double>(7, 1.0), {0.75, 1, 2. / 3});
  check_values<max_row_3>({-1, -2, no_number, -4, -inf, -6}, {no_number, no_number, no_number, -4});
  check_values<max_row_3>({-inf, -inf, -inf, inf, -0.0, 1}, {-inf, inf, inf, inf});
  check_values<max_nothing>({-1, -2}, {-inf});
}

TEST_CASE("max_pool takes integers") {
  std::vector<double> x;
  for (int i = 0; i < 48; ++i) x.push_back(i * 37 % 101);
  auto const bytes_out = conformance::outputs<bytes<std::uint8_t>, std::uint8_t, backend>(x);
  CHECK(bytes_out == conformance::outputs<bytes<double>, double, reference_backend>(x));
  for (double& v : x) v = -v;
  CHECK(conformance::outputs<bytes<std::int8_t>, std::int8_t, backend>(x) == conformance::outputs<bytes<double>, double, reference_backend>(x));
}

TEST_CASE("pooling refuses what ONNX does not define") {
  tensor_desc const x{dtype::f32, layout::row_major, shape(1, 3, 8)};
  op_inputs const in{&x, 1};
  auto const refusal = [&](window const& w) { return infer_pool(w, false, in).reason; };
  CHECK(refusal(window{{3, 1, 1}, {1, 1, 1}, {1, 1, 1}, {2, 0, 0}, {2, 0, 0}}) == invalid::none);
  CHECK(refusal(window{{3, 1, 1}, {1, 1, 1}, {1, 1, 1}, {3, 0, 0}, {0, 0, 0}}) == invalid::pool_padding);
  CHECK(refusal(window{{3, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {-1, 0, 0}}) == invalid::pool_padding);
  CHECK(refusal(window{{9, 1, 1}}) == invalid::window);
  CHECK(refusal(window{{2, 2, 1}}) == invalid::rank);
  CHECK(refusal(window{{2, 1, 1}, {0, 1, 1}}) == invalid::positive);
  tensor_desc const bytes_in{dtype::u8, layout::row_major, shape(1, 3, 8)};
  CHECK(average_pool_attributes{}.infer({&bytes_in, 1}).reason == invalid::input_type);
}

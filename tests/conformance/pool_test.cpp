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
DSI_CASE(max_1_channel, INPUT(2, 1, 7, 9), max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>);
DSI_CASE(max_15_channels, INPUT(1, 15, 8, 6), max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>);
DSI_CASE(max_16_channels, INPUT(1, 16, 7, 7), max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>);
DSI_CASE(max_17_channels_ceil, INPUT(1, 17, 8, 7), max_pool2d<max_pool2d_attributes{.kernel = {3, 2}, .stride = {2, 3}, .ceil_mode = true}>);
DSI_CASE(max_133_channels, INPUT(1, 133, 5, 5), max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .pad = {1, 0, 1, 2}}>);
DSI_CASE(max_5x5_dilated, INPUT(1, 33, 13, 12), max_pool2d<max_pool2d_attributes{.kernel = {5, 4}, .stride = {2, 1}, .dilation = {2, 3}, .pad = {3, 1, 2, 4}}>);
DSI_CASE(max_1d, INPUT(3, 31, 29), max_pool1d<max_pool1d_attributes{.kernel = 3, .stride = 2, .pad = {1, 1}}>);
DSI_CASE(max_3d, INPUT(1, 18, 4, 5, 6), max_pool<max_pool_attributes{.at = window{{2, 3, 2}, {2, 1, 2}, {1, 1, 1}, {0, 1, 1}, {0, 1, 0}}}>);
DSI_CASE(max_relu, INPUT(2, 20, 6, 6), max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, relu);
DSI_CASE(max_twice, INPUT(1, 20, 9, 9), max_pool2d<max_pool2d_attributes{.kernel = {2, 2}}>, residual<max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>>);

template <bool Include>
using average_3x3 = average_pool2d<average_pool2d_attributes{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .count_include_pad = Include}>;
template <bool Include>
using average_ceil = average_pool2d<average_pool2d_attributes{.kernel = {3, 4}, .stride = {3, 3}, .pad = {1, 1, 0, 1}, .ceil_mode = true, .count_include_pad = Include}>;
DSI_CASE(average_1_channel, INPUT(1, 1, 6, 8), average_pool2d<average_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>);
DSI_CASE(average_15_channels, INPUT(2, 15, 7, 7), average_3x3<false>);
DSI_CASE(average_17_channels, INPUT(1, 17, 7, 7), average_3x3<true>);
DSI_CASE(average_32_channels, INPUT(1, 32, 7, 8), average_ceil<false>);
DSI_CASE(average_33_channels, INPUT(1, 33, 7, 8), average_ceil<true>);
DSI_CASE(average_7x7, INPUT(1, 100, 7, 7), average_pool2d<average_pool2d_attributes{.kernel = {7, 7}}>);
DSI_CASE(average_dilated, INPUT(1, 16, 11, 9), average_pool2d<average_pool2d_attributes{.kernel = {3, 2}, .dilation = {2, 3}, .pad = {1, 2, 1, 2}}>);
DSI_CASE(average_1d, INPUT(2, 31, 30), average_pool1d<average_pool1d_attributes{.kernel = 4, .stride = 2, .pad = {1, 2}}>);
DSI_CASE(average_3d, INPUT(1, 18, 4, 5, 6), average_pool<average_pool_attributes{.at = window{{2, 2, 3}, {1, 2, 1}, {1, 1, 1}, {0, 1, 1}, {1, 0, 1}}}>);
DSI_CASE(average_relu, INPUT(1, 24, 6, 6), average_pool2d<average_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>, relu);

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

TEST_CASE_TEMPLATE("max_pool equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 9>) {
  drawing const d{.seed = 3, .special = special::value};
  conformance::check_float<max_1_channel>(d, 0x1p-60);
  conformance::check_float<max_15_channels>(d, 0x1p-60);
  conformance::check_float<max_16_channels>(d, 0x1p-60);
  conformance::check_floats<max_17_channels_ceil>(d, 0x1p-60);
  conformance::check_float<max_133_channels>(d, 0x1p-60);
  conformance::check_float<max_5x5_dilated>(d, 0x1p-60);
  conformance::check_float<max_1d>(d, 0x1p-60);
  conformance::check_float<max_3d>(d, 0x1p-60);
  conformance::check_floats<max_relu>(d, 0x1p-60);
  conformance::check_float<max_twice>(d, 0x1p-22);
}

TEST_CASE_TEMPLATE("average_pool equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 40>) {
  drawing const d{.seed = 4, .special = special::value};
  conformance::check_float<average_1_channel>(d, 0x1p-21);
  conformance::check_float<average_15_channels>(d, 0x1p-21);
  conformance::check_float<average_17_channels>(d, 0x1p-21);
  conformance::check_float<average_32_channels>(d, 0x1p-21);
  conformance::check_floats<average_33_channels>(d, 0x1p-21);
  conformance::check_float<average_7x7>(d, 0x1p-20);
  conformance::check_float<average_dilated>(d, 0x1p-21);
  conformance::check_float<average_1d>(d, 0x1p-21);
  conformance::check_float<average_3d>(d, 0x1p-21);
  conformance::check_floats<average_relu>(d, 0x1p-21);
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
  CHECK(refusal(window{{3, 1, 1}, {1, 1, 1}, {1, 1, 1}, {3, 0, 0}, {0, 0, 0}}) == invalid::custom);
  CHECK(refusal(window{{3, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {-1, 0, 0}}) == invalid::custom);
  CHECK(refusal(window{{9, 1, 1}}) == invalid::window);
  CHECK(refusal(window{{2, 2, 1}}) == invalid::rank);
  CHECK(refusal(window{{2, 1, 1}, {0, 1, 1}}) == invalid::positive);
  tensor_desc const bytes_in{dtype::u8, layout::row_major, shape(1, 3, 8)};
  CHECK(average_pool_attributes{}.infer({&bytes_in, 1}).reason == invalid::input_type);
}

// SPDX-License-Identifier: MIT
// layer_norm and rms_norm against the reference loops, with expressions and their arguments behind them.
#include <dsi/backend/reference/layer_norm.hpp>
#include <dsi/backend/reference/rms_norm.hpp>
#include <dsi/backend/simd/layer_norm.hpp>
#include <dsi/backend/simd/rms_norm.hpp>
#include <dsi/op/gelu.hpp>
#include <dsi/op/mul.hpp>

#include "native.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;

#define INPUT(...) dsi::input<T, __VA_ARGS__>
template <int Axis, bool Bias = true>
using norm_from = layer_norm<layer_norm_attributes{.axis = Axis, .bias = Bias}>;
DSI_CASE(row_1, INPUT(3, 1), layer_norm<>);
DSI_CASE(row_15, INPUT(3, 15), layer_norm<>);
DSI_CASE(row_16, INPUT(3, 16), layer_norm<>);
DSI_CASE(row_33, INPUT(2, 5, 33), layer_norm<>);
DSI_CASE(row_128, INPUT(3, 128), layer_norm<>);
DSI_CASE(row_129, INPUT(3, 129), layer_norm<>);
DSI_CASE(row_768, INPUT(4, 768), layer_norm<>);
DSI_CASE(two_dims, INPUT(2, 3, 7, 11), norm_from<2>);
DSI_CASE(every_dim, INPUT(3, 7, 11), norm_from<0, false>);
DSI_CASE(wide_epsilon, INPUT(3, 40), layer_norm<layer_norm_attributes{.epsilon = constant(0.5f)}>);
DSI_CASE(then_gelu, INPUT(4, 70), layer_norm<>, gelu);
DSI_CASE(rms_15, INPUT(3, 15), rms_norm<>);
DSI_CASE(rms_64, INPUT(3, 64), rms_norm<>);
DSI_CASE(rms_300, INPUT(2, 3, 300), rms_norm<>);
DSI_CASE(rms_two_dims, INPUT(2, 3, 40), rms_norm<rms_norm_attributes{.axis = -2, .epsilon = constant(1e-6f)}>);

/// (norm(x) * g + r) where g is per row or per column and r has the result's size.
template <class T>
struct with_arguments : graph<named_input<"x", T, 2, 5, 37>, named_input<"r", T, 2, 5, 37>, parameter<"scale", T, 37>, parameter<"bias", T, 37>,
                              parameter<"row", T, 5, 1>, parameter<"column", T, 37>, parameter<"one", T, 1>, node<"n", norm_from<-1>, "x", "scale", "bias">,
                              node<"a", mul, "n", "row">, node<"b", mul, "column", "a">, node<"c", mul, "b", "one">, node<"y", add, "c", "r">, output<"y">> {};
template <class T>
struct rms_gate : graph<named_input<"x", T, 3, 200>, parameter<"scale", T, 200>, parameter<"g", T, 3, 1>, node<"n", rms_norm<>, "x", "scale">,
                        node<"y", mul, "n", "g">, output<"y">> {};

}  // namespace

TEST_CASE_TEMPLATE("normalization equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 300>) {
  drawing const d{.seed = 7, .special = special::value};
  constexpr double error = 0x1p-19;
  conformance::check_float<row_1>(d, error);
  conformance::check_floats<row_15>(d, error);
  conformance::check_float<row_16>(d, error);
  conformance::check_float<row_33>(d, error);
  conformance::check_float<row_128>(d, error);
  conformance::check_float<row_129>(d, error);
  conformance::check_floats<row_768>(d, error);
  conformance::check_float<two_dims>(d, error);
  conformance::check_float<every_dim>(d, error);
  conformance::check_float<wide_epsilon>(d, error);
  conformance::check_float<then_gelu>(d, error);
  conformance::check_float<rms_15>(d, error);
  conformance::check_floats<rms_64>(d, error);
  conformance::check_floats<rms_300>(d, error);
  conformance::check_float<rms_two_dims>(d, error);
  conformance::check_float<with_arguments>(d, error);
  conformance::check_float<rms_gate>(d, error);
}

TEST_CASE("a large mean does not swamp the deviations") {
  drawing const d{.seed = 8, .low = 4095, .high = 4097};
  // scale and bias are near 4096, too: in units of them, 2^-18
  conformance::check_float<row_33>(d, 0x1p-6);
  conformance::check_float<row_768>(d, 0x1p-6);
}

TEST_CASE("expressions behind a normalization run with it") {
  static_assert(dsi::network<with_arguments<float>, backend>::plan.step_count == 1);
  static_assert(dsi::network<then_gelu<float>, backend>::plan.step_count == 1);
}

TEST_CASE("normalization refuses what does not fit") {
  tensor_desc const good[]{{dtype::f32, layout::row_major, shape(2, 8)}, {dtype::f32, layout::row_major, shape(8)}, {dtype::f32, layout::row_major, shape(1, 8)}};
  CHECK(layer_norm_attributes{}.infer({good, 3}).reason == invalid::none);
  CHECK(layer_norm_attributes{}.infer({good, 2}).reason == invalid::input_count);
  CHECK(layer_norm_attributes{.axis = 0}.infer({good, 3}).reason == invalid::parameter_extent);
  CHECK(layer_norm_attributes{.axis = 2}.infer({good, 3}).reason == invalid::axis);
  CHECK(rms_norm_attributes{}.infer({good, 2}).reason == invalid::none);
  tensor_desc const mixed[]{{dtype::f32, layout::row_major, shape(2, 8)}, {dtype::f16, layout::row_major, shape(8)}};
  CHECK(rms_norm_attributes{}.infer({mixed, 2}).reason == invalid::types_differ);
}

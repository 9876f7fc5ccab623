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
template <class T>
struct layer_norms : graph<named_input<"a", T, 3, 1>, parameter<"a0.scale", T, 1>, parameter<"a0.bias", T, 1>,
                           named_input<"b", T, 3, 15>, parameter<"b0.scale", T, 15>, parameter<"b0.bias", T, 15>,
                           named_input<"c", T, 3, 16>, parameter<"c0.scale", T, 16>, parameter<"c0.bias", T, 16>,
                           named_input<"d", T, 3, 128>, parameter<"d0.scale", T, 128>, parameter<"d0.bias", T, 128>,
                           named_input<"e", T, 3, 129>, parameter<"e0.scale", T, 129>, parameter<"e0.bias", T, 129>,
                           named_input<"f", T, 2, 3, 7, 11>, parameter<"f0.scale", T, 7, 11>, parameter<"f0.bias", T, 7, 11>,
                           named_input<"g", T, 3, 7, 11>, parameter<"g0.scale", T, 3, 7, 11>, named_input<"h", T, 3, 40>,
                           parameter<"h0.scale", T, 40>, parameter<"h0.bias", T, 40>, named_input<"i", T, 4, 70>,
                           parameter<"i0.scale", T, 70>, parameter<"i0.bias", T, 70>,
                           node<"a0", layer_norm<>, "a", "a0.scale", "a0.bias">, node<"b0", layer_norm<>, "b", "b0.scale", "b0.bias">,
                           node<"c0", layer_norm<>, "c", "c0.scale", "c0.bias">, node<"d0", layer_norm<>, "d", "d0.scale", "d0.bias">,
                           node<"e0", layer_norm<>, "e", "e0.scale", "e0.bias">, node<"f0", norm_from<2>, "f", "f0.scale", "f0.bias">,
                           node<"g0", norm_from<0, false>, "g", "g0.scale">,
                           node<"h0", layer_norm<layer_norm_attributes{.epsilon = constant(0.5f)}>, "h", "h0.scale", "h0.bias">,
                           node<"i0", layer_norm<>, "i", "i0.scale", "i0.bias">, node<"i1", gelu, "i0">, output<"a0">, output<"b0">,
                           output<"c0">, output<"d0">, output<"e0">, output<"f0">, output<"g0">, output<"h0">, output<"i1">> {};
template <class T>
struct rms_norms : graph<named_input<"a", T, 3, 15>, parameter<"a0.scale", T, 15>, named_input<"b", T, 3, 64>,
                         parameter<"b0.scale", T, 64>, named_input<"c", T, 2, 3, 300>, parameter<"c0.scale", T, 300>,
                         named_input<"d", T, 2, 3, 40>, parameter<"d0.scale", T, 3, 40>, node<"a0", rms_norm<>, "a", "a0.scale">,
                         node<"b0", rms_norm<>, "b", "b0.scale">, node<"c0", rms_norm<>, "c", "c0.scale">,
                         node<"d0", rms_norm<rms_norm_attributes{.axis = -2, .epsilon = constant(1e-6f)}>, "d", "d0.scale">,
                         output<"a0">, output<"b0">, output<"c0">, output<"d0">> {};
template <class T>
struct narrow : graph<named_input<"a", T, 3, 15>, parameter<"a0.scale", T, 15>, parameter<"a0.bias", T, 15>, named_input<"b", T, 4, 768>,
                      parameter<"b0.scale", T, 768>, parameter<"b0.bias", T, 768>, named_input<"c", T, 3, 64>,
                      parameter<"c0.scale", T, 64>, named_input<"d", T, 2, 300>, parameter<"d0.scale", T, 300>,
                      node<"a0", layer_norm<>, "a", "a0.scale", "a0.bias">, node<"b0", layer_norm<>, "b", "b0.scale", "b0.bias">,
                      node<"c0", rms_norm<>, "c", "c0.scale">, node<"d0", rms_norm<>, "d", "d0.scale">, output<"a0">, output<"b0">,
                      output<"c0">, output<"d0">> {};
DSI_CASE(row_33, INPUT(2, 5, 33), layer_norm<>);
DSI_CASE(row_768, INPUT(4, 768), layer_norm<>);
DSI_CASE(then_gelu, INPUT(4, 70), layer_norm<>, gelu);

/// (norm(x) * g + r) where g is per row or per column and r has the result's size.
template <class T>
struct with_arguments : graph<named_input<"x", T, 2, 5, 37>, named_input<"r", T, 2, 5, 37>, parameter<"scale", T, 37>, parameter<"bias", T, 37>,
                              parameter<"row", T, 5, 1>, parameter<"column", T, 37>, parameter<"one", T, 1>, node<"n", norm_from<-1>, "x", "scale", "bias">,
                              node<"a", mul, "n", "row">, node<"b", mul, "column", "a">, node<"c", mul, "b", "one">, node<"y", add, "c", "r">, output<"y">> {};
template <class T>
struct rms_gate : graph<named_input<"x", T, 3, 200>, parameter<"scale", T, 200>, parameter<"g", T, 3, 1>, node<"n", rms_norm<>, "x", "scale">,
                        node<"y", mul, "n", "g">, output<"y">> {};

}  // namespace

TEST_CASE("normalization equals the reference") {
  for (int special : {0, 300}) {
    drawing const d{.seed = 7, .special = special};
    conformance::check_float<layer_norms>(d, 0x1p-19);
    conformance::check_float<rms_norms>(d, 0x1p-19);
    conformance::check_floats<narrow>(d, 0x1p-19);
    conformance::check_float<with_arguments>(d, 0x1p-19);
    conformance::check_float<rms_gate>(d, 0x1p-19);
  }
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

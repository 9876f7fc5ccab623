// SPDX-License-Identifier: MIT
// Fully connected layer on 8-bit integers.
#pragma once

#include <dsi/op/quantize.hpp>

namespace DSI_NAMESPACE {

/// Fully connected layer on affine integers: x stands for scale_x * (x - zero_x), row o of W for scale_w[o] * W.
///   sum[o] = bias[o] + sum over k of x[k] * W[o][k]                 in 32-bit integers
///   y[o]   = clamp(round_even(float(sum) * multiplier[o]) + zero, low, high)      to uint8: requantize()
///   y[o]   = float(sum[o]) * multiplier[o]                                        to float
/// What the scales and zero points mean is in the parameters, never in the type (quantize/quantize_weights.hpp computes them):
///   bias[o]        round(b[o] / (scale_x * scale_w[o])) - zero_x * sum over k of W[o][k]
///   multiplier[o]  scale_x * scale_w[o] / scale_y, without scale_y to float
///   range          zero, low, high: the zero point of y and the ends of its range; low = zero is a ReLU
/// Shape    x [..., In], W [Out, In] row-major, bias [Out], multiplier [Out], range [3] (to uint8 alone) -> y [..., Out]
/// Types    x uint8, W int8, bias int32, multiplier float, range int32; y uint8 or float
/// Error    exact: the same bytes on every backend. The sum wraps; up to 65,000 inputs it cannot, the bias apart.
/// Fuses    to float: any elementwise expression
struct dense_int8_attributes {
  static constexpr std::string_view name = "dense_int8";
  static constexpr bool reads_quantized = true;
  static constexpr bool keeps_float(int input) { return input == 3; }
  index out = 0;  ///< number of outputs; only a pipeline, which creates the weight from it, needs it
  dtype to = dtype::u8;

  constexpr op_traits traits_for(op_inputs) const {
    return {.anchor = to == dtype::f32, .layouts = layout_rule::row_major, .weight = weight_role::matrix};
  }
  constexpr inferred infer(op_inputs in) const {
    if (to != dtype::u8 && to != dtype::f32) return {invalid::input_type, 4, static_cast<index>(to)};
    int const count = to == dtype::u8 ? 5 : 4;
    if (in.count != count) return {invalid::input_count, count, in.count};
    constexpr dtype types[]{dtype::u8, dtype::i8, dtype::i32, dtype::f32, dtype::i32};
    for (int i = 0; i < count; ++i)
      if (in[i].type != types[i]) return {invalid::input_type, i, static_cast<index>(in[i].type)};
    if (in[0].rank() < 1) return {invalid::rank, 1, in[0].rank()};
    if (in[1].rank() != 2) return {invalid::rank, 2, in[1].rank()};
    if (in[1][1] != in[0][in[0].rank() - 1]) return {invalid::dense_inputs, in[1][1], in[0][in[0].rank() - 1]};
    if (in[2].size() != in[1][0]) return {invalid::bias_extent, in[1][0], in[2].size()};
    if (in[3].size() != in[1][0]) return {invalid::parameter_extent, in[1][0], in[3].size()};
    if (count == 5 && in[4].size() != 3) return {invalid::parameter_extent, 3, in[4].size()};
    tensor_desc y{to, layout::row_major, in[0].extents};
    y.extents.dim[y.rank() - 1] = in[1][0];
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const { return y.size() * in[1][1]; }
  constexpr parameter_list parameters(op_inputs in) const {
    parameter_list p;
    if (in[0].rank() < 1) return p;
    p.push_back("weight", {dtype::i8, layout::row_major, shape(out, in[0][in[0].rank() - 1])});
    p.push_back("bias", {dtype::i32, layout::row_major, shape(out)});
    p.push_back("multiplier", {dtype::f32, layout::row_major, shape(out)});
    if (to == dtype::u8) p.push_back("range", {dtype::i32, layout::row_major, shape(3)});
    return p;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("out", out);
    f("to", to);
  }
  constexpr bool operator==(dense_int8_attributes const&) const = default;
};
/// To: std::uint8_t, or float for a layer whose result leaves the integers.
template <index Out, class To = std::uint8_t>
using dense_int8 = with_attributes<dense_int8_attributes{.out = Out, .to = dtype_of<To>}>;

}  // namespace DSI_NAMESPACE

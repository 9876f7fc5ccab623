// SPDX-License-Identifier: MIT
// Between floats and affine integers.
#pragma once

#include <dsi/numeric/affine.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

namespace detail {
constexpr bool is_byte(dtype t) { return t == dtype::u8 || t == dtype::i8; }
constexpr bool is_small_float(dtype t) { return t == dtype::f32 || t == dtype::f16 || t == dtype::bf16; }

/// x, scale and zero point, the last two with one element: constants of the network, so that a new calibration changes weights only.
constexpr inferred infer_conversion(op_inputs in, dtype integers, dtype from, dtype to) {
  if (in.count != 3) return {invalid::input_count, 3, in.count};
  if (in[0].type != from) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
  if (in[1].type != dtype::f32) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
  if (in[2].type != integers) return {invalid::input_type, 2, static_cast<index>(in[2].type)};
  for (int i = 1; i < 3; ++i)
    if (in[i].size() != 1) return {invalid::parameter_extent, 1, in[i].size()};
  return tensor_desc{to, layout::row_major, in[0].extents};
}
constexpr parameter_list conversion_parameters(dtype integers) {
  parameter_list p;
  p.push_back("scale", {dtype::f32, layout::row_major, shape(1)});
  p.push_back("zero_point", {integers, layout::row_major, shape(1)});
  return p;
}
}  // namespace detail

/// y = saturate(round(x / scale) + zero_point), ties to even: quantize_value. ONNX: QuantizeLinear with one scale per tensor.
/// Shape    x [...], scale [1] float, zero_point [1] of y's type -> y [...]
/// Types    x float, half, bfloat16; y uint8, int8
/// Error    exact: the same bytes on every backend
struct quantize_attributes {
  static constexpr std::string_view name = "quantize";
  static constexpr op_traits traits{.layouts = layout_rule::same};
  dtype to = dtype::u8;

  constexpr inferred infer(op_inputs in) const {
    if (!detail::is_byte(to)) return {invalid::input_type, 2, static_cast<index>(to)};
    if (in.count > 0 && !detail::is_small_float(in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    return detail::infer_conversion(in, to, in.count > 0 ? in[0].type : dtype::f32, to);
  }
  constexpr parameter_list parameters(op_inputs) const { return detail::conversion_parameters(to); }
  static constexpr bool keeps_float(int input) { return input == 1; }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(quantize_attributes const&) const = default;
};
/// T: std::uint8_t or std::int8_t.
template <class T = std::uint8_t>
using quantize = with_attributes<quantize_attributes{dtype_of<T>}>;

/// y = scale * (x - zero_point): dequantize_value. ONNX: DequantizeLinear with one scale per tensor.
/// Shape    x [...], scale [1] float, zero_point [1] of x's type -> y [...]
/// Types    x uint8, int8; y float, half, bfloat16 (rounded from float)
/// Error    one rounding: the same bits on every backend
struct dequantize_attributes {
  static constexpr std::string_view name = "dequantize";
  static constexpr op_traits traits{.layouts = layout_rule::same};
  static constexpr bool reads_quantized = true;
  dtype to = dtype::f32;

  constexpr inferred infer(op_inputs in) const {
    if (!detail::is_small_float(to)) return {invalid::input_type, 2, static_cast<index>(to)};
    if (in.count > 0 && !detail::is_byte(in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    return detail::infer_conversion(in, in.count > 0 ? in[0].type : dtype::u8, in.count > 0 ? in[0].type : dtype::u8, to);
  }
  constexpr parameter_list parameters(op_inputs in) const { return detail::conversion_parameters(in[0].type); }
  static constexpr bool keeps_float(int input) { return input == 1; }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(dequantize_attributes const&) const = default;
};
/// T: float, half or bfloat16.
template <class T = float>
using dequantize = with_attributes<dequantize_attributes{dtype_of<T>}>;

}  // namespace DSI_NAMESPACE

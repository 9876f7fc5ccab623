// SPDX-License-Identifier: MIT
// ONNX's operators on integers that stand for real numbers: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear, and the
// products of such integers.
#pragma once

#include <algorithm>
#include <cmath>

#include <dsi/backend/reference/quantize.hpp>
#include <dsi/import/bind/linear.hpp>
#include <dsi/import/bind/window.hpp>
#include <dsi/import/element_table.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/div.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/maximum.hpp>
#include <dsi/op/minimum.hpp>
#include <dsi/op/quantize.hpp>
#include <dsi/op/reduce_max.hpp>
#include <dsi/op/reduce_min.hpp>
#include <dsi/op/round_to_integer.hpp>
#include <dsi/op/slice.hpp>
#include <dsi/op/sub.hpp>

namespace DSI_NAMESPACE::import::detail {

/// The integers that a quantized type holds.
struct integer_range {
  double low = 0, high = 0;
};
inline integer_range range_of(dtype t) {
  return visit_dtype(t, []<class T>(T) {
    if constexpr (std::is_integral_v<T>) return integer_range{static_cast<double>(std::numeric_limits<T>::min()), static_cast<double>(std::numeric_limits<T>::max())};
    else return integer_range{};
  });
}
inline bool is_quantized_type(dtype t) { return t == dtype::u8 || t == dtype::i8 || t == dtype::u16 || t == dtype::i16; }
inline bool is_byte_input(binding& b, int i) {
  if (b.desc(i).type == dtype::u8 || b.desc(i).type == dtype::i8) return true;
  return b.refuse("input " + std::to_string(i) + " is " + std::string(name_of(b.desc(i).type)) + "; dsi multiplies int8 and uint8", "quantize the model to 8 bits"), false;
}

/// A value with other extents; the same value when it has them.
inline int with_extents(binding& b, int v, shape const& to) {
  return v < 0 || b.desc_of(v).extents == to ? v : b.emit(reshape_attributes{to}, {v});
}
/// The first n elements along an axis.
inline int first_along(binding& b, int v, int axis, index n) {
  if (v < 0 || b.desc_of(v)[axis] == n) return v;
  slice_attributes a;
  for (int d = 0; d < b.desc_of(v).rank(); ++d) {
    a.start.push_back(0);
    a.step.push_back(1);
    a.size.push_back(d == axis ? n : b.desc_of(v)[d]);
  }
  return b.emit(a, {v});
}

/// A scale or zero point so that it broadcasts to x: one for all, one for each index of an axis, or one for each block along it.
inline int quantization_parameter(binding& b, int v, int axis, index block) {
  if (v < 0) return -1;
  tensor_desc const d = b.desc_of(v), x = b.desc(0);
  if (d.size() == 1 && d.rank() <= 1) return with_extents(b, v, {});
  auto const refuse = [&b] { return b.refuse("its scale or zero point fits neither the axis nor its blocks", "export the model again, or correct axis and block_size"), -1; };
  if (block == 0) {
    if (d.rank() != 1 || axis >= x.rank() || d[0] != x[axis]) return refuse();
    shape to(d[0]);
    for (int i = axis + 1; i < x.rank(); ++i) to.push_back(1);
    return with_extents(b, v, to);
  }
  if (d.rank() != x.rank() || d.rank() == max_rank) return refuse();
  shape split, repeated, merged = d.extents;
  for (int i = 0; i < d.rank(); ++i) {
    if (d[i] != (i == axis ? ceil_div(x[i], block) : x[i])) return refuse();
    split.push_back(d[i]);
    repeated.push_back(d[i]);
    if (i != axis) continue;
    split.push_back(1);
    repeated.push_back(block);
  }
  merged.dim[axis] = checked_product(d[axis], block);
  int const all = b.emit(expand_attributes{repeated}, {with_extents(b, v, split)});
  return first_along(b, with_extents(b, all, merged), axis, x[axis]);
}
struct quantization_place {
  int axis = 0;
  index block = 0;
};
/// False when the node was refused.
inline bool read_place(binding& b, quantization_place& p) {
  p.block = b.integer("block_size", 0);
  if (p.block < 0 || p.block > index{1} << 40) return b.refuse("block_size is " + std::to_string(p.block), "correct the attribute block_size"), false;
  if (b.desc(1).size() == 1 && b.rank(1) <= 1) return true;  // one for all: the axis does not matter
  p.axis = b.axis(b.integer("axis", 1), b.rank(0));
  return !b.refused();
}

/// round(x) + zero, ties to even, kept in the range of the type. x is float; zero a value of the type, or -1.
inline int quantized(binding& b, int x, int zero, dtype to) {
  int y = b.emit(round_to_integer{}, {x});
  if (zero >= 0) y = b.emit(add{}, {y, b.cast_to(zero, dtype::f32)});
  integer_range const r = range_of(to);
  y = b.emit(clip_attributes{bits_of(static_cast<float>(r.low)), bits_of(static_cast<float>(r.high))}, {y});
  return b.cast_to(y, to);
}

inline void bind_quantize(binding& b) {
  dtype to = dtype::u8;
  if (b.has(2)) to = b.desc(2).type;
  if (std::int64_t const given = b.integer("output_dtype", 0); given != 0) {
    auto const type = dtype_of_onnx(given);
    if (!type || (b.has(2) && *type != to)) return b.refuse("output_dtype (" + std::to_string(given) + ") is not the type of its zero point, or none that dsi has", "correct the attribute output_dtype");
    to = *type;
  }
  if (!is_quantized_type(to)) return b.refuse("it quantizes to " + std::string(name_of(to)), "quantize to int8, uint8, int16 or uint16");
  // Since opset 23 the quotient has the precision of the scale, unless the node says another.
  dtype precision = b.opset() < 23 || b.desc(1).type == dtype::f64 ? dtype::f32 : b.desc(1).type;
  if (std::int64_t const given = b.integer("precision", 0); given != 0) {
    auto const type = dtype_of_onnx(given);
    if (!type || !is_floating(*type)) return b.refuse("precision (" + std::to_string(given) + ") is no floating-point type that dsi has", "correct the attribute precision");
    precision = *type;
  }
  if (!is_floating(precision)) return b.refuse("its scale is " + std::string(name_of(precision)), "use a scale of a floating-point type");
  quantization_place p;
  if (!read_place(b, p)) return;
  int const scale = quantization_parameter(b, b.input(1), p.axis, p.block), zero = quantization_parameter(b, b.input(2), p.axis, p.block);
  bool const is_byte = to == dtype::u8 || to == dtype::i8, one_zero = zero < 0 || b.desc_of(zero).size() == 1;
  if (is_byte && precision == dtype::f32 && b.desc_of(scale).size() == 1 && one_zero) {
    dtype const type = b.desc(0).type;
    int const x = type == dtype::f16 || type == dtype::bf16 ? b.input(0) : b.cast_to(b.input(0), dtype::f32);
    return b.finish(b.emit(quantize_attributes{to}, {x, b.cast_to(scale, dtype::f32), zero >= 0 ? zero : b.scalar(to, 0)}));
  }
  int const quotient = b.emit(div{}, {b.cast_to(b.input(0), precision), b.cast_to(scale, precision)});
  b.finish(quantized(b, b.cast_to(quotient, dtype::f32), zero, to));
}

inline void bind_dequantize(binding& b) {
  dtype const from = b.desc(0).type;
  dtype to = b.desc(1).type;
  if (!is_quantized_type(from) && from != dtype::i32) return b.refuse("its input is " + std::string(name_of(from)), "quantize to int8, uint8, int16 or uint16");
  if (std::int64_t const given = b.integer("output_dtype", 0); given != 0) to = dtype_of_onnx(given).value_or(dtype::boolean);
  if (!is_floating(to) || !is_floating(b.desc(1).type)) return b.refuse("its scale or output_dtype is no floating-point type that dsi has", "use float, float16, bfloat16 or double");
  if (b.has(2) && b.desc(2).type != from) return b.refuse("its zero point is no " + std::string(name_of(from)), "export the model again");
  quantization_place p;
  if (!read_place(b, p)) return;
  int const scale = quantization_parameter(b, b.input(1), p.axis, p.block), zero = quantization_parameter(b, b.input(2), p.axis, p.block);
  bool const is_byte = from == dtype::u8 || from == dtype::i8, one_zero = zero < 0 || b.desc_of(zero).size() == 1;
  if (is_byte && to != dtype::f64 && b.desc_of(scale).size() == 1 && one_zero)
    return b.finish(b.emit(dequantize_attributes{to}, {b.input(0), b.cast_to(scale, dtype::f32), zero >= 0 ? zero : b.scalar(from, 0)}));
  // A difference of 16-bit integers is a float, one of 32-bit integers is made before it becomes one.
  dtype const between = from == dtype::i32 ? dtype::i32 : dtype::f32, product = to == dtype::f64 ? dtype::f64 : dtype::f32;
  int y = b.cast_to(b.input(0), between);
  if (zero >= 0) y = b.emit(sub{}, {y, b.cast_to(zero, between)});
  b.finish(b.cast_to(b.emit(mul{}, {b.cast_to(y, product), b.cast_to(scale, product)}), to));
}

/// Scale and zero point from the input's own range, which is made to hold 0.
inline void bind_dynamic_quantize(binding& b) {
  if (b.desc(0).type != dtype::f32) return b.refuse("its input is " + std::string(name_of(b.desc(0).type)), "put a Cast to float before it");
  int const zero = b.scalar(dtype::f32, 0.f);
  int const high = b.emit(maximum{}, {b.emit(reduce_max_attributes{.keepdims = false}, {b.input(0)}), zero});
  int const low = b.emit(minimum{}, {b.emit(reduce_min_attributes{.keepdims = false}, {b.input(0)}), zero});
  int const scale = b.emit(div{}, {b.emit(sub{}, {high, low}), b.scalar(dtype::f32, 255.f)});
  int const point = quantized(b, b.emit(div{}, {b.emit(sub{}, {zero, low}), scale}), -1, dtype::u8);
  b.finish(0, b.emit(quantize_attributes{dtype::u8}, {b.input(0), scale, point}));
  b.finish(1, scale);
  b.finish(2, point);
}

// ---------------------------------------------------------------- products

/// Integers and their zero point (or -1), which broadcasts to them.
struct quantized_operand {
  int x = -1, zero = -1;
};
/// x - zero in type t.
inline int difference(binding& b, quantized_operand v, dtype t) {
  int const x = b.cast_to(v.x, t);
  return v.zero < 0 ? x : b.emit(sub{}, {x, b.cast_to(v.zero, t)});
}
/// The values that a constant has or its type can hold.
inline integer_range values_of(binding& b, int v) {
  import_value const& value = b.graph().value(v);
  if (!value.constant || value.data->size() == 0) return range_of(value.desc.type);
  integer_range r{static_cast<double>(integer_at(value.data, 0)), static_cast<double>(integer_at(value.data, 0))};
  for (index i = 1; i < value.data->size(); ++i) {
    r.low = std::min(r.low, static_cast<double>(integer_at(value.data, i)));
    r.high = std::max(r.high, static_cast<double>(integer_at(value.data, i)));
  }
  return r;
}
/// The greatest |x - zero|.
inline double magnitude(binding& b, quantized_operand v) {
  integer_range const x = values_of(b, v.x), zero = v.zero < 0 ? integer_range{} : values_of(b, v.zero);
  return std::max(std::abs(x.high - zero.low), std::abs(x.low - zero.high));
}
/// The greatest sum of |w| of an output, for weights of int32 [outer, terms, inner] of which terms are summed.
inline double heaviest(onnx_tensor const& w, index outer, index terms, index inner) {
  double most = 0;
  for (index o = 0; o < outer; ++o)
    for (index i = 0; i < inner; ++i) {
      double sum = 0;
      for (index k = 0; k < terms; ++k) sum += std::abs(static_cast<double>(w.at<std::int32_t>((o * terms + k) * inner + i)));
      most = std::max(most, sum);
    }
  return most;
}
/// The type to multiply in. A float holds every integer up to 2^24: when no sum, in whatever order, can be larger, the float
/// kernels give exactly the integers' result, and they are the fast ones. Otherwise 32-bit integers.
/// w: x - zero of the weights in int32, which is a constant when they are; outer, terms, inner: as in heaviest().
inline dtype product_type(binding& b, quantized_operand x, quantized_operand w_operand, int w, index outer, index terms, index inner, double bias) {
  if (b.refused()) return dtype::i32;
  import_value const& weights = b.graph().value(w);
  double const sum = weights.constant ? heaviest(weights.data, outer, terms, inner) : magnitude(b, w_operand) * static_cast<double>(terms);
  return magnitude(b, x) * sum + bias <= 16777216.0 ? dtype::f32 : dtype::i32;
}

/// For the operand on the left (columns false) or right of a product: one value for all, or one for each row or column.
inline int matrix_parameter(binding& b, int i, int operand, bool columns) {
  if (!b.has(i)) return -1;
  tensor_desc const d = b.desc(i), x = b.desc(operand);
  if (d.size() == 1) return with_extents(b, b.input(i), {});
  if (d.rank() == 1 && x.rank() >= 2 && d[0] == x[x.rank() - (columns ? 1 : 2)]) return with_extents(b, b.input(i), columns ? shape(d[0]) : shape(d[0], 1));
  bool fits = d.rank() == x.rank() && d.rank() >= 2 && d[d.rank() - (columns ? 2 : 1)] == 1;
  for (int k = 0; fits && k < d.rank(); ++k) fits = d[k] == x[k] || k == d.rank() - (columns ? 2 : 1);
  if (fits) return b.input(i);
  return b.refuse("input " + std::to_string(i) + " has neither one value nor one for each " + (columns ? "column" : "row"), "export the model again"), -1;
}
/// Product of (a - zero) and (w - zero), in float or int32; both hold it exactly.
inline int integer_product(binding& b, quantized_operand a, quantized_operand w) {
  tensor_desc const left = b.desc_of(a.x), right = b.desc_of(w.x);
  int const w32 = difference(b, w, dtype::i32);
  if (b.refused() || left.rank() < 1 || right.rank() < 1) return b.refuse("its operands must have rank 1 or more", "reshape them"), -1;
  index const terms = right[right.rank() == 1 ? 0 : right.rank() - 2], inner = right.rank() == 1 ? 1 : right[right.rank() - 1];
  index const outer = terms == 0 || inner == 0 ? 0 : right.size() / terms / inner;
  dtype const t = product_type(b, a, w, w32, outer, terms, inner, 0);
  return emit_product(b, difference(b, a, t), b.cast_to(w32, t));
}
inline void bind_matmul_integer(binding& b) {
  if (!is_byte_input(b, 0) || !is_byte_input(b, 1)) return;
  quantized_operand const a{b.input(0), matrix_parameter(b, 2, 0, false)}, w{b.input(1), matrix_parameter(b, 3, 1, true)};
  if (!b.refused()) b.finish(b.cast_to(integer_product(b, a, w), dtype::i32));
}

/// The factor from sums of products to the result's integers.
inline int rescale(binding& b, int x_scale, int w_scale, int y_scale) {
  auto const number = [&b](int v) { return b.cast_to(v, dtype::f32); };
  return b.emit(div{}, {b.emit(mul{}, {number(x_scale), number(w_scale)}), number(y_scale)});
}
inline void bind_qlinear_matmul(binding& b) {
  if (!is_byte_input(b, 0) || !is_byte_input(b, 3) || !is_byte_input(b, 7)) return;
  quantized_operand const a{b.input(0), matrix_parameter(b, 2, 0, false)}, w{b.input(3), matrix_parameter(b, 5, 3, true)};
  int const a_scale = matrix_parameter(b, 1, 0, false), w_scale = matrix_parameter(b, 4, 3, true);
  if (!b.refused() && (b.desc(6).size() != 1 || b.desc(7).size() != 1))
    return b.refuse("y_scale or y_zero_point has one value for each row", "quantize the result with one scale");
  if (b.refused()) return;
  int const sum = b.cast_to(integer_product(b, a, w), dtype::f32);
  int const factor = rescale(b, a_scale, w_scale, with_extents(b, b.input(6), {}));
  b.finish(quantized(b, b.emit(mul{}, {sum, factor}), with_extents(b, b.input(7), {}), b.desc(7).type));
}

/// One value for all of a convolution's weight, or one for each output channel, which is dimension `at` of a tensor of this rank.
inline int channel_parameter(binding& b, int i, index channels, int rank, int at) {
  if (!b.has(i)) return -1;
  if (b.desc(i).size() == 1) return with_extents(b, b.input(i), {});
  if (b.rank(i) != 1 || b.desc(i)[0] != channels)
    return b.refuse("input " + std::to_string(i) + " has neither one value nor one for each output channel", "export the model again"), -1;
  shape to(channels);
  for (int d = at + 1; d < rank; ++d) to.push_back(1);
  return with_extents(b, b.input(i), to);
}
/// Convolution of (x - zero) and (w - zero), and the bias of int32, in float or int32.
inline int integer_convolution(binding& b, quantized_operand x, quantized_operand w, int weight, int bias) {
  conv_attributes a;
  if (!read_conv(b, weight, a)) return -1;
  int const w32 = difference(b, w, dtype::i32);
  double bias_size = 0;
  if (bias >= 0) {
    integer_range const r = values_of(b, bias);
    bias_size = std::max(std::abs(r.low), std::abs(r.high));
  }
  index const outputs = b.desc(weight)[0];
  dtype const t = product_type(b, x, w, w32, outputs, outputs == 0 ? 0 : b.desc(weight).size() / outputs, 1, bias_size);
  return emit_conv(b, a, difference(b, x, t), b.cast_to(w32, t), bias < 0 ? -1 : b.cast_to(bias, t));
}
inline bool has_one_value(binding& b, int i) {
  if (!b.has(i) || b.desc(i).size() == 1) return true;
  return b.refuse("input " + std::to_string(i) + " must have one value", "quantize with one scale for each tensor; weights may have one for each channel"), false;
}
inline void bind_conv_integer(binding& b) {
  if (!is_byte_input(b, 0) || !is_byte_input(b, 1) || !has_one_value(b, 2)) return;
  quantized_operand const x{b.input(0), b.has(2) ? with_extents(b, b.input(2), {}) : -1};
  quantized_operand const w{b.input(1), channel_parameter(b, 3, b.rank(1) > 0 ? b.desc(1)[0] : 0, b.rank(1), 0)};
  if (!b.refused()) b.finish(b.cast_to(integer_convolution(b, x, w, 1, -1), dtype::i32));
}
inline void bind_qlinear_conv(binding& b) {
  if (!is_byte_input(b, 0) || !is_byte_input(b, 3) || !is_byte_input(b, 7)) return;
  for (int i : {1, 2, 6, 7})
    if (!has_one_value(b, i)) return;
  if (b.has(8) && b.desc(8).type != dtype::i32) return b.refuse("its bias is " + std::string(name_of(b.desc(8).type)), "export the model again: it must be int32");
  index const channels = b.rank(3) > 0 ? b.desc(3)[0] : 0;
  quantized_operand const x{b.input(0), with_extents(b, b.input(2), {})}, w{b.input(3), channel_parameter(b, 5, channels, b.rank(3), 0)};
  int const w_scale = channel_parameter(b, 4, channels, b.rank(0), 1);
  if (b.refused()) return;
  int const sum = b.cast_to(integer_convolution(b, x, w, 3, b.input(8)), dtype::f32);
  int const factor = rescale(b, with_extents(b, b.input(1), {}), w_scale, with_extents(b, b.input(6), {}));
  b.finish(quantized(b, b.emit(mul{}, {sum, factor}), with_extents(b, b.input(7), {}), b.desc(7).type));
}

inline void add_quantized(onnx_table& table) {
  table["QuantizeLinear"] = {&bind_quantize, 2, 3, "axis block_size output_dtype precision saturate"};
  table["DequantizeLinear"] = {&bind_dequantize, 2, 3, "axis block_size output_dtype"};
  table["DynamicQuantizeLinear"] = {&bind_dynamic_quantize, 1, 1, {}};
  table["MatMulInteger"] = {&bind_matmul_integer, 2, 4, {}};
  table["QLinearMatMul"] = {&bind_qlinear_matmul, 8, 8, {}};
  table["ConvInteger"] = {&bind_conv_integer, 2, 4, "auto_pad dilations group kernel_shape pads strides"};
  table["QLinearConv"] = {&bind_qlinear_conv, 8, 9, "auto_pad dilations group kernel_shape pads strides"};
}

}  // namespace DSI_NAMESPACE::import::detail

// SPDX-License-Identifier: MIT
// ONNX's elementwise operators: those without attributes name themselves, the others are read here.
#pragma once

#include <dsi/backend/reference/bit_cast.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/import/element_table.hpp>
#include <dsi/op/bit_cast.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/celu.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/elementwise_list.hpp>
#include <dsi/op/elu.hpp>
#include <dsi/op/hard_sigmoid.hpp>
#include <dsi/op/is_inf.hpp>
#include <dsi/op/leaky_relu.hpp>
#include <dsi/op/modulo.hpp>
#include <dsi/op/selu.hpp>
#include <dsi/op/shrink.hpp>
#include <dsi/op/thresholded_relu.hpp>

namespace DSI_NAMESPACE::import::detail {

template <class Op>
void bind_elementwise(binding& b) {
  std::vector<int> in;
  for (int i = 0; i < b.input_count(); ++i) in.push_back(b.input(i));
  b.finish(b.emit(Op{}, in));
}
template <class... Op>
void add_named(type_pack<Op...>, onnx_table& table) {
  using add = void (*)(onnx_table&);
  add const all[]{[](onnx_table& t) {
    if constexpr (requires { Op::onnx; })
      if (!Op::onnx.empty()) t[std::string(Op::onnx)] = {&bind_elementwise<Op>, Op::arity, Op::arity, {}};
  }...};
  for (add a : all) a(table);
}

/// Min, Max, Sum, Mean: any number of operands, two at a time.
template <class Op>
int chain_of_inputs(binding& b) {
  int y = b.input(0);
  for (int i = 1; i < b.input_count(); ++i) y = b.emit(Op{}, {y, b.input(i)});
  return y;
}
template <class Op>
void bind_variadic(binding& b) { b.finish(chain_of_inputs<Op>(b)); }
inline void bind_mean(binding& b) {
  int y = chain_of_inputs<add>(b);
  if (b.input_count() > 1) y = b.emit(div{}, {y, b.scalar(b.desc(0).type, b.input_count())});
  b.finish(y);
}

/// Limits as attributes before opset 11, inputs since. Constants that a float holds are a clip, which fuses and is fast; any
/// other limits are tensors of the input's own type.
inline void bind_clip(binding& b) {
  dtype const type = b.desc(0).type;
  bool const old = b.opset() < 11;
  int limit[2]{b.input(1), b.input(2)};
  char const* const names[]{"min", "max"};
  for (int k = 0; k < 2; ++k) {
    if (old && b.has_attribute(names[k])) limit[k] = b.scalar(type, b.real(names[k], 0));
    // The type's own end is no limit.
    if (old && b.real(names[k], 0) == (k == 0 ? std::numeric_limits<float>::lowest() : std::numeric_limits<float>::max())) limit[k] = -1;
    if (limit[k] >= 0 && b.desc_of(limit[k]).size() != 1) return b.refuse(std::string(names[k]) + " is not one number", "export the model again");
  }
  auto const is_known = [&](int k) { return limit[k] < 0 || b.graph().value(limit[k]).constant; };
  bool const in_float = type == dtype::f32 || type == dtype::f16 || type == dtype::bf16;
  if (!in_float || !is_known(0) || !is_known(1)) {
    int y = b.input(0);
    if (limit[0] >= 0) y = b.emit(maximum{}, {y, limit[0]});
    if (limit[1] >= 0) y = b.emit(minimum{}, {y, limit[1]});
    return b.finish(y);
  }
  clip_attributes a;
  for (int k = 0; k < 2; ++k) {
    if (limit[k] < 0) continue;
    if (b.desc_of(limit[k]).type != type) return b.refuse(std::string(names[k]) + " has another type than the input", "put a Cast before it");
    float const v = converted(b.graph().value(limit[k]).data, dtype::f32).at<float>(0);
    if (!(v == v)) return b.refuse(std::string(names[k]) + " is not a number", "correct it");
    (k == 0 ? a.low : a.high) = bits_of(v);
  }
  b.finish(b.emit(a, {b.input(0)}));
}
inline void bind_gelu(binding& b) {
  std::string const how = b.text("approximate", "none");
  if (how != "none" && how != "tanh") return b.refuse("approximate is " + in_quotes(how), "use none or tanh");
  if (how == "tanh") b.finish(b.emit(gelu_tanh{}, {b.input(0)}));
  else b.finish(b.emit(gelu{}, {b.input(0)}));
}
/// x * sigmoid(alpha x).
inline int swish_of(binding& b, int x, float alpha) {
  if (alpha == 1) return b.emit(silu{}, {x});
  int const scaled = b.emit(mul{}, {x, b.scalar(b.desc_of(x).type, alpha)});
  return b.emit(mul{}, {x, b.emit(sigmoid{}, {scaled})});
}
inline void bind_swish(binding& b) { b.finish(swish_of(b, b.input(0), b.real("alpha", 1))); }
inline void bind_swiglu(binding& b) {
  if (!(b.desc(0).extents == b.desc(1).extents)) return b.refuse("its inputs have different extents", "expand or reshape one of them");
  b.finish(b.emit(mul{}, {swish_of(b, b.input(0), b.real("alpha", 1)), b.input(1)}));
}
/// The result has the base's type whatever the exponent's: mixed integers meet in int64, anything else in double.
inline void bind_pow(binding& b) {
  dtype const base = b.desc(0).type, exponent = b.desc(1).type;
  auto const power_in = [&](dtype t) { b.finish(b.cast_to(b.emit(power{}, {b.cast_to(b.input(0), t), b.cast_to(b.input(1), t)}), base)); };
  power_in(is_floating(base) || base == exponent ? base : is_floating(exponent) ? dtype::f64 : dtype::i64);
}
/// Floats by way of double: there the remainder is exact, and it always has a float's digits.
inline void bind_mod(binding& b) {
  dtype const type = b.desc(0).type;
  modulo_attributes const a{b.integer("fmod", 0) != 0};
  if (!is_floating(type)) return b.finish(b.emit(a, {b.input(0), b.input(1)}));
  b.finish(b.cast_to(b.emit(a, {b.cast_to(b.input(0), dtype::f64), b.cast_to(b.input(1), dtype::f64)}), type));
}
inline void bind_bit_shift(binding& b) {
  std::string const direction = b.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") return b.refuse("direction is " + in_quotes(direction), "use LEFT or RIGHT");
  b.finish(b.emit(bit_shift_attributes{direction == "LEFT"}, {b.input(0), b.input(1)}));
}
inline void bind_bit_cast(binding& b) {
  auto const to = dtype_of_onnx(b.integer("to", 0));
  if (!to) return b.refuse("its target type (" + std::to_string(b.integer("to", 0)) + ") is not supported", "use float, double, float16, bfloat16, bool or an integer of 8 to 64 bits");
  if (size_of(*to) != size_of(b.desc(0).type))
    return b.refuse("its input is " + std::string(name_of(b.desc(0).type)) + " and its target type is " + std::string(name_of(*to)), "use a type of the same size");
  b.finish(*to == b.desc(0).type ? b.input(0) : b.emit(bit_cast_attributes{*to}, {b.input(0)}));
}
inline void bind_is_inf(binding& b) { b.finish(b.emit(is_inf_attributes{b.integer("detect_positive", 1) != 0, b.integer("detect_negative", 1) != 0}, {b.input(0)})); }
inline void bind_shrink(binding& b) { b.finish(b.emit(shrink_attributes{bits_of(b.real("lambd", 0.5f)), bits_of(b.real("bias", 0))}, {b.input(0)})); }
inline void bind_hard_sigmoid(binding& b) {
  b.finish(b.emit(hard_sigmoid_attributes{bits_of(b.real("alpha", 0.2f)), bits_of(b.real("beta", 0.5f))}, {b.input(0)}));
}
/// Operators with the attribute alpha alone.
template <class Value>
void bind_alpha(binding& b) {
  Value a;
  if (b.has_attribute("alpha")) a.alpha = bits_of(b.real("alpha", 0));
  b.finish(b.emit(a, {b.input(0)}));
}
inline void bind_selu(binding& b) {
  selu_attributes a;
  if (b.has_attribute("alpha")) a.alpha = bits_of(b.real("alpha", 0));
  if (b.has_attribute("gamma")) a.gamma = bits_of(b.real("gamma", 0));
  b.finish(b.emit(a, {b.input(0)}));
}

inline void add_elementwise(onnx_table& table) {
  add_named(elementwise_operators{}, table);
  table["Pow"] = {&bind_pow, 2, 2, {}};
  table["Mod"] = {&bind_mod, 2, 2, "fmod"};
  table["BitShift"] = {&bind_bit_shift, 2, 2, "direction"};
  table["Min"] = {&bind_variadic<minimum>, 1, any_number, {}};
  table["Max"] = {&bind_variadic<maximum>, 1, any_number, {}};
  table["Sum"] = {&bind_variadic<add>, 1, any_number, {}};
  table["Mean"] = {&bind_mean, 1, any_number, {}};
  table["Clip"] = {&bind_clip, 1, 3, "max min"};
  table["Gelu"] = {&bind_gelu, 1, 1, "approximate"};
  table["Swish"] = {&bind_swish, 1, 1, "alpha"};
  table["SwiGLU"] = {&bind_swiglu, 2, 2, "alpha"};
  table["BitCast"] = {&bind_bit_cast, 1, 1, "to"};
  table["IsInf"] = {&bind_is_inf, 1, 1, "detect_negative detect_positive"};
  table["Shrink"] = {&bind_shrink, 1, 1, "bias lambd"};
  table["HardSigmoid"] = {&bind_hard_sigmoid, 1, 1, "alpha beta"};
  table["LeakyRelu"] = {&bind_alpha<leaky_relu_attributes>, 1, 1, "alpha"};
  table["Elu"] = {&bind_alpha<elu_attributes>, 1, 1, "alpha"};
  table["Celu"] = {&bind_alpha<celu_attributes>, 1, 1, "alpha"};
  table["Selu"] = {&bind_selu, 1, 1, "alpha gamma"};
  table["ThresholdedRelu"] = {&bind_alpha<thresholded_relu_attributes>, 1, 1, "alpha"};
}

}  // namespace DSI_NAMESPACE::import::detail

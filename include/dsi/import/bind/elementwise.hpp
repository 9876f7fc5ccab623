// SPDX-License-Identifier: MIT
// ONNX's elementwise operators: those without attributes name themselves, the others are read here.
#pragma once

#include <dsi/import/bind/table.hpp>
#include <dsi/op/celu.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/elementwise_list.hpp>
#include <dsi/op/elu.hpp>
#include <dsi/op/hard_sigmoid.hpp>
#include <dsi/op/leaky_relu.hpp>
#include <dsi/op/selu.hpp>
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
      if (!Op::onnx.empty()) t[std::string(Op::onnx)] = &bind_elementwise<Op>;
  }...};
  for (add a : all) a(table);
}

/// Min, Max, Sum, Mean: any number of operands, two at a time.
template <class Op>
void bind_variadic(binding& b) {
  if (b.input_count() < 1) return b.refuse("has no input", "export the model again");
  int y = b.input(0);
  for (int i = 1; i < b.input_count(); ++i) y = b.emit(Op{}, {y, b.input(i)});
  b.finish(y);
}

/// Limits as attributes before opset 11, constant inputs since.
inline void bind_clip(binding& b) {
  constexpr float infinity = __builtin_inff();
  bool const old = b.opset() < 11;
  float const low = old ? b.real("min", -infinity) : static_cast<float>(b.constant_number(1, static_cast<double>(-infinity), "min"));
  float const high = old ? b.real("max", infinity) : static_cast<float>(b.constant_number(2, static_cast<double>(infinity), "max"));
  b.finish(b.emit(clip_attributes{bits_of(low), bits_of(high)}, {b.input(0)}));
}
inline void bind_gelu(binding& b) {
  if (b.text("approximate", "none") == "tanh") b.finish(b.emit(gelu_tanh{}, {b.input(0)}));
  else b.finish(b.emit(gelu{}, {b.input(0)}));
}
/// x * sigmoid(alpha x).
inline void bind_swish(binding& b) {
  float const alpha = b.real("alpha", 1);
  if (alpha == 1) return b.finish(b.emit(silu{}, {b.input(0)}));
  int const scaled = b.emit(mul{}, {b.input(0), b.scalar(b.desc(0).type, static_cast<double>(alpha))});
  b.finish(b.emit(mul{}, {b.input(0), b.emit(sigmoid{}, {scaled})}));
}
inline void bind_mean(binding& b) {
  int y = b.input(0);
  for (int i = 1; i < b.input_count(); ++i) y = b.emit(add{}, {y, b.input(i)});
  if (b.input_count() > 1) y = b.emit(div{}, {y, b.scalar(b.desc(0).type, static_cast<double>(b.input_count()))});
  b.finish(y);
}

inline void add_elementwise(onnx_table& table) {
  add_named(elementwise_operators{}, table);
  table["Min"] = &bind_variadic<minimum>;
  table["Max"] = &bind_variadic<maximum>;
  table["Sum"] = &bind_variadic<add>;
  table["Mean"] = &bind_mean;
  table["Clip"] = &bind_clip;
  table["Gelu"] = &bind_gelu;
  table["Swish"] = &bind_swish;
  table["HardSigmoid"] = [](binding& b) { b.finish(b.emit(hard_sigmoid_attributes{bits_of(b.real("alpha", 0.2f)), bits_of(b.real("beta", 0.5f))}, {b.input(0)})); };
  table["LeakyRelu"] = [](binding& b) { b.finish(b.emit(leaky_relu_attributes{bits_of(b.real("alpha", 0.01f))}, {b.input(0)})); };
  table["Elu"] = [](binding& b) { b.finish(b.emit(elu_attributes{bits_of(b.real("alpha", 1.f))}, {b.input(0)})); };
  table["Celu"] = [](binding& b) { b.finish(b.emit(celu_attributes{bits_of(b.real("alpha", 1.f))}, {b.input(0)})); };
  table["Selu"] = [](binding& b) { b.finish(b.emit(selu_attributes{bits_of(b.real("alpha", 1.67326319217681884765625f)), bits_of(b.real("gamma", 1.05070102214813232421875f))}, {b.input(0)})); };
  table["ThresholdedRelu"] = [](binding& b) { b.finish(b.emit(thresholded_relu_attributes{bits_of(b.real("alpha", 1.f))}, {b.input(0)})); };
}

}  // namespace DSI_NAMESPACE::import::detail

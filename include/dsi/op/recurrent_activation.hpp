// SPDX-License-Identifier: MIT
// The activation functions that ONNX's recurrent operators may use, as values.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elu.hpp>
#include <dsi/op/leaky_relu.hpp>
#include <dsi/op/softplus.hpp>
#include <dsi/op/softsign.hpp>

namespace DSI_NAMESPACE {

/// ONNX's list for RNN, GRU and LSTM. a and b are alpha and beta.
enum class activation_kind : std::uint8_t {
  sigmoid,           ///< 1 / (1 + e^-x)
  tanh,
  relu,
  affine,            ///< a x + b
  leaky_relu,        ///< x, below 0 a x
  thresholded_relu,  ///< x, below a 0
  scaled_tanh,       ///< a tanh(b x)
  hard_sigmoid,      ///< a x + b, kept in [0, 1]
  elu,               ///< x, below 0 a (e^x - 1)
  softsign,          ///< x / (1 + |x|)
  softplus,          ///< log(1 + e^x)
};

/// An activation function with its numbers.
struct recurrent_activation {
  activation_kind kind = activation_kind::tanh;
  float_bits alpha{};
  float_bits beta{};
  constexpr bool operator==(recurrent_activation const&) const = default;
};

/// ONNX's name of each kind, alpha and beta where the node gives none (0 where the function has no such number).
struct activation_name {
  std::string_view onnx;
  activation_kind kind;
  float_bits alpha, beta;
  bool has_alpha, has_beta;
};
inline constexpr activation_name activation_names[] = {
    {"Sigmoid", activation_kind::sigmoid, {}, {}, false, false},
    {"Tanh", activation_kind::tanh, {}, {}, false, false},
    {"Relu", activation_kind::relu, {}, {}, false, false},
    {"Affine", activation_kind::affine, constant(1.f), constant(0.f), true, true},
    {"LeakyRelu", activation_kind::leaky_relu, constant(0.01f), {}, true, false},
    {"ThresholdedRelu", activation_kind::thresholded_relu, constant(1.f), {}, true, false},
    {"ScaledTanh", activation_kind::scaled_tanh, constant(1.f), constant(1.f), true, true},
    {"HardSigmoid", activation_kind::hard_sigmoid, constant(0.2f), constant(0.5f), true, true},
    {"Elu", activation_kind::elu, constant(1.f), {}, true, false},
    {"Softsign", activation_kind::softsign, {}, {}, false, false},
    {"Softplus", activation_kind::softplus, {}, {}, false, false},
};

/// The function with ONNX's default numbers: activation_of(activation_kind::hard_sigmoid).
constexpr recurrent_activation activation_of(activation_kind kind) {
  for (activation_name const& n : activation_names)
    if (n.kind == kind) return {kind, n.alpha, n.beta};
  return {kind, {}, {}};
}

/// The function of kind K with the numbers of a, for one value V, scalar or vector. NaN in gives NaN out. Error: that of the
/// operators of the same name.
template <activation_kind K, class V>
DSI_HD DSI_INLINE V activate_as(recurrent_activation a, V x) {
  [[maybe_unused]] float const alpha = a.alpha.value(), beta = a.beta.value();
  if constexpr (K == activation_kind::sigmoid) return math::sigmoid(x);
  else if constexpr (K == activation_kind::tanh) return math::tanh(x);
  else if constexpr (K == activation_kind::relu) return math::relu(x);
  else if constexpr (K == activation_kind::affine) return math::fma(V(alpha), x, V(beta));
  else if constexpr (K == activation_kind::leaky_relu) return leaky_relu_attributes{a.alpha}.apply(x);
  else if constexpr (K == activation_kind::thresholded_relu) return math::select(x < V(alpha), V(0), x);
  else if constexpr (K == activation_kind::scaled_tanh) return V(alpha) * math::tanh(V(beta) * x);
  else if constexpr (K == activation_kind::hard_sigmoid) return math::clamp(math::fma(V(alpha), x, V(beta)), V(0), V(1));
  else if constexpr (K == activation_kind::elu) return elu_attributes{a.alpha}.apply(x);
  else if constexpr (K == activation_kind::softsign) return softsign::apply(x);
  else return softplus::apply(x);
}
/// A(x), with A known to the compiler.
template <recurrent_activation A, class V>
DSI_HD DSI_INLINE V activate(V x) { return activate_as<A.kind>(A, x); }

/// a(x), with a known at run time: for the reference loops.
template <class V>
V activate_any(recurrent_activation a, V x) {
  switch (a.kind) {
    case activation_kind::sigmoid: return activate_as<activation_kind::sigmoid>(a, x);
    case activation_kind::tanh: return activate_as<activation_kind::tanh>(a, x);
    case activation_kind::relu: return activate_as<activation_kind::relu>(a, x);
    case activation_kind::affine: return activate_as<activation_kind::affine>(a, x);
    case activation_kind::leaky_relu: return activate_as<activation_kind::leaky_relu>(a, x);
    case activation_kind::thresholded_relu: return activate_as<activation_kind::thresholded_relu>(a, x);
    case activation_kind::scaled_tanh: return activate_as<activation_kind::scaled_tanh>(a, x);
    case activation_kind::hard_sigmoid: return activate_as<activation_kind::hard_sigmoid>(a, x);
    case activation_kind::elu: return activate_as<activation_kind::elu>(a, x);
    case activation_kind::softsign: return activate_as<activation_kind::softsign>(a, x);
    case activation_kind::softplus: return activate_as<activation_kind::softplus>(a, x);
  }
  return x;
}

/// x kept in [-limit, limit] in front of an activation; a limit of 0 means none. NaN stays NaN.
template <float_bits Limit, class V>
DSI_HD DSI_INLINE V clip_gate(V x) {
  constexpr float limit = Limit.value();
  if constexpr (limit == 0.f) return x;
  else return math::clamp(x, V(-limit), V(limit));
}

}  // namespace DSI_NAMESPACE

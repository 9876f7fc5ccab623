// SPDX-License-Identifier: MIT
// The operator contract: what passes, kernels and the import tool may ask of an operator.
//
// An operator is an aggregate whose value says what to compute; it holds no data and loops over none:
//
//   static constexpr std::string_view name          "conv"
//   static constexpr op_traits traits               or: constexpr op_traits traits_for(op_inputs) const
//   constexpr inferred infer(op_inputs) const       output descriptions, or why the inputs do not fit
//   constexpr index macs(op_inputs, tensor_desc out) const          optional; 0 when absent
//   constexpr parameter_list parameters(op_inputs) const            optional; what a pipeline adds behind the inputs
//   template <class F> constexpr void each_field(F&&) const         optional; attributes, for hashing and the emitter
//   static constexpr std::string_view batch_field   optional; the attribute whose extents follow the batch size
//   constexpr bool keeps_float(int input) const     optional; input stays float when the network becomes half (as<half, Model>)
//   template <class V> V apply(V...) const          elementwise operators: one element, generic over scalar and vector
//
// As a type, an operator without attributes is itself (`relu`); one with attributes is `with_attributes<value>`
// (`conv2d<{.out = 8, .kernel = {3, 3}}>`). op_value<Op> gives the value of either.
#pragma once

#include <bit>
#include <concepts>
#include <string_view>

#include <dsi/numeric/float_bits.hpp>
#include <dsi/op/invalid.hpp>
#include <dsi/tensor/tensor.hpp>

namespace DSI_NAMESPACE {

/// Which memory orders an operator accepts. Weights are not meant; see weight_role.
enum class layout_rule : std::uint8_t {
  row_major,         ///< inputs and outputs in ONNX's order
  same,              ///< any order, the same for every full-size input and output
  channels_last,     ///< prefers channels_last for input 0 and its output
  channels_last_out, ///< reads either order, writes channels_last (a first convolution with few channels)
  any,               ///< reads and writes any combination (strided copies)
};

/// How kernels may want a constant input packed; kernel/pack.hpp maps it to a layout.
enum class weight_role : std::uint8_t {
  none,         ///< used as it is
  matrix,       ///< [outputs, inputs] of a product
  convolution,  ///< [out, in, k...] or, with groups, [groups, out / groups, in / groups, k...]
  recurrent,    ///< [directions, gates * hidden, inputs]
};

/// How rows (dimension 2) of an output [N, C, rows, columns] come from those of input 0: row r reads rows r * stride - pad_begin +
/// k * dilation, k < kernel, zeros outside. kernel 0: in some other way. An operator with pads here has without_row_padding(),
/// its value for an input that has those zeros in it.
struct row_window {
  index kernel = 0, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;
  /// Input rows that n output rows read.
  constexpr index reach(index n) const { return (n - 1) * stride + (kernel - 1) * dilation + 1; }
  constexpr bool one_to_one() const { return kernel == 1 && stride == 1 && pad_begin == 0 && pad_end == 0; }
};

/// What passes may know of an operator. They never ask which operator it is, so that a user's own passes through.
struct op_traits {
  bool elementwise = false;  ///< has apply(); inputs broadcast to the output
  bool anchor = false;       ///< an elementwise expression can be fused behind it
  bool foldable = false;     ///< linear with weights in input 1 and bias in input 2: takes an affine operator into them
  bool affine = false;       ///< y = x * scale[c] + shift[c] when all inputs but the first are constants; has affine()
  bool view = false;         ///< the output is the input's bytes under other extents
  bool permutes = false;     ///< output dimension d is input dimension permutation[d]; costs nothing where memory orders agree
  std::uint8_t permutation[max_rank]{};
  layout_rule layouts = layout_rule::row_major;
  weight_role weight = weight_role::none;  ///< role of input 1 when it is a parameter
  weight_role weight2 = weight_role::none; ///< role of input 2 when it is a parameter
  row_window rows{};         ///< for bands of rows that go through several operators
  bool winograd = false;     ///< a convolution in one group whose 3x3 window moves by single elements in two dimensions
};

/// Descriptions of a node's inputs.
struct op_inputs {
  tensor_desc const* desc = nullptr;
  int count = 0;
  constexpr tensor_desc const& operator[](int i) const { return desc[i]; }
};

/// The most inputs and outputs of one node.
inline constexpr int max_inputs = 128;
inline constexpr int max_outputs = 16;

/// What infer() answers: the outputs, or the reason with its two numbers.
struct inferred {
  tensor_desc out[max_outputs]{};
  int count = 0;
  invalid reason = invalid::none;
  index a = 0, b = 0;

  constexpr inferred() = default;
  constexpr inferred(tensor_desc const& only) : out{only}, count(1) {}  // NOLINT(google-explicit-constructor)
  constexpr inferred(invalid why, index first, index second) : reason(why), a(first), b(second) {}
  constexpr explicit operator bool() const { return reason == invalid::none; }
  constexpr void push_back(tensor_desc const& d) { out[count++] = d; }
};

/// a + b for a, b >= 0, or -1 when the sum does not fit or one of them is already -1.
constexpr index checked_sum(index a, index b) { return a < 0 || b < 0 || a > detail::index_limit - b ? -1 : a + b; }
/// a * b for a, b >= 0, at most the largest index: costs saturate.
constexpr index capped_product(index a, index b) {
  index const p = checked_product(a, b);
  return p < 0 ? detail::index_limit : p;
}

/// Constant inputs that a pipeline creates for an operator.
struct parameter_list {
  static constexpr int capacity = 6;
  tensor_desc desc[capacity]{};
  std::string_view name[capacity]{};
  int count = 0;
  constexpr void push_back(std::string_view n, tensor_desc const& d) {
    name[count] = n;
    desc[count++] = d;
  }
};

namespace detail {
template <class Op>
concept has_attributes = requires { Op::attributes; };
}  // namespace detail

/// An operator type made from an attribute value.
/// An alias writes with_attributes<attributes(A)>: nvcc loses the value when its own parameter A is handed on as it is.
template <auto Value>
struct with_attributes {
  static constexpr auto attributes = Value;
  using value_type = decltype(Value);
};

/// The operator's value: its attributes, or itself when it has none.
template <class Op>
DSI_HD constexpr auto op_value() {
  if constexpr (detail::has_attributes<Op>) return Op::attributes;
  else return Op{};
}
template <class Op>
using op_value_t = decltype(op_value<Op>());

/// Why a tensor cannot be: too many dimensions, extents that do not fit.
constexpr inferred refusal_of(tensor_desc const& t) {
  if (t.rank() < 0 || t.rank() > max_rank) return {invalid::too_many_dims, max_rank, t.rank() < 0 ? -t.rank() : t.rank()};
  if (!has_valid_extents(t)) return {invalid::overflow, 0, 0};
  return {};
}
/// What an operator infers, with every tensor checked before and after: no operator sees extents whose product overflows, and
/// none gives any.
template <class Value>
constexpr inferred infer_of(Value const& op, op_inputs in) {
  for (int i = 0; i < in.count; ++i)
    if (inferred const r = refusal_of(in[i]); !r) return r;
  inferred const y = op.infer(in);
  if (!y) return y;
  for (int o = 0; o < y.count; ++o)
    if (inferred const r = refusal_of(y.out[o]); !r) return r;
  return y;
}
/// True when input i of an operator stays float in a network of another floating-point type.
template <class Value>
constexpr bool keeps_float(Value const& op, int i) {
  if constexpr (requires { op.keeps_float(i); }) return op.keeps_float(i);
  else return false;
}

template <class Value>
constexpr op_traits traits_of(Value const& op, op_inputs in) {
  if constexpr (requires { op.traits_for(in); }) return op.traits_for(in);
  else return Value::traits;
}
template <class Value>
constexpr index macs_of(Value const& op, op_inputs in, tensor_desc const& out) {
  if constexpr (requires { op.macs(in, out); }) return op.macs(in, out);
  else return 0;
}
template <class Value>
constexpr parameter_list parameters_of(Value const& op, op_inputs in) {
  if constexpr (requires { op.parameters(in); }) return op.parameters(in);
  else return parameter_list();
}

/// A hash of the operator and its attributes, for the structure hash that ties weights to a network.
template <class Value>
constexpr std::uint64_t hash_of(Value const& op) {
  hasher h;
  h.add_text(Value::name.data(), Value::name.size());
  if constexpr (requires { op.each_field([](auto const&...) {}); })
    op.each_field([&h]([[maybe_unused]] std::string_view field_name, auto const& field) {
      using field_type = std::remove_cvref_t<decltype(field)>;
      if constexpr (std::is_array_v<field_type>) {
        for (auto const& f : field) h.add(static_cast<std::uint64_t>(f));
      } else if constexpr (std::is_same_v<field_type, float_bits>) {
        h.add(field.bits);
      } else if constexpr (std::is_same_v<field_type, shape>) {
        h.add(static_cast<std::uint64_t>(field.rank));
        // Weights do not depend on the batch size, so what follows it is left out.
        bool follows_batch = false;
        if constexpr (requires { Value::batch_field; }) follows_batch = field_name == Value::batch_field;
        for (int i = 0; i < field.rank && !follows_batch; ++i) h.add(static_cast<std::uint64_t>(field[i]));
      } else {
        h.add(static_cast<std::uint64_t>(field));
      }
    });
  return h.value;
}

/// True for an operator type.
template <class Op>
concept operator_type = requires(op_inputs in) {
  { op_value_t<Op>::name } -> std::convertible_to<std::string_view>;
  { op_value<Op>().infer(in) } -> std::same_as<inferred>;
};

}  // namespace DSI_NAMESPACE

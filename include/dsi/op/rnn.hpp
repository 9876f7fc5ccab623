// SPDX-License-Identifier: MIT
// Simple recurrent layer: a whole sequence, and one step with its state in the engine.
#pragma once

#include <dsi/op/recurrent.hpp>

namespace DSI_NAMESPACE {

/// ONNX RNN: h = f(W x + R h + Wb + Rb).
/// Shape    x [T, N, In], W [D, H, In], R [D, H, H], B [D, 2 H], initial h [D, N, H]
///          -> Y [T, D, N, H], Y_h [D, N, H]; D = 2 for bidirectional, else 1.
///          batch_first (ONNX layout 1): x [N, T, In], states [N, D, H], Y [N, T, D, H]
/// Types    float, half, bfloat16, double; h and all sums in numeric_traits<T>::accumulator from the first step to the last
/// Clip     of what goes into f
/// Not      sequence_lens: rnn_lengths
struct rnn_attributes {
  static constexpr std::string_view name = "rnn";
  static constexpr op_traits traits = recurrent_traits;
  index hidden = 0;
  recurrent_direction direction = recurrent_direction::forward;
  bool batch_first = false;
  bool bias = true;        ///< which inputs there are behind x, W and R, in this order
  bool initial_h = false;
  bool y = true;           ///< which outputs there are, in this order
  bool y_h = false;
  float_bits clip{};       ///< 0: none
  recurrent_activation activation[2]{};  ///< tanh

  constexpr recurrent_form form() const {
    recurrent_form f{.kind = recurrent_form::rnn, .hidden = hidden, .direction = direction, .batch_first = batch_first, .bias = bias,
                     .initial_h = initial_h, .y = y, .y_h = y_h, .clip = clip};
    for (int i = 0; i < 2; ++i) f.activation[i] = activation[i];
    return f;
  }
  constexpr inferred infer(op_inputs in) const { return infer_recurrent(form(), in); }
  constexpr index macs(op_inputs in, tensor_desc const&) const { return recurrent_macs(form(), in); }
  constexpr parameter_list parameters(op_inputs in) const { return recurrent_parameters(form(), in); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("hidden", hidden);
    f("direction", direction);
    f("batch_first", batch_first);
    f("bias", bias);
    f("initial_h", initial_h);
    f("y", y);
    f("y_h", y_h);
    f("clip", clip);
    detail::each_activation(f, activation);
  }
  constexpr bool operator==(rnn_attributes const&) const = default;
};
template <rnn_attributes A>
using rnn = with_attributes<rnn_attributes(A)>;

/// One step of a simple recurrent layer for every run(): x [..., In] -> h [..., H]. h lives in the engine's state, starts as
/// zeros, and follows reset(), save() and restore(). Leading extents are independent streams. Otherwise as rnn_attributes.
/// Parameters  weight [1, H, In], recurrence [1, H, H], bias [1, 2 H]: those of ONNX RNN
/// Bits        equal to those of rnn over the whole sequence on the same backend
struct rnn_cell_attributes {
  static constexpr std::string_view name = "rnn_cell";
  static constexpr op_traits traits = recurrent_traits;
  index hidden = 0;
  bool bias = true;
  float_bits clip{};
  recurrent_activation activation[1]{};

  constexpr recurrent_form form() const {
    recurrent_form f{.kind = recurrent_form::rnn, .cell = true, .hidden = hidden, .bias = bias, .clip = clip};
    f.activation[0] = activation[0];
    return f;
  }
  constexpr inferred infer(op_inputs in) const { return infer_recurrent(form(), in); }
  constexpr index macs(op_inputs in, tensor_desc const&) const { return recurrent_macs(form(), in); }
  constexpr parameter_list parameters(op_inputs in) const { return recurrent_parameters(form(), in); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("hidden", hidden);
    f("bias", bias);
    f("clip", clip);
    detail::each_activation(f, activation);
  }
  constexpr bool operator==(rnn_cell_attributes const&) const = default;
};
template <index Hidden, bool Bias = true>
using rnn_cell = with_attributes<rnn_cell_attributes{.hidden = Hidden, .bias = Bias}>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Long short-term memory: a whole sequence, and one step with its state in the engine.
#pragma once

#include <dsi/op/recurrent.hpp>

namespace DSI_NAMESPACE {

/// ONNX LSTM. Gates i, o, f, c stand one after the other in the rows of W, R and B; . is elementwise:
///   i = s(Wi x + Ri h + Pi . C + Wbi + Rbi)
///   f = s(Wf x + Rf h + Pf . C + Wbf + Rbf), or 1 - i with input_forget
///   C = f . C + i . t(Wc x + Rc h + Wbc + Rbc)
///   o = s(Wo x + Ro h + Po . C + Wbo + Rbo)
///   h = o . u(C)                                  s, t, u are the activations, in this order
/// Shape    x [T, N, In], W [D, 4 H, In], R [D, 4 H, H], B [D, 8 H], initial h and c [D, N, H], P [D, 3 H]
///          -> Y [T, D, N, H], Y_h [D, N, H], Y_c [D, N, H]; D = 2 for bidirectional, else 1.
///          batch_first (ONNX layout 1): x [N, T, In], states [N, D, H], Y [N, T, D, H]
/// Types    float, half, bfloat16, double; h, C and all sums in numeric_traits<T>::accumulator from the first step to the last
/// Clip     of what goes into s and t, as ONNX Runtime does it; C is not clipped, nor what goes into u
/// Not      sequence_lens: lstm_lengths
struct lstm_attributes {
  static constexpr std::string_view name = "lstm";
  static constexpr op_traits traits = recurrent_traits;
  index hidden = 0;
  recurrent_direction direction = recurrent_direction::forward;
  bool batch_first = false;
  bool bias = true;        ///< which inputs there are behind x, W and R, in this order
  bool initial_h = false;
  bool initial_c = false;
  bool peephole = false;
  bool y = true;           ///< which outputs there are, in this order
  bool y_h = false;
  bool y_c = false;
  bool input_forget = false;
  float_bits clip{};       ///< 0: none
  recurrent_activation activation[6]{{activation_kind::sigmoid, {}, {}}, {activation_kind::tanh, {}, {}}, {activation_kind::tanh, {}, {}},
                                     {activation_kind::sigmoid, {}, {}}, {activation_kind::tanh, {}, {}}, {activation_kind::tanh, {}, {}}};

  constexpr recurrent_form form() const {
    recurrent_form f{.kind = recurrent_form::lstm, .hidden = hidden, .direction = direction, .batch_first = batch_first, .bias = bias,
                     .initial_h = initial_h, .initial_c = initial_c, .peephole = peephole, .y = y, .y_h = y_h, .y_c = y_c,
                     .input_forget = input_forget, .clip = clip};
    for (int i = 0; i < 6; ++i) f.activation[i] = activation[i];
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
    f("initial_c", initial_c);
    f("peephole", peephole);
    f("y", y);
    f("y_h", y_h);
    f("y_c", y_c);
    f("input_forget", input_forget);
    f("clip", clip);
    detail::each_activation(f, activation);
  }
  constexpr bool operator==(lstm_attributes const&) const = default;
};
template <lstm_attributes A>
using lstm = with_attributes<lstm_attributes(A)>;

/// One step of an LSTM for every run(): x [..., In] -> h [..., H]. h and C live in the engine's state, start as zeros, and
/// follow reset(), save() and restore(). Leading extents are independent streams. Otherwise as lstm_attributes.
/// Parameters  weight [1, 4 H, In], recurrence [1, 4 H, H], bias [1, 8 H], peephole [1, 3 H]: those of ONNX LSTM
/// Bits        equal to those of lstm over the whole sequence on the same backend
/// Example     tests/engine/streaming_test.cpp [lstm-cell]
struct lstm_cell_attributes {
  static constexpr std::string_view name = "lstm_cell";
  static constexpr op_traits traits = recurrent_traits;
  index hidden = 0;
  bool bias = true;
  bool peephole = false;
  bool input_forget = false;
  float_bits clip{};
  recurrent_activation activation[3]{{activation_kind::sigmoid, {}, {}}, {activation_kind::tanh, {}, {}}, {activation_kind::tanh, {}, {}}};

  constexpr recurrent_form form() const {
    recurrent_form f{.kind = recurrent_form::lstm, .cell = true, .hidden = hidden, .bias = bias, .peephole = peephole,
                     .input_forget = input_forget, .clip = clip};
    for (int i = 0; i < 3; ++i) f.activation[i] = activation[i];
    return f;
  }
  constexpr inferred infer(op_inputs in) const { return infer_recurrent(form(), in); }
  constexpr index macs(op_inputs in, tensor_desc const&) const { return recurrent_macs(form(), in); }
  constexpr parameter_list parameters(op_inputs in) const { return recurrent_parameters(form(), in); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("hidden", hidden);
    f("bias", bias);
    f("peephole", peephole);
    f("input_forget", input_forget);
    f("clip", clip);
    detail::each_activation(f, activation);
  }
  constexpr bool operator==(lstm_cell_attributes const&) const = default;
};
template <index Hidden, bool Bias = true>
using lstm_cell = with_attributes<lstm_cell_attributes{.hidden = Hidden, .bias = Bias}>;

}  // namespace DSI_NAMESPACE

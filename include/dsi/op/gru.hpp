// SPDX-License-Identifier: MIT
// Gated recurrent unit: a whole sequence, and one step with its state in the engine.
#pragma once

#include <dsi/op/recurrent.hpp>

namespace DSI_NAMESPACE {

/// ONNX GRU. Gates z, r, h stand one after the other in the rows of W, R and B; . is elementwise:
///   z = s(Wz x + Rz h + Wbz + Rbz)
///   r = s(Wr x + Rr h + Wbr + Rbr)
///   n = t(Wh x + Rh (r . h) + Wbh + Rbh), or t(Wh x + Wbh + r . (Rh h + Rbh)) with linear_before_reset (PyTorch's)
///   h = (1 - z) . n + z . h                       s, t are the activations, in this order
/// Shape    x [T, N, In], W [D, 3 H, In], R [D, 3 H, H], B [D, 6 H], initial h [D, N, H]
///          -> Y [T, D, N, H], Y_h [D, N, H]; D = 2 for bidirectional, else 1.
///          batch_first (ONNX layout 1): x [N, T, In], states [N, D, H], Y [N, T, D, H]
/// Types    float, half, bfloat16, double; h and all sums in numeric_traits<T>::accumulator from the first step to the last
/// Clip     of what goes into s and t
/// Not      sequence_lens: gru_lengths
struct gru_attributes {
  static constexpr std::string_view name = "gru";
  static constexpr op_traits traits = recurrent_traits;
  index hidden = 0;
  recurrent_direction direction = recurrent_direction::forward;
  bool batch_first = false;
  bool bias = true;        ///< which inputs there are behind x, W and R, in this order
  bool initial_h = false;
  bool y = true;           ///< which outputs there are, in this order
  bool y_h = false;
  bool linear_before_reset = false;
  float_bits clip{};       ///< 0: none
  recurrent_activation activation[4]{{activation_kind::sigmoid, {}, {}}, {activation_kind::tanh, {}, {}},
                                     {activation_kind::sigmoid, {}, {}}, {activation_kind::tanh, {}, {}}};

  constexpr recurrent_form form() const {
    recurrent_form f{.kind = recurrent_form::gru, .hidden = hidden, .direction = direction, .batch_first = batch_first, .bias = bias,
                     .initial_h = initial_h, .y = y, .y_h = y_h, .linear_before_reset = linear_before_reset, .clip = clip};
    for (int i = 0; i < 4; ++i) f.activation[i] = activation[i];
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
    f("linear_before_reset", linear_before_reset);
    f("clip", clip);
    detail::each_activation(f, activation);
  }
  constexpr bool operator==(gru_attributes const&) const = default;
};
template <gru_attributes A>
using gru = with_attributes<gru_attributes(A)>;

/// One step of a GRU for every run(): x [..., In] -> h [..., H]. h lives in the engine's state, starts as zeros, and follows
/// reset(), save() and restore(). Leading extents are independent streams. Otherwise as gru_attributes.
/// Parameters  weight [1, 3 H, In], recurrence [1, 3 H, H], bias [1, 6 H]: those of ONNX GRU
/// Bits        equal to those of gru over the whole sequence on the same backend
/// Example     tests/engine/streaming_test.cpp [gru-cell]
struct gru_cell_attributes {
  static constexpr std::string_view name = "gru_cell";
  static constexpr op_traits traits = recurrent_traits;
  index hidden = 0;
  bool bias = true;
  bool linear_before_reset = true;  ///< as PyTorch and Keras train them
  float_bits clip{};
  recurrent_activation activation[2]{{activation_kind::sigmoid, {}, {}}, {activation_kind::tanh, {}, {}}};

  constexpr recurrent_form form() const {
    recurrent_form f{.kind = recurrent_form::gru, .cell = true, .hidden = hidden, .bias = bias,
                     .linear_before_reset = linear_before_reset, .clip = clip};
    for (int i = 0; i < 2; ++i) f.activation[i] = activation[i];
    return f;
  }
  constexpr inferred infer(op_inputs in) const { return infer_recurrent(form(), in); }
  constexpr index macs(op_inputs in, tensor_desc const&) const { return recurrent_macs(form(), in); }
  constexpr parameter_list parameters(op_inputs in) const { return recurrent_parameters(form(), in); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("hidden", hidden);
    f("bias", bias);
    f("linear_before_reset", linear_before_reset);
    f("clip", clip);
    detail::each_activation(f, activation);
  }
  constexpr bool operator==(gru_cell_attributes const&) const = default;
};
template <index Hidden, bool LinearBeforeReset = true>
using gru_cell = with_attributes<gru_cell_attributes{.hidden = Hidden, .linear_before_reset = LinearBeforeReset}>;

}  // namespace DSI_NAMESPACE

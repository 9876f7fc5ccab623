// SPDX-License-Identifier: MIT
// What lstm, gru, rnn and their one-step cells share: the form of a recurrent layer, its shapes, weights and cost.
#pragma once

#include <dsi/op/recurrent_activation.hpp>

namespace DSI_NAMESPACE {

enum class recurrent_direction : std::uint8_t { forward, reverse, bidirectional };

/// The most activation functions of a layer: three for each direction.
inline constexpr int max_activations = 6;

/// A recurrent layer as kernels see it, whichever operator it comes from. Inputs follow one another without holes:
/// x, W, R, then those of bias, initial h, initial c, peepholes that exist; outputs: those of Y, Y_h, Y_c that are wanted.
struct recurrent_form {
  enum kind_type : std::uint8_t { rnn, gru, lstm } kind = rnn;
  bool cell = false;  ///< one step per run, h and c live in the engine's state
  index hidden = 0;
  recurrent_direction direction = recurrent_direction::forward;
  bool batch_first = false;
  bool bias = true, initial_h = false, initial_c = false, peephole = false;
  bool y = true, y_h = false, y_c = false;
  bool linear_before_reset = false;
  bool input_forget = false;
  float_bits clip{};
  recurrent_activation activation[max_activations]{};

  constexpr int gates() const { return kind == lstm ? 4 : kind == gru ? 3 : 1; }
  /// Activation functions of one direction.
  constexpr int activations() const { return kind == lstm ? 3 : kind == gru ? 2 : 1; }
  constexpr int directions() const { return direction == recurrent_direction::bidirectional ? 2 : 1; }
  constexpr bool backwards(int d) const { return direction == recurrent_direction::reverse || d == 1; }

  constexpr int inputs() const { return 3 + (bias ? 1 : 0) + (initial_h ? 1 : 0) + (initial_c ? 1 : 0) + (peephole ? 1 : 0); }
  constexpr int outputs() const { return (y ? 1 : 0) + (y_h ? 1 : 0) + (y_c ? 1 : 0); }
  /// Positions of inputs and outputs, meaningful when they exist.
  constexpr int bias_at() const { return 3; }
  constexpr int initial_h_at() const { return 3 + (bias ? 1 : 0); }
  constexpr int initial_c_at() const { return initial_h_at() + (initial_h ? 1 : 0); }
  constexpr int peephole_at() const { return initial_c_at() + (initial_c ? 1 : 0); }
  constexpr int y_h_at() const { return y ? 1 : 0; }
  constexpr int y_c_at() const { return y_h_at() + (y_h ? 1 : 0); }
};

/// The extents of a run.
struct recurrent_extents {
  index steps = 1, batch = 1, inputs = 0;
};
constexpr recurrent_extents extents_of(recurrent_form const& f, tensor_desc const& x) {
  if (f.cell) {
    index const last = x[x.rank() - 1];
    return {1, last == 0 ? 0 : x.size() / last, last};
  }
  return f.batch_first ? recurrent_extents{x[1], x[0], x[2]} : recurrent_extents{x[0], x[1], x[2]};
}

/// The outputs, or why the inputs do not fit.
constexpr inferred infer_recurrent(recurrent_form const& f, op_inputs in) {
  if (f.hidden < 1) return {invalid::positive, 0, f.hidden};
  if (f.hidden > index{1} << 40) return {invalid::overflow, 0, 0};
  if (in.count != f.inputs()) return {invalid::input_count, f.inputs(), in.count};
  tensor_desc const& x = in[0];
  if (!is_floating(x.type)) return {invalid::input_type, 0, static_cast<index>(x.type)};
  for (int i = 1; i < in.count; ++i)
    if (in[i].type != x.type) return {invalid::types_differ, static_cast<index>(x.type), static_cast<index>(in[i].type)};
  if (f.cell ? x.rank() < 1 : x.rank() != 3) return {invalid::rank, f.cell ? 1 : 3, x.rank()};
  recurrent_extents const e = extents_of(f, x);
  index const dirs = f.directions(), rows = f.gates() * f.hidden;
  index const columns[]{e.inputs, f.hidden};
  for (int i = 1; i <= 2; ++i) {
    if (in[i].rank() != 3) return {invalid::rank, 3, in[i].rank()};
    index const want[]{dirs, rows, columns[i - 1]};
    for (int d = 0; d < 3; ++d)
      if (in[i][d] != want[d]) return {invalid::recurrent_weight, want[d], in[i][d]};
  }
  index const state = checked_product(dirs * f.hidden, e.batch);
  if (f.bias && in[f.bias_at()].size() != 2 * dirs * rows) return {invalid::parameter_extent, 2 * dirs * rows, in[f.bias_at()].size()};
  if (f.initial_h && in[f.initial_h_at()].size() != state) return {invalid::parameter_extent, state, in[f.initial_h_at()].size()};
  if (f.initial_c && in[f.initial_c_at()].size() != state) return {invalid::parameter_extent, state, in[f.initial_c_at()].size()};
  if (f.peephole && in[f.peephole_at()].size() != 3 * dirs * f.hidden)
    return {invalid::parameter_extent, 3 * dirs * f.hidden, in[f.peephole_at()].size()};
  inferred r;
  if (f.cell) {
    tensor_desc y{x.type, layout::row_major, x.extents};
    y.extents.dim[y.rank() - 1] = f.hidden;
    r.push_back(y);
    return r;
  }
  if (f.y)
    r.push_back({x.type, layout::row_major, f.batch_first ? shape(e.batch, e.steps, dirs, f.hidden) : shape(e.steps, dirs, e.batch, f.hidden)});
  shape const last = f.batch_first ? shape(e.batch, dirs, f.hidden) : shape(dirs, e.batch, f.hidden);
  if (f.y_h) r.push_back({x.type, layout::row_major, last});
  if (f.y_c) r.push_back({x.type, layout::row_major, last});
  return r;
}

constexpr index recurrent_macs(recurrent_form const& f, op_inputs in) {
  recurrent_extents const e = extents_of(f, in[0]);
  index const steps = capped_product(e.steps, e.batch);
  return capped_product(steps, capped_product(f.directions() * f.gates() * f.hidden, e.inputs + f.hidden));
}

/// What a pipeline creates: "weight" [directions, gates * hidden, inputs], "recurrence" [directions, gates * hidden, hidden],
/// "bias" [directions, 2 * gates * hidden], "peephole" [directions, 3 * hidden].
constexpr parameter_list recurrent_parameters(recurrent_form const& f, op_inputs in) {
  parameter_list p;
  tensor_desc const& x = in[0];
  if (x.rank() < 1 || (!f.cell && x.rank() != 3)) return p;
  index const dirs = f.directions(), rows = f.gates() * f.hidden;
  p.push_back("weight", {x.type, layout::row_major, shape(dirs, rows, x[x.rank() - 1])});
  p.push_back("recurrence", {x.type, layout::row_major, shape(dirs, rows, f.hidden)});
  if (f.bias) p.push_back("bias", {x.type, layout::row_major, shape(dirs, 2 * rows)});
  if (f.peephole) p.push_back("peephole", {x.type, layout::row_major, shape(dirs, 3 * f.hidden)});
  return p;
}

/// An operator that is a recurrent layer: its attributes give a form.
template <class Value>
concept recurrent_operator = requires(Value const& v) {
  { v.form() } -> std::same_as<recurrent_form>;
};

inline constexpr op_traits recurrent_traits{
    .layouts = layout_rule::row_major, .weight = weight_role::recurrent, .weight2 = weight_role::recurrent};

namespace detail {

/// Names for each_field: the emitter writes them behind "a.".
template <class F, int N>
constexpr void each_activation(F& f, recurrent_activation const (&a)[N]) {
  constexpr std::string_view kind[]{"activation[0].kind", "activation[1].kind", "activation[2].kind",
                                    "activation[3].kind", "activation[4].kind", "activation[5].kind"};
  constexpr std::string_view alpha[]{"activation[0].alpha", "activation[1].alpha", "activation[2].alpha",
                                     "activation[3].alpha", "activation[4].alpha", "activation[5].alpha"};
  constexpr std::string_view beta[]{"activation[0].beta", "activation[1].beta", "activation[2].beta",
                                    "activation[3].beta", "activation[4].beta", "activation[5].beta"};
  for (int i = 0; i < N; ++i) {
    f(kind[i], a[i].kind);
    f(alpha[i], a[i].alpha);
    f(beta[i], a[i].beta);
  }
}

}  // namespace detail
}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// ONNX's recurrent operators: RNN, GRU, LSTM with every option.
#pragma once

#include <dsi/backend/reference/recurrent.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/gru.hpp>
#include <dsi/op/lstm.hpp>
#include <dsi/op/recurrent_lengths.hpp>
#include <dsi/op/rnn.hpp>

namespace DSI_NAMESPACE::import::detail {

/// ONNX Runtime and exporters do not agree on the case of activation names.
constexpr bool same_letters(std::string_view a, std::string_view b) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// The attributes that ONNX's three recurrent operators share. Returns false when it has refused the node.
/// per_direction: activation functions of one direction; a: the defaults, replaced by what the node says.
inline bool read_recurrent(binding& n, recurrent_form& f, int per_direction, recurrent_activation* a) {
  if (n.rank(0) != 3 || n.rank(1) != 3 || n.rank(2) != 3) return n.refuse("its input and weights must have rank 3", "the file is damaged; export it again"), false;
  auto const direction = n.text("direction", "forward");
  if (direction == "reverse") f.direction = recurrent_direction::reverse;
  else if (direction == "bidirectional") f.direction = recurrent_direction::bidirectional;
  else if (direction != "forward") return n.refuse("direction is none of forward, reverse, bidirectional", "correct the attribute direction"), false;
  f.batch_first = n.integer("layout", 0) != 0;
  f.hidden = n.integer("hidden_size", n.desc(2)[2]);
  f.bias = n.has(3);
  f.initial_h = n.has(5);
  float const clip = n.real("clip", 0.f);
  if (!(clip >= 0.f)) return n.refuse("clip must be positive", "correct the attribute clip"), false;
  f.clip = {std::bit_cast<std::uint32_t>(clip)};
  auto const names = n.onnx().strings_or("activations", {});
  auto const alphas = n.reals("activation_alpha"), betas = n.reals("activation_beta");
  auto const count = static_cast<std::size_t>(per_direction * f.directions());
  if (!names.empty() && names.size() != count) return n.refuse("has another number of activations than it needs", "correct the attribute activations"), false;
  std::size_t next_alpha = 0, next_beta = 0;  // each function that has such a number takes the next one
  for (std::size_t i = 0; i < count && !names.empty(); ++i) {
    bool known = false;
    for (activation_name const& candidate : activation_names) {
      if (!same_letters(candidate.onnx, names[i])) continue;
      known = true;
      a[i] = {candidate.kind, candidate.alpha, candidate.beta};
      if (candidate.has_alpha && next_alpha < alphas.size()) a[i].alpha = {std::bit_cast<std::uint32_t>(static_cast<float>(alphas[next_alpha++]))};
      if (candidate.has_beta && next_beta < betas.size()) a[i].beta = {std::bit_cast<std::uint32_t>(static_cast<float>(betas[next_beta++]))};
    }
    if (!known) return n.refuse("does not know the activation " + names[i], "use one of ONNX's list for recurrent operators"), false;
  }
  return true;
}

/// The inputs that a node has, without ONNX's holes.
inline std::vector<int> recurrent_inputs(binding const& n, recurrent_form const& f) {
  std::vector<int> in{n.input(0), n.input(1), n.input(2)};
  if (f.bias) in.push_back(n.input(3));
  if (f.initial_h) in.push_back(n.input(5));
  if (f.initial_c) in.push_back(n.input(6));
  if (f.peephole) in.push_back(n.input(7));
  return in;
}

/// Lengths that all say "the whole sequence" mean nothing, and cost nothing.
inline bool runs_whole_sequences(binding& n, recurrent_form const& f) {
  if (!n.has(4)) return true;
  if (!n.is_constant(4) || is_floating(n.desc(4).type)) return false;
  index const steps = n.desc(0)[f.batch_first ? 1 : 0];
  bool all = true;
  for (std::int64_t const length : integers_of(n.data(4))) {
    if (length < 0 || length > steps) n.refuse("sequence_lens has the length " + std::to_string(length) + " for " + std::to_string(steps) + " steps", "correct sequence_lens, or DIMS");
    all = all && length == steps;
  }
  return all;
}

/// Gives the outputs that exist; `first` is the first of them.
inline void finish_recurrent(binding& n, recurrent_form const& f, int first) {
  if (first < 0) return;
  if (f.y) n.finish(0, first);
  if (f.y_h) n.finish(1, first + f.y_h_at());
  if (f.y_c) n.finish(2, first + f.y_c_at());
}

template <class Layer>
void emit_recurrent(binding& n, Layer const& a) {
  recurrent_form const f = a.form();
  auto in = recurrent_inputs(n, f);
  if (runs_whole_sequences(n, f)) return finish_recurrent(n, f, n.emit(a, in));
  if (is_floating(n.desc(4).type)) return n.refuse("sequence_lens is " + std::string(name_of(n.desc(4).type)), "export the model again: it must be int32");
  in.push_back(n.cast_to(n.input(4), dtype::i32));
  finish_recurrent(n, f, n.emit(with_lengths<Layer>{a}, in));
}

inline void bind_lstm(binding& n) {
  lstm_attributes a;
  recurrent_form f = a.form();
  if (!read_recurrent(n, f, 3, a.activation)) return;
  a.hidden = f.hidden;
  a.direction = f.direction;
  a.batch_first = f.batch_first;
  a.bias = f.bias;
  a.initial_h = f.initial_h;
  a.clip = f.clip;
  a.initial_c = n.has(6);
  a.peephole = n.has(7);
  a.input_forget = n.integer("input_forget", 0) != 0;
  a.y_h = n.wants_output(1);
  a.y_c = n.wants_output(2);
  a.y = n.wants_output(0) || !(a.y_h || a.y_c);
  emit_recurrent(n, a);
}

inline void bind_gru(binding& n) {
  gru_attributes a;
  recurrent_form f = a.form();
  if (!read_recurrent(n, f, 2, a.activation)) return;
  a.hidden = f.hidden;
  a.direction = f.direction;
  a.batch_first = f.batch_first;
  a.bias = f.bias;
  a.initial_h = f.initial_h;
  a.clip = f.clip;
  a.linear_before_reset = n.integer("linear_before_reset", 0) != 0;
  a.y_h = n.wants_output(1);
  a.y = n.wants_output(0) || !a.y_h;
  emit_recurrent(n, a);
}

inline void bind_rnn(binding& n) {
  rnn_attributes a;
  recurrent_form f = a.form();
  if (!read_recurrent(n, f, 1, a.activation)) return;
  a.hidden = f.hidden;
  a.direction = f.direction;
  a.batch_first = f.batch_first;
  a.bias = f.bias;
  a.initial_h = f.initial_h;
  a.clip = f.clip;
  a.y_h = n.wants_output(1);
  a.y = n.wants_output(0) || !a.y_h;
  emit_recurrent(n, a);
}

inline void add_recurrent(onnx_table& table) {
  table["LSTM"] = {&bind_lstm, 3, 8, "activation_alpha activation_beta activations clip direction hidden_size input_forget layout"};
  table["GRU"] = {&bind_gru, 3, 6, "activation_alpha activation_beta activations clip direction hidden_size layout linear_before_reset"};
  table["RNN"] = {&bind_rnn, 3, 6, "activation_alpha activation_beta activations clip direction hidden_size layout"};
}

}  // namespace DSI_NAMESPACE::import::detail

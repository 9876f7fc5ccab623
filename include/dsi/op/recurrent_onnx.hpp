// SPDX-License-Identifier: MIT
// ONNX's RNN, GRU and LSTM nodes: the attributes that they share, read by the import tool.
#pragma once

#include <dsi/op/recurrent.hpp>

namespace DSI_NAMESPACE::detail {

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
template <class Node>
bool read_recurrent(Node& n, recurrent_form& f, int per_direction, recurrent_activation* a) {
  if (n.input_count() < 3) return n.refuse("lacks its weights", "the file is damaged; export it again"), false;
  if (n.rank(0) != 3 || n.rank(1) != 3 || n.rank(2) != 3) return n.refuse("its input and weights must have rank 3", "the file is damaged; export it again"), false;
  auto const direction = n.text("direction", "forward");
  if (direction == "reverse") f.direction = recurrent_direction::reverse;
  else if (direction == "bidirectional") f.direction = recurrent_direction::bidirectional;
  else if (direction != "forward") return n.refuse("direction is none of forward, reverse, bidirectional", "correct the attribute direction"), false;
  f.batch_first = n.integer("layout", 0) != 0;
  f.hidden = n.integer("hidden_size", n.desc(2)[2]);
  f.bias = n.has(3);
  f.initial_h = n.has(5);
  if (n.has(4)) {
    // Lengths that all say "the whole sequence" mean nothing.
    auto const lengths = n.constant_integers(4, "sequence_lens");
    if (n.refused()) return false;
    for (auto const length : lengths)
      if (length != n.desc(0)[f.batch_first ? 1 : 0])
        return n.refuse("sequence_lens asks for sequences of different lengths", "run sequences of one length, or export the model without sequence_lens"), false;
  }
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
template <class Node>
auto recurrent_inputs(Node& n, recurrent_form const& f) {
  std::remove_cvref_t<decltype(n.outputs())> in{n.input(0), n.input(1), n.input(2)};
  if (f.bias) in.push_back(n.input(3));
  if (f.initial_h) in.push_back(n.input(5));
  if (f.initial_c) in.push_back(n.input(6));
  if (f.peephole) in.push_back(n.input(7));
  return in;
}

/// Gives the outputs that exist; `first` is the first of them.
template <class Node>
void finish_recurrent(Node& n, recurrent_form const& f, int first) {
  if (first < 0) return;
  if (f.y) n.finish(0, first);
  if (f.y_h) n.finish(1, first + f.y_h_at());
  if (f.y_c) n.finish(2, first + f.y_c_at());
}

}  // namespace DSI_NAMESPACE::detail

// SPDX-License-Identifier: MIT
// Calibration: runs the float network on samples and notes the range of every tensor.
#pragma once

#include <memory>
#include <string>

#include <dsi/backend/adapters.hpp>
#include <dsi/backend/default_backend.hpp>
#include <dsi/engine.hpp>
#include <dsi/graph/quantized.hpp>
#include <dsi/quantize/affine_range.hpp>

namespace DSI_NAMESPACE {

/// The ranges of Model's float tensors over the samples that were given.
/// Example  tests/quantize/mlp_test.cpp
template <class Model>
class calibration {
 public:
  static constexpr graph_view graph = Model::description.view();
  using table_type = edge_table<graph.tensor_count>;

  /// Takes the float network's parameters by name, as weights<Model>::from does, with its errors.
  static result<calibration> from(std::span<named_values const> values) {
    auto w = weights<Model, backend>::from(values);
    if (!w) return w.error();
    return calibration(std::move(*w));
  }
  static result<calibration> from(std::initializer_list<named_values> values) {
    return from(std::span<named_values const>(values.begin(), values.size()));
  }

  /// Runs one sample: a pointer to each input, in the network's order.
  void add(void const* const* in) {
    for (int i = 0; i < graph.input_count; ++i) widen(graph.inputs[i], in[i]);
    void* out[graph.output_count + 1]{};
    for (int i = 0; i < graph.output_count; ++i) out[i] = state_->outputs.data() + state_->output_at[i];
    state_->net.observe_pointers(in, out, [this](step_event const& e) {
      for (int o = 0; o < plan.steps[e.step].outputs; ++o) widen(result_of(e.step, o), e.results[o]);
    });
    widen_aliases();
    ++samples_;
  }
  /// The same for a network with one input.
  template <class T, std::size_t N>
  void add(std::span<T, N> in) {
    static_assert(graph.input_count == 1, "dsi::calibration: the network has several inputs; give add() an array of pointers");
    static_assert(N == std::dynamic_extent || N == static_cast<std::size_t>(graph.desc(graph.inputs[0]).size()), "dsi::calibration: the sample has another size than the input");
    DSI_CHECK(static_cast<index>(in.size()) == graph.desc(graph.inputs[0]).size(), "calibration::add: the sample has another size than the input");
    void const* const p[]{in.data()};
    add(p);
  }
  int samples() const { return samples_; }

  /// The range of tensor t. NaN counts as nothing. Both are 0 for a tensor that is not measured.
  float low(int t) const { return low_[t]; }
  float high(int t) const { return high_[t]; }
  /// Whether tensor t was measured: float tensors that depend on the inputs are, from the first sample on.
  bool measured(int t) const { return seen_[t]; }

  /// Scale and zero point, as uint8, of every tensor that was measured.
  table_type table(affine_scheme scheme = affine_scheme::asymmetric) const {
    table_type e;
    for (int t = 0; t < graph.tensor_count; ++t)
      if (seen_[t]) e.of[t] = affine_of_range<std::uint8_t>(low_[t], high_[t], scheme);
    return e;
  }

 private:
  /// Every tensor as the network defines it: nothing fused, nothing folded.
  using backend = with_options<default_backend, plan_options{.fuse = false, .fold = false, .channels_last = false, .keep_all = true}>;
  static constexpr plan_view plan = network<Model, backend>::plan;
  struct state {
    weights<Model, backend> values;
    engine<Model, backend> net;
    aligned_memory outputs;
    index output_at[graph.output_count + 1]{};
    explicit state(weights<Model, backend>&& w) : values(std::move(w)), net(values) {
      index bytes = 0;
      for (int i = 0; i < graph.output_count; ++i) {
        output_at[i] = bytes;
        bytes += buffer_bytes(graph.desc(graph.outputs[i]));
      }
      if (!outputs.allocate(static_cast<std::size_t>(bytes))) out_of_memory();
    }
  };
  explicit calibration(weights<Model, backend>&& w) : state_(std::make_unique<state>(std::move(w))) {}

  static constexpr int result_of(int step, int o) { return plan.operands[plan.steps[step].first_operand + plan.steps[step].inputs + o].tensor; }
  void widen(int t, void const* data) {
    if (graph.desc(t).type != dtype::f32) return;
    seen_[t] = true;
    auto const* const x = static_cast<float const*>(data);
    for (index i = 0; i < graph.desc(t).size(); ++i) {
      low_[t] = x[i] < low_[t] ? x[i] : low_[t];
      high_[t] = x[i] > high_[t] ? x[i] : high_[t];
    }
  }
  /// An alias runs no kernel, hence is never observed; it has the elements of its first input, which an earlier step left.
  void widen_aliases() {
    for (int s = 0; s < plan.step_count; ++s) {
      if (plan.steps[s].kind != step_kind::alias) continue;
      int const from = plan.operands[plan.steps[s].first_operand].tensor, to = result_of(s, 0);
      low_[to] = low_[from];
      high_[to] = high_[from];
      seen_[to] = seen_[from];
    }
  }

  std::unique_ptr<state> state_;
  float low_[graph.tensor_count + 1]{}, high_[graph.tensor_count + 1]{};  // 0 is part of every range
  bool seen_[graph.tensor_count + 1]{};
  int samples_ = 0;
};

/// A table as C++ source: `inline constexpr dsi::edge_table<N> name{...};`, to be kept in a header and given to quantized<>.
template <int Tensors>
std::string edge_table_text(std::string const& name, edge_table<Tensors> const& e) {
  std::string s = "inline constexpr dsi::edge_table<" + std::to_string(Tensors) + "> " + name + "{{\n";
  for (quantization const& q : e.of)
    s += "    {{" + std::to_string(q.scale.bits) + "u}, " + std::to_string(q.zero_point) + ", " + (q.present ? "true" : "false") + "},  // " + std::to_string(q.scale.value()) + "\n";
  return s + "}};\n";
}

}  // namespace DSI_NAMESPACE

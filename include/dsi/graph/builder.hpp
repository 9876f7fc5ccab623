// SPDX-License-Identifier: MIT
// Builds a graph node by node: names resolved, shapes inferred, mistakes explained. Shared by graph<> and pipeline<>.
#pragma once

#include <dsi/graph/graph.hpp>

namespace DSI_NAMESPACE {

/// What can be wrong with a graph as a whole.
enum class graph_problem : std::uint8_t { none, unknown_name, duplicate_name, refused, no_output };

namespace detail {

template <int Entries>
struct graph_builder {
  static constexpr int capacity = Entries * 8 + 32;
  graph_tensor tensors[capacity]{};
  std::uint64_t names[capacity]{};
  graph_node nodes[capacity]{};
  int edges[capacity]{};
  int inputs[Entries + 1]{};
  int outputs[Entries + 1]{};
  int tensor_count = 0, node_count = 0, edge_count = 0, input_count = 0, output_count = 0;
  graph_problem problem = graph_problem::none;
  invalid reason = invalid::none;
  index a = 0, b = 0;
  int entry = 0;

  constexpr bool failed() const { return problem != graph_problem::none; }
  constexpr void fail(graph_problem p) {
    if (!failed()) problem = p;
  }

  constexpr void refuse(inferred const& why) {
    if (failed()) return;
    problem = graph_problem::refused;
    reason = why.reason;
    a = why.a;
    b = why.b;
  }

  constexpr int add_tensor(graph_tensor const& t) {
    if (inferred const r = refusal_of(t.desc); !r) refuse(r);
    names[tensor_count] = t.name.hash();
    for (int i = 0; i < tensor_count; ++i)
      if (names[i] == names[tensor_count]) fail(graph_problem::duplicate_name);
    tensors[tensor_count] = t;
    if (t.kind == tensor_kind::input) inputs[input_count++] = tensor_count;
    return tensor_count++;
  }
  constexpr int find(std::string_view name) {
    std::uint64_t const wanted = name_parts{name}.hash();
    for (int i = tensor_count - 1; i >= 0; --i)
      if (names[i] == wanted) return i;
    fail(graph_problem::unknown_name);
    return 0;
  }
  constexpr void add_output(int tensor) {
    if (!failed()) outputs[output_count++] = tensor;
  }
  /// Appends a node and its outputs; returns the first output.
  template <class Op>
  constexpr int add_node(name_parts name, int const* in, int count, int op) {
    if (failed()) return 0;
    tensor_desc descs[max_inputs]{};
    for (int i = 0; i < count; ++i) descs[i] = tensors[in[i]].desc;
    constexpr auto value = op_value<Op>();
    op_inputs const given{descs, count};
    inferred y = infer_of(value, given);
    op_traits const traits = y ? traits_of(value, given) : op_traits{};
    // Bytes that stand for values may only be moved, or read by an operator that knows what they stand for.
    bool const moves = traits.view || traits.permutes;
    if constexpr (!requires { decltype(value)::reads_quantized; })
      for (int i = 0; i < count && y && !moves; ++i)
        if (tensors[in[i]].affine.present) y = {invalid::quantized_edge, i, static_cast<index>(descs[i].type)};
    if (!y) {
      refuse(y);
      return 0;
    }
    graph_node n;
    n.traits = traits;
    n.op = op;
    n.first_input = edge_count;
    n.inputs = count;
    n.first_output = tensor_count;
    n.outputs = y.count;
    n.macs = macs_of(value, given, y.out[0]);
    n.hash = hash_of(value);
    n.name = name;
    for (int i = 0; i < count; ++i) edges[edge_count++] = in[i];
    for (int i = 0; i < y.count; ++i) {
      name_parts out_name = name;
      if (y.count > 1) out_name = {name.stem, name.number, digits_of(i)};
      add_tensor({y.out[i], tensor_kind::value, node_count, out_name, moves && count > 0 ? tensors[in[0]].affine : quantization{}});
    }
    nodes[node_count++] = n;
    return n.first_output;
  }
  static constexpr std::string_view digits_of(int i) {
    constexpr std::string_view text[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"};
    static_assert(sizeof(text) / sizeof(text[0]) == max_outputs);
    return text[i];
  }
};

/// The exact-size graph of a builder.
template <int T, int N, int E, int I, int O, class Builder>
consteval graph_data<T, N, E, I, O> shrink(Builder const& b) {
  graph_data<T, N, E, I, O> g;
  for (int i = 0; i < T; ++i) g.tensors[i] = b.tensors[i];
  for (int i = 0; i < N; ++i) g.nodes[i] = b.nodes[i];
  for (int i = 0; i < E; ++i) g.edges[i] = b.edges[i];
  for (int i = 0; i < I; ++i) g.inputs[i] = b.inputs[i];
  for (int i = 0; i < O; ++i) g.outputs[i] = b.outputs[i];
  return g;
}

/// Turns a problem into the compiler's error: the text says what and how to mend, A and B are its numbers and Entry is
/// the position (from 0) of the entry or layer that is at fault.
template <graph_problem Problem, invalid Reason, index A, index B, int Entry>
consteval bool explain_build() {
  static_assert(Problem != graph_problem::unknown_name,
                "dsi::graph: entry number Entry names a tensor that no entry before it gives; correct the name or move the entry down");
  static_assert(Problem != graph_problem::duplicate_name,
                "dsi::graph: entry number Entry has a name that an entry before it has; rename one of them");
  static_assert(Problem != graph_problem::no_output, "dsi::graph: the network has no output; add dsi::output<\"name\">");
#define DSI_X(Name, Text) static_assert(Reason != invalid::Name, Text);
  DSI_INVALID_REASONS(DSI_X)
#undef DSI_X
  return Problem == graph_problem::none;
}

}  // namespace detail
}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// A network as plain data: tensors, nodes and edges. Passes work on a graph_view of it, in the compiler and in the tool.
#pragma once

#include <dsi/core/result.hpp>
#include <dsi/numeric/affine.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

enum class tensor_kind : std::uint8_t { value, input, parameter };

/// A name put together from parts, so that a pipeline's generated names need no storage: stem, number, ".suffix".
struct name_parts {
  std::string_view stem{};
  int number = -1;            ///< appended to the stem unless negative
  std::string_view suffix{};  ///< appended after a point unless empty
  constexpr std::uint64_t hash() const {
    hasher h;
    h.add_text(stem.data(), stem.size());
    if (number >= 0) {
      message digits;
      digits.append(static_cast<index>(number));
      h.add_text(digits.c_str(), digits.view().size());
    }
    if (!suffix.empty()) h.add_text(".", 1).add_text(suffix.data(), suffix.size());
    return h.value;
  }
  constexpr message text() const {
    message m(stem);
    if (number >= 0) m.append(static_cast<index>(number));
    if (!suffix.empty()) m.append(".").append(suffix);
    return m;
  }
};

/// A tensor of the network: an input, a constant parameter, or what a node computes.
struct graph_tensor {
  tensor_desc desc{};
  tensor_kind kind = tensor_kind::value;
  int producer = -1;  ///< node, or -1
  name_parts name{};
  quantization affine{};  ///< what the integers stand for, on edges of type affine<...>
};

/// A node: an operator of the model's operator list, applied to tensors.
struct graph_node {
  op_traits traits{};
  int op = 0;            ///< position in the model's list of operator types
  int first_input = 0;   ///< position in graph_view::edges
  int inputs = 0;
  int first_output = 0;  ///< outputs are consecutive tensors
  int outputs = 1;
  index macs = 0;
  std::uint64_t hash = 0;  ///< of the operator and its attributes
  name_parts name{};
};

/// What passes see. Nodes stand in topological order.
struct graph_view {
  graph_tensor const* tensors = nullptr;
  graph_node const* nodes = nullptr;
  int const* edges = nullptr;    ///< the nodes' inputs, one after the other, as positions in tensors
  int const* inputs = nullptr;   ///< positions in tensors, in run()'s order
  int const* outputs = nullptr;
  int tensor_count = 0, node_count = 0, edge_count = 0, input_count = 0, output_count = 0;

  constexpr int input_of(int node, int i) const { return edges[nodes[node].first_input + i]; }
  constexpr tensor_desc const& desc(int tensor) const { return tensors[tensor].desc; }
  constexpr bool is_output(int tensor) const {
    for (int i = 0; i < output_count; ++i)
      if (outputs[i] == tensor) return true;
    return false;
  }
};

/// A graph with its storage; the counts in the view may be smaller than the arrays.
template <int Tensors, int Nodes, int Edges, int Inputs, int Outputs>
struct graph_data {
  graph_tensor tensors[Tensors > 0 ? Tensors : 1]{};
  graph_node nodes[Nodes > 0 ? Nodes : 1]{};
  int edges[Edges > 0 ? Edges : 1]{};
  int inputs[Inputs > 0 ? Inputs : 1]{};
  int outputs[Outputs > 0 ? Outputs : 1]{};
  constexpr graph_view view() const {
    return {tensors, nodes, edges, inputs, outputs, Tensors, Nodes, Edges, Inputs, Outputs};
  }
};

/// Ties weights to a network: operators, attributes, wiring, the parameters' shapes, and scales and zero points of edges, since
/// weights contain them. Not the names, which an export may change, and not the shapes of activations, so that one blob
/// serves every batch size.
constexpr std::uint64_t structure_hash(graph_view g) {
  hasher h;
  auto const add_desc = [&h](tensor_desc const& d) {
    h.add(static_cast<std::uint64_t>(d.type)).add(static_cast<std::uint64_t>(d.rank()));
    for (int i = 0; i < d.rank(); ++i) h.add(static_cast<std::uint64_t>(d[i]));
  };
  for (int t = 0; t < g.tensor_count; ++t) {
    h.add(static_cast<std::uint64_t>(g.tensors[t].kind));
    if (g.tensors[t].kind == tensor_kind::parameter) add_desc(g.desc(t));
    if (quantization const q = g.tensors[t].affine; q.present) h.add(q.scale.bits).add(static_cast<std::uint64_t>(q.zero_point));
  }
  for (int n = 0; n < g.node_count; ++n) {
    h.add(g.nodes[n].hash);
    for (int i = 0; i < g.nodes[n].inputs; ++i) h.add(static_cast<std::uint64_t>(g.input_of(n, i)));
  }
  for (int i = 0; i < g.output_count; ++i) h.add(static_cast<std::uint64_t>(g.outputs[i]));
  return h.value;
}

/// Multiplications with accumulation in one run.
constexpr index macs(graph_view g) {
  index n = 0;
  for (int i = 0; i < g.node_count; ++i) n += g.nodes[i].macs;
  return n;
}

}  // namespace DSI_NAMESPACE

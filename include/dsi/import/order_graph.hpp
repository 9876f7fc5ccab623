// SPDX-License-Identifier: MIT
// Makes constants of Constant nodes and puts the nodes of a graph and of its subgraphs in topological order.
#pragma once

#include <functional>
#include <queue>
#include <unordered_map>

#include <dsi/import/onnx_graph.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// The tensor of a Constant node, or nothing with a note.
inline std::optional<onnx_tensor> constant_of(onnx_node& n, diagnostics& notes) {
  if (n.attributes.size() != 1 || n.outputs.size() != 1 || !n.inputs.empty()) {
    notes.error(label(n), "must have one attribute with the value, one output and no input", "export the model again");
    return std::nullopt;
  }
  onnx_attribute& a = n.attributes.front();
  std::vector<index> const one_dim_of_ints{static_cast<index>(a.ints.size())};
  std::vector<index> const one_dim_of_floats{static_cast<index>(a.floats.size())};
  switch (a.kind) {
    case attribute_kind::tensor:
      if (a.tensors.empty()) return std::nullopt;  // refused before
      return std::move(a.tensors.front());
    case attribute_kind::real: return make_tensor<float>({}, {}, std::span<float const>(&a.f, 1));
    case attribute_kind::integer: return make_tensor<std::int64_t>({}, {}, std::span<std::int64_t const>(&a.i, 1));
    case attribute_kind::reals: return make_tensor<float>({}, one_dim_of_floats, a.floats);
    case attribute_kind::integers: return make_tensor<std::int64_t>({}, one_dim_of_ints, a.ints);
    case attribute_kind::text: case attribute_kind::texts: case attribute_kind::graph: break;
  }
  notes.error(label(n), "attribute " + in_quotes(a.name) + " is " + std::string(name_of(a.kind)) + "; dsi computes with numbers",
              "map strings to numbers before the network, and export without them");
  return std::nullopt;
}

inline void constants_to_initializers(onnx_graph& g, diagnostics& notes) {
  std::vector<onnx_node> rest;
  rest.reserve(g.nodes.size());
  for (onnx_node& n : g.nodes) {
    if (!n.is("Constant")) {
      rest.push_back(std::move(n));
      continue;
    }
    auto value = constant_of(n, notes);
    if (!value || n.outputs[0].empty()) continue;
    value->name = n.outputs[0];
    g.initializers.push_back(std::move(*value));
  }
  g.nodes = std::move(rest);
}

/// Calls f(name) for every value that the node or a subgraph of it reads.
template <class F>
void each_read(onnx_node const& n, F const& f) {
  for (std::string const& in : n.inputs)
    if (!in.empty()) f(in);
  for (onnx_attribute const& a : n.attributes)
    for (onnx_graph const& g : a.graphs) {
      for (onnx_node const& inner : g.nodes) each_read(inner, f);
      for (onnx_value const& out : g.outputs) f(out.name);
    }
}

/// Kahn's algorithm that always takes the first node of the file that is ready: an ordered file stays as it is.
inline void sort_nodes(onnx_graph& g, diagnostics& notes) {
  std::size_t const count = g.nodes.size();
  std::unordered_map<std::string_view, std::size_t> producer;
  for (std::size_t i = 0; i < count; ++i)
    for (std::string const& out : g.nodes[i].outputs)
      if (!out.empty()) producer.try_emplace(out, i);
  std::vector<std::vector<std::size_t>> before(count), after(count);
  std::vector<std::size_t> waiting(count, 0);
  for (std::size_t i = 0; i < count; ++i)
    each_read(g.nodes[i], [&](std::string const& name) {
      auto const found = producer.find(name);
      if (found == producer.end()) return;
      before[i].push_back(found->second);
      after[found->second].push_back(i);
      ++waiting[i];
    });
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < count; ++i)
    if (waiting[i] == 0) ready.push(i);
  std::vector<std::size_t> order;
  order.reserve(count);
  while (!ready.empty()) {
    std::size_t const i = ready.top();
    ready.pop();
    order.push_back(i);
    for (std::size_t const next : after[i])
      if (--waiting[next] == 0) ready.push(next);
  }
  if (order.size() != count) {
    // Every node left waits for another one that is left, so that going back from any of them ends up in a cycle.
    std::size_t at = 0;
    while (waiting[at] == 0) ++at;
    std::vector<std::size_t> position(count, 0);
    std::vector<std::size_t> walk;
    while (position[at] == 0) {
      walk.push_back(at);
      position[at] = walk.size();
      for (std::size_t const previous : before[at])
        if (waiting[previous] != 0) {
          at = previous;
          break;
        }
    }
    std::string cycle;
    std::size_t const longest = 8;
    for (std::size_t i = walk.size(), shown = 0; i >= position[at]; --i) {
      if (shown++ == longest) {
        cycle += " -> ...";
        break;
      }
      cycle += (cycle.empty() ? "" : " -> ") + label(g.nodes[walk[i - 1]]);
    }
    notes.error("graph " + in_quotes(g.name), "has a cycle: " + cycle + " -> back to the first",
                "express the loop with Loop, Scan or a recurrent operator");
    return;
  }
  std::vector<onnx_node> sorted;
  sorted.reserve(count);
  for (std::size_t const i : order) sorted.push_back(std::move(g.nodes[i]));
  g.nodes = std::move(sorted);
}

}  // namespace detail

/// Precondition: value names are unique (resolve_names). A cycle is noted, and that graph left in the order of the file.
inline void order_graph(onnx_graph& g, diagnostics& notes) {
  detail::constants_to_initializers(g, notes);
  for (onnx_node& n : g.nodes)
    for (onnx_attribute& a : n.attributes)
      for (onnx_graph& inner : a.graphs) order_graph(inner, notes);
  detail::sort_nodes(g, notes);
}

}  // namespace DSI_NAMESPACE::import

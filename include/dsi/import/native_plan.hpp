// SPDX-License-Identifier: MIT
// An imported network as the arrays that passes work on, planned and packed natively by the compiler's own functions.
#pragma once

#include <dsi/import/import_graph.hpp>
#include <dsi/plan/pack_weights.hpp>
#include <dsi/plan/planner.hpp>
#include <dsi/plan/verify.hpp>
#include <dsi/plan/weights_blob.hpp>

namespace DSI_NAMESPACE::import {

/// Storage of a graph_view. Tensors: inputs, then parameters, then results in the order of the nodes.
struct native_graph {
  std::vector<graph_tensor> tensors;
  std::vector<graph_node> nodes;
  std::vector<int> edges, inputs, outputs;
  std::vector<int> value_of;       ///< per tensor: the import_graph's value
  std::vector<std::string> names;  ///< per tensor, as the emitted type spells them
  std::vector<std::string> node_names;

  graph_view view() const {
    return {tensors.data(), nodes.data(), edges.data(), inputs.data(), outputs.data(), static_cast<int>(tensors.size()), static_cast<int>(nodes.size()),
            static_cast<int>(edges.size()), static_cast<int>(inputs.size()), static_cast<int>(outputs.size())};
  }
};

inline native_graph make_native(import_graph const& g) {
  native_graph n;
  std::vector<int> tensor_of(g.values.size(), -1);
  auto const add = [&](int v, tensor_kind kind, int producer, std::string name) {
    tensor_of[static_cast<std::size_t>(v)] = static_cast<int>(n.tensors.size());
    n.tensors.push_back({g.value(v).desc, kind, producer, {}});
    n.value_of.push_back(v);
    n.names.push_back(std::move(name));
  };
  for (int i : g.inputs) {
    n.inputs.push_back(static_cast<int>(n.tensors.size()));
    add(i, tensor_kind::input, -1, g.value(i).name);
  }
  auto const add_parameter = [&](int v) {
    if (g.value(v).constant && tensor_of[static_cast<std::size_t>(v)] < 0) add(v, tensor_kind::parameter, -1, g.value(v).name);
  };
  for (import_node const& k : g.nodes)
    for (int i : k.inputs) add_parameter(i);
  for (int o : g.outputs) add_parameter(o);
  for (import_node const& k : g.nodes) {
    auto const descs = g.input_descs(k);
    op_inputs const in{descs.data(), static_cast<int>(descs.size())};
    graph_node node;
    node.traits = k.op->traits(in);
    node.op = static_cast<int>(n.nodes.size());
    node.first_input = static_cast<int>(n.edges.size());
    node.inputs = static_cast<int>(k.inputs.size());
    node.first_output = static_cast<int>(n.tensors.size());
    node.outputs = static_cast<int>(k.outputs.size());
    node.macs = k.op->macs(in, g.value(k.outputs[0]).desc);
    node.hash = k.op->hash();
    for (int i : k.inputs) n.edges.push_back(tensor_of[static_cast<std::size_t>(i)]);
    std::string const stem = g.value(k.outputs[0]).name;
    for (std::size_t o = 0; o < k.outputs.size(); ++o)
      add(k.outputs[o], tensor_kind::value, static_cast<int>(n.nodes.size()), k.outputs.size() > 1 ? stem + "." + std::to_string(o) : stem);
    n.node_names.push_back(stem);
    n.nodes.push_back(node);
  }
  for (int o : g.outputs) n.outputs.push_back(tensor_of[static_cast<std::size_t>(o)]);
  return n;
}

/// Storage of a plan_view that grows to bounds_of(graph).
struct native_plan {
  std::vector<plan_step> steps;
  std::vector<int> members;
  std::vector<plan_operand> operands;
  std::vector<plan_weight> weights;
  std::vector<plan_buffer> buffers;
  int step_count = 0, member_count = 0, operand_count = 0, weight_count = 0, buffer_count = 0;
  index arena_bytes = 0, weight_bytes = 0;

  plan_view view() const {
    return {steps.data(), members.data(), operands.data(), weights.data(), buffers.data(), step_count, member_count, operand_count, weight_count, buffer_count, arena_bytes, weight_bytes};
  }
};

inline native_plan make_native_plan(graph_view g, plan_options options) {
  plan_bounds const b = bounds_of(g);
  native_plan p;
  auto const size = [](int n) { return static_cast<std::size_t>(n) + 1; };
  p.steps.resize(size(b.steps));
  p.members.resize(size(b.members));
  p.operands.resize(size(b.operands));
  p.weights.resize(size(b.weights));
  p.buffers.resize(size(b.buffers));
  std::vector<int> step_of(size(g.node_count)), consumers(size(g.tensor_count));
  std::vector<buffer_life> life(size(b.buffers));
  std::unique_ptr<bool[]> ready(new bool[size(b.buffers)]());
  make_plan(g, options, p, step_of.data(), ready.get(), consumers.data(), life.data());
  return p;
}

/// True when the plan computes the graph; the same check that the compiler makes.
inline bool valid_native_plan(graph_view g, plan_view p, plan_options made_with = {}) {
  std::size_t const buffers = 2 * static_cast<std::size_t>(g.tensor_count) + 1;  // of the graph: nothing in the plan is trusted
  std::vector<int> written(buffers);
  std::vector<plan_claim> claims(buffers);
  return valid_plan(g, p, written.data(), claims.data(), made_with);
}

/// The blob: header, entries, packed values.
inline std::string make_blob(import_graph const& g, native_graph const& n, plan_view p) {
  std::string blob(static_cast<std::size_t>(blob_bytes(p)), '\0');
  auto* const bytes = reinterpret_cast<std::byte*>(blob.data());
  std::vector<double> scratch(static_cast<std::size_t>(pack_scratch(p)) + 1);
  // Packing writes elements in place, so the packed part must be aligned for their type: a std::string's memory is.
  pack_weights(
      n.view(), p, [&](int t) -> void const* { return g.value(n.value_of[static_cast<std::size_t>(t)]).data->bytes.data(); },
      [&](int node, auto const& get, index c, double& s, double& b) { g.node(node).op->affine(get, c, s, b); }, bytes + blob_data_offset(p), scratch.data());
  write_blob_header(bytes, structure_hash(n.view()), p);
  return blob;
}

}  // namespace DSI_NAMESPACE::import

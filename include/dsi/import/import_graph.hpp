// SPDX-License-Identifier: MIT
// The network between ONNX and the plan: dsi operators on values, constants with their data. Rewrites work on it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <dsi/graph/graph.hpp>
#include <dsi/import/onnx_graph.hpp>
#include <dsi/import/operator_value.hpp>

namespace DSI_NAMESPACE::import {

/// A tensor: an input of the network, a constant, or an output of a node.
struct import_value {
  std::string name;
  tensor_desc desc{};
  bool constant = false;
  bool is_input = false;
  onnx_tensor data{};  ///< of a constant
  int producer = -1;   ///< position in import_graph::nodes
};

struct import_node {
  operator_ptr op;
  std::vector<int> inputs;
  std::vector<int> outputs;
  std::string origin;  ///< the ONNX node, for messages
  std::vector<std::string> rewritten_from;  ///< names of patterns that made this node
};

/// Nodes stand in topological order. Removed nodes have no op.
struct import_graph {
  std::vector<import_value> values;
  std::vector<import_node> nodes;
  std::vector<int> inputs;
  std::vector<int> outputs;
  std::vector<std::string> output_names;  ///< ONNX's; a value may be several outputs, or an input as well

  int add_value(import_value v) {
    values.push_back(std::move(v));
    return static_cast<int>(values.size()) - 1;
  }
  import_value& value(int v) { return values[static_cast<std::size_t>(v)]; }
  import_value const& value(int v) const { return values[static_cast<std::size_t>(v)]; }
  import_node& node(int n) { return nodes[static_cast<std::size_t>(n)]; }
  import_node const& node(int n) const { return nodes[static_cast<std::size_t>(n)]; }

  /// A constant with a name that no other value has.
  int add_constant(std::string const& name, onnx_tensor data) {
    import_value v;
    v.name = unique(name);
    v.desc.type = data.type;
    for (index d : data.dims) v.desc.extents.push_back(d);
    v.constant = true;
    v.data = std::move(data);
    return add_value(std::move(v));
  }
  std::string unique(std::string const& wanted) const {
    std::string name = wanted;
    for (int i = 1; std::any_of(values.begin(), values.end(), [&](import_value const& v) { return v.name == name; }); ++i)
      name = wanted + "_" + std::to_string(i);
    return name;
  }
  /// How many inputs of live nodes and outputs of the network read a value.
  int uses(int v) const {
    int n = static_cast<int>(std::count(outputs.begin(), outputs.end(), v));
    for (import_node const& k : nodes)
      if (k.op) n += static_cast<int>(std::count(k.inputs.begin(), k.inputs.end(), v));
    return n;
  }
  bool is_output(int v) const { return std::find(outputs.begin(), outputs.end(), v) != outputs.end(); }
  std::vector<tensor_desc> input_descs(import_node const& n) const {
    std::vector<tensor_desc> d;
    for (int i : n.inputs) d.push_back(value(i).desc);
    return d;
  }
  /// Removes nodes whose results nobody needs, and orders the rest topologically.
  void clean() {
    std::vector<bool> needed(values.size(), false);
    for (int o : outputs) needed[static_cast<std::size_t>(o)] = true;
    // Rewrites may append nodes whose results are read by earlier ones: sort first.
    std::vector<import_node> sorted;
    std::vector<char> state(nodes.size(), 0);
    std::vector<std::pair<int, std::size_t>> stack;
    for (std::size_t start = 0; start < nodes.size(); ++start) {
      if (!nodes[start].op || state[start] != 0) continue;
      stack.emplace_back(static_cast<int>(start), 0);
      state[start] = 1;
      while (!stack.empty()) {
        auto const n = stack.back().first;
        auto const& in = node(n).inputs;
        if (stack.back().second < in.size()) {
          int const p = value(in[stack.back().second++]).producer;
          if (p >= 0 && nodes[static_cast<std::size_t>(p)].op && state[static_cast<std::size_t>(p)] == 0) {
            state[static_cast<std::size_t>(p)] = 1;
            stack.emplace_back(p, 0);
          }
          continue;
        }
        sorted.push_back(node(n));
        stack.pop_back();
      }
    }
    for (std::size_t i = sorted.size(); i-- > 0;) {
      bool used = false;
      for (int o : sorted[i].outputs) used = used || needed[static_cast<std::size_t>(o)];
      if (!used) {
        sorted[i].op = nullptr;
        continue;
      }
      for (int v : sorted[i].inputs) needed[static_cast<std::size_t>(v)] = true;
    }
    nodes.clear();
    for (import_node& n : sorted)
      if (n.op) nodes.push_back(std::move(n));
    for (import_value& v : values) v.producer = -1;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (int o : nodes[i].outputs) value(o).producer = static_cast<int>(i);
  }
};

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// The network between ONNX and the plan: dsi operators on values, constants with their data. Rewrites work on it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <dsi/graph/graph.hpp>
#include <dsi/import/onnx_graph.hpp>
#include <dsi/import/operator_value.hpp>

namespace DSI_NAMESPACE::import {

/// A tensor that several networks read: the weights of all batch sizes are one copy. Changed only by replacing it.
class shared_tensor {
 public:
  shared_tensor() = default;
  shared_tensor(onnx_tensor t) : tensor_(std::make_shared<onnx_tensor const>(std::move(t))) {}  // NOLINT(google-explicit-constructor)
  /// Part of something that owner keeps alive.
  shared_tensor(std::shared_ptr<void const> owner, onnx_tensor const& part) : tensor_(std::move(owner), &part) {}

  onnx_tensor const& operator*() const { return tensor_ ? *tensor_ : none(); }
  onnx_tensor const* operator->() const { return &**this; }
  operator onnx_tensor const&() const { return **this; }  // NOLINT(google-explicit-constructor)
  bool operator==(shared_tensor const& other) const { return tensor_ == other.tensor_ || **this == *other; }

 private:
  static onnx_tensor const& none() {
    static onnx_tensor const empty;
    return empty;
  }
  std::shared_ptr<onnx_tensor const> tensor_;
};

/// What computing constants may cost in all: a file of a few bytes can ask for more than a machine has.
struct fold_budget {
  index bytes = index{1} << 30;
  index operations = index{1} << 30;  ///< elements read or written, or products
  /// False when what is left does not suffice.
  bool spend(index more_bytes, index more_operations) {
    if (more_bytes < 0 || more_operations < 0 || more_bytes > bytes || more_operations > operations) return false;
    bytes -= more_bytes;
    operations -= more_operations;
    return true;
  }
};

/// A tensor: an input of the network, a constant, or an output of a node.
struct import_value {
  std::string name;
  tensor_desc desc{};
  bool constant = false;
  bool is_input = false;
  shared_tensor data{};  ///< of a constant
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
  fold_budget budget;                     ///< what is left for computing constants

  int add_value(import_value v) {
    taken_.try_emplace(v.name, 0);
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
  /// The name itself, or with a number behind it, that no value has had so far.
  std::string unique(std::string const& wanted) {
    auto const [at, fresh] = taken_.try_emplace(wanted, 0);
    if (fresh) return wanted;
    for (int i = at->second + 1;; ++i) {
      std::string name = wanted + "_" + std::to_string(i);
      if (!taken_.try_emplace(name, 0).second) continue;
      taken_[wanted] = i;
      return name;
    }
  }
  bool is_taken(std::string const& name) const { return taken_.find(name) != taken_.end(); }
  void rename(int v, std::string const& name) {
    taken_.erase(value(v).name);
    taken_.try_emplace(name, 0);
    value(v).name = name;
  }
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

 private:
  std::unordered_map<std::string, int> taken_;  ///< names, and the last number that was put behind each
};

}  // namespace DSI_NAMESPACE::import

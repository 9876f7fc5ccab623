// SPDX-License-Identifier: MIT
// Computes an imported network on the host, node by node, in double: what dsi compare holds a run against without ONNX Runtime.
#pragma once

#include <dsi/import/constants.hpp>
#include <dsi/import/import_graph.hpp>

namespace DSI_NAMESPACE::import {

/// Tensors by the number of their value in an import_graph.
using tensors_by_value = std::unordered_map<int, onnx_tensor>;

namespace detail {

/// The graph as it was lowered: no pattern is recognized, nothing fused, folded or packed.
class double_evaluation {
 public:
  explicit double_evaluation(import_graph const& graph) : graph_(graph), readers_(graph.values.size(), 0) {
    for (import_node const& n : graph.nodes)
      for (int v : n.inputs) ++readers_[static_cast<std::size_t>(v)];
  }

  /// Computes node n from what is there. False when its operator has no reference loops for these types.
  bool compute(import_node const& n) {
    std::vector<tensor_desc> out;
    for (int v : n.outputs) out.push_back(graph_.value(v).desc);
    return compute_as(n, out, dtype::f64) || compute_as(n, out, dtype::f32);
  }
  void set(int v, onnx_tensor t) { values_[v] = wide(t); }
  onnx_tensor const& get(int v) {
    auto const at = values_.find(v);
    return at != values_.end() ? at->second : values_.emplace(v, wide(graph_.value(v).data)).first->second;
  }
  /// Frees what no later node reads, unless it is asked for.
  void release(import_node const& n, std::vector<bool> const& wanted) {
    for (int v : n.inputs)
      if (--readers_[static_cast<std::size_t>(v)] == 0 && !wanted[static_cast<std::size_t>(v)]) values_.erase(v);
  }
  tensors_by_value&& take() { return std::move(values_); }

 private:
  static onnx_tensor wide(onnx_tensor const& t) { return is_floating(t.type) && t.type != dtype::f64 ? converted(t, dtype::f64) : t; }

  /// With every float tensor of type t; the results are kept in double.
  bool compute_as(import_node const& n, std::vector<tensor_desc> out, dtype t) {
    std::vector<tensor_desc> in;
    std::vector<void const*> x;
    std::vector<void*> y;
    std::vector<onnx_tensor> narrow, results;
    narrow.reserve(n.inputs.size());
    for (int v : n.inputs) {
      onnx_tensor const* from = &get(v);
      if (from->type == dtype::f64 && t != dtype::f64) from = &narrow.emplace_back(converted(*from, t));
      in.push_back({from->type, layout::row_major, graph_.value(v).desc.extents});
      x.push_back(from->bytes.data());
    }
    for (tensor_desc& d : out) {
      if (is_floating(d.type)) d.type = t;
      results.push_back(blank(d.type, dims_of(d.extents)));
    }
    for (onnx_tensor& r : results) y.push_back(r.bytes.data());
    if (!n.op->evaluate(in, x, out, y)) return false;
    for (std::size_t i = 0; i < results.size(); ++i) set(n.outputs[i], std::move(results[i]));
    return true;
  }

  import_graph const& graph_;
  std::vector<int> readers_;
  tensors_by_value values_;
};

}  // namespace detail

/// The values of the graph that are asked for, with float tensors in double; `inputs` in the graph's order. Calls told(part) with how
/// much is done. What cannot be computed is missing, and so is all that depends on it; `left_out` names the first such node.
template <class Told>
tensors_by_value evaluate_in_double(import_graph const& g, std::vector<onnx_tensor> const& inputs, std::vector<bool> const& wanted, std::string& left_out, Told const& told) {
  detail::double_evaluation e(g);
  std::vector<bool> there(g.values.size(), false);
  for (std::size_t v = 0; v < g.values.size(); ++v) there[v] = g.values[v].constant;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    e.set(g.inputs[i], inputs[i]);
    there[static_cast<std::size_t>(g.inputs[i])] = true;
  }
  double done = 0, all = 1;
  auto const cost = [&](import_node const& n) {
    auto const in = g.input_descs(n);
    return 1e4 + static_cast<double>(n.op->macs({in.data(), static_cast<int>(in.size())}, g.value(n.outputs[0]).desc));
  };
  for (import_node const& n : g.nodes) all += cost(n);
  for (import_node const& n : g.nodes) {
    bool const ready = std::all_of(n.inputs.begin(), n.inputs.end(), [&](int v) { return there[static_cast<std::size_t>(v)]; });
    if (ready && e.compute(n)) {
      for (int v : n.outputs) there[static_cast<std::size_t>(v)] = true;
    } else if (ready && left_out.empty()) {
      left_out = n.origin;
    }
    e.release(n, wanted);
    told((done += cost(n)) / all);
  }
  return e.take();
}

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// What patterns are written with: who computes a value, who reads it, what a constant holds, and how a value gets another origin.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include <dsi/backend/reference/expand.hpp>
#include <dsi/backend/reference/transpose.hpp>
#include <dsi/import/constants.hpp>
#include <dsi/import/import_graph.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/transpose.hpp>

namespace DSI_NAMESPACE::import::detail {

/// The node that computes a value when its operator is a Value, else null.
template <class Value>
import_node const* made_by(import_graph const& g, int v) {
  int const p = v < 0 ? -1 : g.value(v).producer;
  if (p < 0 || !g.node(p).op) return nullptr;
  return as_operator<Value>(g.node(p).op) != nullptr ? &g.node(p) : nullptr;
}
/// The one element of a constant.
inline std::optional<double> constant_scalar(import_graph const& g, int v) {
  import_value const& c = g.value(v);
  if (!c.constant || c.desc.size() != 1 || !is_floating(c.desc.type)) return std::nullopt;
  return converted(*c.data, dtype::f64).at<double>(0);
}
/// A constant stands for this number; exporters write irrational ones with few digits.
inline bool is_about(std::optional<double> c, double number) { return c && std::abs(*c - number) <= 1e-4 * std::abs(number); }
inline bool is_about(import_graph const& g, int v, double number) { return is_about(constant_scalar(g, v), number); }

/// The operand of a commutative node that is not v; -1 when v is none.
inline int other_operand(import_node const& n, int v) { return n.inputs[0] == v ? n.inputs[1] : n.inputs[1] == v ? n.inputs[0] : -1; }
/// y = x c or x / c with a constant number c.
struct scaled_value {
  int x = -1;
  double factor = 1;
};
template <class Multiply, class Divide>
std::optional<scaled_value> scaled(import_graph const& g, int v) {
  if (auto const* n = made_by<Multiply>(g, v))
    for (std::size_t side : {0u, 1u})
      if (auto const c = constant_scalar(g, n->inputs[1 - side]); c && g.value(n->inputs[side]).desc.extents == g.value(v).desc.extents) return scaled_value{n->inputs[side], *c};
  if (auto const* n = made_by<Divide>(g, v))
    if (auto const c = constant_scalar(g, n->inputs[1]); c && g.value(n->inputs[0]).desc.extents == g.value(v).desc.extents) return scaled_value{n->inputs[0], 1 / *c};
  return std::nullopt;
}

/// For each value the nodes that read it; an output of the network counts as a reader of its own, -1.
class readers {
 public:
  explicit readers(import_graph const& g) : of_(g.values.size()) {
    for (std::size_t n = 0; n < g.nodes.size(); ++n)
      for (int v : g.nodes[n].inputs)
        if (auto& all = of_[static_cast<std::size_t>(v)]; all.empty() || all.back() != static_cast<int>(n)) all.push_back(static_cast<int>(n));
    for (int v : g.outputs) of_[static_cast<std::size_t>(v)].push_back(-1);
  }
  std::size_t count(int v) const { return of_[static_cast<std::size_t>(v)].size(); }
  /// The only node that reads v; null when there are others, or v is an output.
  import_node const* only(import_graph const& g, int v) const {
    auto const& all = of_[static_cast<std::size_t>(v)];
    return all.size() == 1 && all[0] >= 0 ? &g.node(all[0]) : nullptr;
  }

 private:
  std::vector<std::vector<int>> of_;
};

/// A new node with one output. Precondition: the operator takes these inputs.
template <class Value>
int add_node(import_graph& g, Value const& op, std::vector<int> inputs, import_node const& like) {
  import_node n;
  n.op = make_operator(op);
  n.inputs = std::move(inputs);
  n.origin = like.origin;
  import_value v;
  v.name = g.unique(g.value(like.outputs[0]).name + "." + std::string(Value::name));
  v.desc = n.op->infer({g.input_descs(n).data(), static_cast<int>(n.inputs.size())}).out[0];
  v.desc.order = layout::row_major;
  v.producer = static_cast<int>(g.nodes.size());
  n.outputs = {g.add_value(std::move(v))};
  g.nodes.push_back(std::move(n));
  return g.nodes.back().outputs[0];
}
/// The same elements under other extents; the value itself when it has them already.
inline int as_shape(import_graph& g, int v, shape const& to, import_node const& like) {
  return g.value(v).desc.extents == to ? v : add_node(g, reshape_attributes{to}, {v}, like);
}
/// The operator gives these outputs for these inputs.
template <class Value>
bool fits(import_graph const& g, Value const& op, std::vector<int> const& inputs, tensor_desc const& wanted) {
  std::vector<tensor_desc> d;
  for (int v : inputs) d.push_back(g.value(v).desc);
  inferred const y = infer_of(op, {d.data(), static_cast<int>(d.size())});
  return y && y.count == 1 && y.out[0].type == wanted.type && y.out[0].extents == wanted.extents;
}
/// From now on `op` computes value v.
template <class Value>
void replace(import_graph& g, int v, Value const& op, std::vector<int> inputs, char const* pattern) {
  import_node& n = g.node(g.value(v).producer);
  n.op = make_operator(op);
  n.inputs = std::move(inputs);
  n.rewritten_from.emplace_back(pattern);
}

/// Tries a pattern at every value that nodes compute, those behind others first, so that the longest form is found. One match
/// at a time: what it made superfluous must be gone before the next.
inline bool rewrite_last(import_graph& g, bool (*match)(import_graph&, int)) {
  for (std::size_t n = g.nodes.size(); n-- > 0;)
    if (g.nodes[n].op && g.nodes[n].outputs.size() == 1 && match(g, g.nodes[n].outputs[0])) return true;
  return false;
}

/// A parameter for each element of the last dimensions, `row`: v without extents of 1 in front, a constant number repeated; -1
/// when v is neither.
inline int row_parameter_from(import_graph& g, int v, shape const& row, import_node const& like) {
  tensor_desc const d = g.value(v).desc;
  if (d.extents == row) return v;
  if (g.value(v).constant && d.size() == 1 && is_floating(d.type)) {
    onnx_tensor all = blank(d.type, dims_of(row));
    for (std::size_t at = 0, size = static_cast<std::size_t>(size_of(d.type)); at < all.bytes.size(); at += size)
      std::memcpy(all.bytes.data() + at, g.value(v).data->bytes.data(), size);
    return g.add_constant(g.value(v).name + ".row", std::move(all));
  }
  int const more = d.rank() - row.rank;
  if (more < 0) return -1;
  for (int i = 0; i < d.rank(); ++i)
    if (d[i] != (i < more ? 1 : row[i - more])) return -1;
  if (!g.value(v).constant) return as_shape(g, v, row, like);
  onnx_tensor t = *g.value(v).data;
  t.dims = dims_of(row);
  return g.add_constant(g.value(v).name + ".row", std::move(t));
}

}  // namespace DSI_NAMESPACE::import::detail

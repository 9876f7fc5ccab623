// SPDX-License-Identifier: MIT
// Can a network run with another batch size, without one sample seeing another? Found out by importing it at two sizes.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <dsi/import/lower.hpp>

namespace DSI_NAMESPACE::import {

/// One import of a network: its batch size, its inputs, and what came out of each node.
struct sized_import {
  index batch = 0;
  std::vector<fixed_input> inputs;
  std::vector<lowered_output> trace;
};

namespace detail {

/// Where a value has the batch: none, the number of a dimension, or bad when its extents are not in proportion.
struct batch_place {
  enum kind_type { none, one, bad } kind = none;
  int dim = 0;
  bool merged = false;  ///< with other elements, into one dimension
};
inline batch_place place_of(tensor_desc const& a, index size_a, tensor_desc const& b, index size_b) {
  batch_place p;
  if (a.rank() != b.rank()) return {batch_place::bad};
  for (int d = 0; d < a.rank(); ++d) {
    if (a[d] == b[d]) continue;
    // Not more than one dimension, and that in proportion. The extents were found to be at most 2^40.
    if (p.kind != batch_place::none || a[d] % size_a != 0 || a[d] / size_a * size_b != b[d]) return {batch_place::bad};
    p = {batch_place::one, d, a[d] != size_a};
  }
  return p;
}

/// The node computes along a dimension in which one sample follows the other.
inline bool mixes(onnx_node const& n, int rank, int batch_dim) {
  auto const axis = [&](std::int64_t otherwise) {
    std::int64_t const a = n.int_or("axis", otherwise);
    return a < 0 ? a + rank : a;
  };
  if (n.is("Softmax") || n.is("LogSoftmax")) return n.version < 13 ? axis(1) <= batch_dim : axis(-1) == batch_dim;
  if (n.is("LayerNormalization") || n.is("RMSNormalization")) return axis(-1) <= batch_dim;
  if (n.is("LSTM") || n.is("GRU") || n.is("RNN")) return batch_dim == (n.int_or("layout", 0) != 0 ? 1 : 0);
  if (n.is("Conv") || n.is("MaxPool") || n.is("AveragePool")) return batch_dim > 0;
  return false;
}

}  // namespace detail

/// Names the first node that loses the batch dimension or mixes samples, among those that the outputs need.
inline void check_batch(onnx_model const& model, sized_import const& a, sized_import const& b, diagnostics& notes) {
  using detail::batch_place;
  static constexpr char const* remedy =
      "export the model with a dynamic batch dimension, name the symbol that is the batch with BATCH_DIM, or compile without BATCH";
  std::string const sizes[]{std::to_string(a.batch), std::to_string(b.batch)};
  std::unordered_set<std::string> needed;
  for (onnx_value const& o : model.graph.outputs) needed.insert(o.name);
  // What an If or a loop gives comes from the graphs inside it: all of them counts.
  std::vector<bool> alive(a.trace.size());
  for (std::size_t i = a.trace.size(); i-- > 0;) {
    bool const in_branch = std::none_of(model.graph.nodes.begin(), model.graph.nodes.end(), [&](onnx_node const& n) { return &n == a.trace[i].node; });
    alive[i] = in_branch || needed.contains(a.trace[i].name());
    if (alive[i]) needed.insert(a.trace[i].node->inputs.begin(), a.trace[i].node->inputs.end());
  }
  std::unordered_map<std::string, batch_place> place;
  for (std::size_t i = 0; i < a.inputs.size(); ++i)
    if (!a.inputs[i].bound) place[a.inputs[i].name] = detail::place_of(a.inputs[i].desc, a.batch, b.inputs[i].desc, b.batch);
  for (std::size_t i = 0; i < a.trace.size(); ++i) {
    lowered_output const& x = a.trace[i];
    if (i >= b.trace.size() || b.trace[i].node != x.node || b.trace[i].output != x.output) {
      notes.error(label(*x.node), "is not computed in the same way at batch sizes " + sizes[0] + " and " + sizes[1], remedy);
      return;
    }
    if (x.constant && b.trace[i].constant) continue;
    if (alive[i] && (x.node->is("Loop") || x.node->is("Scan")))
      return notes.error(label(*x.node), "is a loop, through which samples are not followed", "name the symbol that is the batch with BATCH_DIM when every sample is computed on its own, or compile without BATCH");
    bool reads = false, mixed = false, first = false;
    for (std::size_t k = 0; k < x.node->inputs.size(); ++k) {
      auto const at = place.find(x.node->inputs[k]);
      if (at == place.end() || at->second.kind == batch_place::none) continue;
      reads = true;
      first = first || at->second.dim == 0;
      if (k > 0) continue;
      // The rank of input 0: what is known of it is its place, and the trace has its result's.
      mixed = detail::mixes(*x.node, x.desc.rank(), at->second.dim);
    }
    batch_place const y = detail::place_of(x.desc, a.batch, b.trace[i].desc, b.batch);
    place[x.name()] = y;
    if (!reads || !alive[i]) continue;
    std::string const extents = "its result is " + detail::extents_text(x.desc) + " at batch size " + sizes[0] + " and " +
                                detail::extents_text(b.trace[i].desc) + " at " + sizes[1];
    if (mixed) notes.error(label(*x.node), "computes along the batch dimension, so that each result would depend on the whole batch", remedy);
    else if (y.kind == batch_place::bad) notes.error(label(*x.node), extents + ", which is not in proportion", remedy);
    else if (y.kind == batch_place::none) notes.error(label(*x.node), extents + ": the batch dimension is gone", remedy);
    else if (first && y.dim > 0 && y.merged) notes.error(label(*x.node), extents + ": it makes one long sample of the batch", remedy);
    else continue;
    return;
  }
}

}  // namespace DSI_NAMESPACE::import

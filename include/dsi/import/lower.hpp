// SPDX-License-Identifier: MIT
// From an ONNX model with fixed inputs to dsi operators: shapes inferred, constants folded, control flow decided.
#pragma once

#include <dsi/import/control_flow.hpp>
#include <dsi/import/inputs.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// What the nodes of a file may cost when they are computed at import: a fixed amount, and some for each weight in the file.
inline fold_budget budget_for(onnx_model const& model) {
  fold_budget b;
  for (onnx_tensor const& t : model.graph.initializers) {
    b.bytes = checked_sum(b.bytes, 4 * static_cast<index>(t.bytes.size()));
    b.operations = checked_sum(b.operations, 64 * t.size());
  }
  return b;
}

}  // namespace detail

/// The network of a model with these inputs. Every problem goes into `notes`, every output of a node, in order, into `trace`.
/// The network's constants are those of the model, which it keeps alive, and those that were computed within the budget.
inline import_graph lower(std::shared_ptr<onnx_model const> const& model, std::vector<fixed_input> const& inputs, diagnostics& notes, fold_budget const& budget,
                          std::vector<lowered_output>* trace = nullptr) {
  import_graph g;
  g.budget = budget;
  detail::lowering l(g, notes, model);
  for (fixed_input const& f : inputs) {
    import_value v;
    v.name = g.unique(f.name);
    v.desc = f.desc;
    v.is_input = !f.bound;
    v.constant = f.bound || f.desc.size() == 0;  // of an input without elements everything is known
    if (v.constant) v.data = f.bound ? *f.bound : detail::blank(f.desc.type, detail::dims_of(f.desc.extents));
    int const at = g.add_value(std::move(v));
    if (!f.bound) g.inputs.push_back(at);
    l.define(f.name, at);
  }
  l.add_initializers(model->graph);
  l.run(model->graph);
  for (onnx_value const& o : model->graph.outputs) {
    int const v = l.find(o.name);
    if (v < 0) {
      if (notes.ok()) notes.error("output " + in_quotes(o.name), "is computed by no node", "the file is damaged; export it again");
      continue;
    }
    tensor_desc const d = g.value(v).desc;
    for (std::size_t i = 0; o.ranked && i < o.dims.size() && o.dims.size() == static_cast<std::size_t>(d.rank()); ++i)
      if (o.dims[i].fixed() && o.dims[i].value != d[static_cast<int>(i)])
        notes.warning("output " + in_quotes(o.name), "the file says extent " + std::to_string(o.dims[i].value) + " in dimension " + std::to_string(i) +
                                                         ", it is " + std::to_string(d[static_cast<int>(i)]));
    g.outputs.push_back(v);
    g.output_names.push_back(o.name);
  }
  if (trace != nullptr) *trace = l.take_trace();
  return g;
}
inline import_graph lower(std::shared_ptr<onnx_model const> const& model, std::vector<fixed_input> const& inputs, diagnostics& notes) {
  return lower(model, inputs, notes, detail::budget_for(*model));
}

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// From an ONNX model with fixed inputs to dsi operators: shapes inferred, constants folded, control flow decided.
#pragma once

#include <map>

#include <dsi/import/binding.hpp>
#include <dsi/import/fold.hpp>
#include <dsi/import/inputs.hpp>
#include <dsi/import/onnx_operators.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// Translates graphs node by node. Values by ONNX name; -2 stands for a value that an error made unavailable.
class lowering {
 public:
  lowering(import_graph& graph, diagnostics& notes) : graph_(graph), notes_(notes), operators_(onnx_operators()) {}

  void define(std::string const& name, int value) { names_[name] = value; }
  int find(std::string const& name) const {
    auto const it = names_.find(name);
    return it == names_.end() ? -2 : it->second;
  }

  void add_initializers(onnx_graph const& g) {
    for (onnx_tensor const& t : g.initializers) {
      import_value v;
      v.name = graph_.unique(t.name);
      v.desc.type = t.type;
      for (index d : t.dims) v.desc.extents.push_back(d);
      v.constant = true;
      v.data = t;
      define(t.name, graph_.add_value(std::move(v)));
    }
  }

  void run(onnx_graph const& g) {
    for (onnx_node const& n : g.nodes) lower(n);
  }

 private:
  static constexpr int unavailable = -2;

  void lower(onnx_node const& n) {
    if (n.outputs.empty()) return;  // nobody can read a result
    std::vector<int> in;
    bool missing = false;
    for (std::string const& name : n.inputs) {
      in.push_back(name.empty() ? -1 : find(name));
      missing = missing || in.back() == unavailable;
    }
    if (missing) {  // the error is at the node before
      for (std::string const& o : n.outputs)
        if (!o.empty()) define(o, unavailable);
      return;
    }
    if (shape_of_known(n, in) || folded(n, in) || control_flow(n, in)) return;
    binding b(graph_, n, in, notes_);
    auto const it = n.domain.empty() ? operators_.find(n.op_type) : operators_.end();
    if (it == operators_.end()) {
      b.refuse(n.domain.empty() ? "dsi has no operator " + harmless(n.op_type) : "operators of domain " + in_quotes(n.domain) + " are not part of ONNX",
               "export the model without it, or rewrite the node with standard operators");
    } else {
      it->second(b);
    }
    for (std::size_t k = 0; k < n.outputs.size(); ++k) {
      if (n.outputs[k].empty()) continue;
      int const v = b.refused() ? unavailable : b.outputs()[k];
      if (!b.refused() && v < 0)
        notes_.error(label(n), "output " + std::to_string(k) + " (" + harmless(n.outputs[k]) + ") is not supported", "do not use this output");
      define(n.outputs[k], v < 0 ? unavailable : v);
      if (v >= 0) take_name(v, n.outputs[k]);
    }
  }

  /// Computed values carry the name that the ONNX file gives them.
  void take_name(int v, std::string const& name) {
    import_value& value = graph_.value(v);
    if (value.constant || value.is_input || value.producer < 0) return;
    if (std::any_of(graph_.values.begin(), graph_.values.end(), [&](import_value const& o) { return o.name == name; })) return;
    value.name = name;
  }

  bool shape_of_known(onnx_node const& n, std::vector<int> const& in) {
    if (!n.is("Shape") && !n.is("Size")) return false;
    if (in.empty() || in[0] < 0) return false;
    shape const s = graph_.value(in[0]).desc.extents;
    onnx_tensor t;
    if (n.is("Size")) {
      t = detail::from_integers({s.size()});
      t.dims.clear();
    } else {
      std::int64_t first = n.int_or("start", 0), last = n.int_or("end", s.rank);
      if (first < 0) first += s.rank;
      if (last < 0) last += s.rank;
      first = std::clamp<std::int64_t>(first, 0, s.rank);
      last = std::clamp<std::int64_t>(last, first, s.rank);
      t = detail::from_integers(std::vector<std::int64_t>(s.dim + first, s.dim + last));
    }
    define(n.outputs[0], graph_.add_constant(n.outputs[0], std::move(t)));
    return true;
  }

  bool folded(onnx_node const& n, std::vector<int> const& in) {
    tensor_pointers x;
    for (int i : in) {
      if (i >= 0 && !graph_.value(i).constant) return false;
      x.push_back(i < 0 ? nullptr : &graph_.value(i).data);
    }
    auto y = fold_node(n, x);
    if (!y) return false;
    for (std::size_t k = 0; k < n.outputs.size(); ++k) {
      if (n.outputs[k].empty()) continue;
      if (k < y->size()) define(n.outputs[k], graph_.add_constant(n.outputs[k], std::move((*y)[k])));
      else define(n.outputs[k], unavailable);
    }
    return true;
  }

  /// An If whose condition is known takes its branch, before the other branch is even looked at.
  bool control_flow(onnx_node const& n, std::vector<int> const& in) {
    if (!n.is("If")) return false;
    if (in.empty() || in[0] < 0 || !graph_.value(in[0]).constant) {
      notes_.error(label(n), "its condition is computed at run time", "fix the inputs that decide it with DIMS or BIND, so that the branch is known");
      for (std::string const& o : n.outputs) define(o, unavailable);
      return true;
    }
    if (graph_.value(in[0]).data.size() != 1) {
      notes_.error(label(n), "its condition is not one value", "the file is damaged; export it again");
      for (std::string const& o : n.outputs) define(o, unavailable);
      return true;
    }
    bool const taken = integer_at(graph_.value(in[0]).data, 0) != 0;
    onnx_graph const* const branch = n.graph(taken ? "then_branch" : "else_branch");
    if (branch == nullptr) {
      notes_.error(label(n), "has no then_branch or else_branch", "the file is damaged; export it again");
      for (std::string const& o : n.outputs) define(o, unavailable);
      return true;
    }
    add_initializers(*branch);
    run(*branch);
    for (std::size_t k = 0; k < n.outputs.size() && k < branch->outputs.size(); ++k)
      if (!n.outputs[k].empty()) define(n.outputs[k], find(branch->outputs[k].name));
    return true;
  }

  import_graph& graph_;
  diagnostics& notes_;
  std::map<std::string, onnx_operator, std::less<>> operators_;
  std::map<std::string, int> names_;
};

}  // namespace detail

/// The network of a model with these inputs. Every problem goes into `notes`.
inline import_graph lower(onnx_model const& model, std::vector<fixed_input> const& inputs, diagnostics& notes) {
  import_graph g;
  detail::lowering l(g, notes);
  for (fixed_input const& f : inputs) {
    import_value v;
    v.name = f.name;
    v.desc = f.desc;
    if (f.bound) {
      v.constant = true;
      v.data = *f.bound;
    } else {
      v.is_input = true;
    }
    int const at = g.add_value(std::move(v));
    if (!f.bound) g.inputs.push_back(at);
    l.define(f.name, at);
  }
  l.add_initializers(model.graph);
  l.run(model.graph);
  for (onnx_value const& o : model.graph.outputs) {
    int const v = l.find(o.name);
    if (v < 0) {
      if (notes.ok()) notes.error("output " + in_quotes(o.name), "is computed by no node", "the file is damaged; export it again");
      continue;
    }
    tensor_desc const d = g.value(v).desc;
    for (std::size_t i = 0; o.ranked && i < o.dims.size() && o.dims.size() == static_cast<std::size_t>(d.rank()); ++i)
      if (o.dims[i].fixed() && o.dims[i].value != d[static_cast<int>(i)])
        notes.warning("output " + in_quotes(o.name), "the file says extent " + std::to_string(o.dims[i].value) + " in dimension " + std::to_string(i) + ", it is " + std::to_string(d[static_cast<int>(i)]));
    g.outputs.push_back(v);
    g.output_names.push_back(o.name);
  }
  return g;
}

}  // namespace DSI_NAMESPACE::import

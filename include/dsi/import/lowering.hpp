// SPDX-License-Identifier: MIT
// Translates the nodes of an ONNX graph, one after the other.
#pragma once

#include <algorithm>
#include <unordered_map>

#include <dsi/import/missing_operators.hpp>
#include <dsi/import/onnx_operators.hpp>

namespace DSI_NAMESPACE::import {

/// An output of an ONNX node, as one lowering found it.
struct lowered_output {
  onnx_node const* node;  ///< lives as long as the model
  std::size_t output;     ///< its number
  tensor_desc desc;
  bool constant;
  int value;  ///< its number in the graph
  std::string const& name() const { return node->outputs[output]; }
};

namespace detail {

/// The words of `known` nearest to a misspelt one: the one with the longest common beginning.
inline std::string nearest_word(std::string_view word, std::string_view known) {
  std::string_view best;
  std::size_t most = 2;
  while (!known.empty()) {
    std::string_view const k = known.substr(0, known.find(' '));
    known.remove_prefix(std::min(known.size(), k.size() + 1));
    std::size_t same = 0;
    while (same < k.size() && same < word.size() && (k[same] | 32) == (word[same] | 32)) ++same;
    if (same > most) {
      most = same;
      best = k;
    }
  }
  return std::string(best);
}
inline bool has_word(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = 0; (at = list.find(word, at)) != std::string_view::npos; at += word.size())
    if ((at == 0 || list[at - 1] == ' ') && (at + word.size() == list.size() || list[at + word.size()] == ' ')) return true;
  return false;
}

/// Translates graphs node by node. Values by ONNX name; -2 stands for a value that an error made unavailable.
class lowering {
 public:
  lowering(import_graph& graph, diagnostics& notes, std::shared_ptr<onnx_model const> model)
      : graph_(graph), notes_(notes), model_(std::move(model)), operators_(onnx_operators()) {}

  void define(std::string const& name, int value) { names_[name] = value; }
  int find(std::string const& name) const {
    auto const it = names_.find(name);
    return it == names_.end() ? unavailable : it->second;
  }

  void add_initializers(onnx_graph const& g) {
    for (onnx_tensor const& t : g.initializers) {
      import_value v;
      v.name = graph_.unique(t.name);
      v.desc = {t.type, layout::row_major, shape_from(t.dims)};
      v.constant = true;
      v.data = shared_tensor(model_, t);
      define(t.name, graph_.add_value(std::move(v)));
    }
  }

  void run(onnx_graph const& g) {
    for (onnx_node const& n : g.nodes) lower(n);
  }

  std::vector<lowered_output>&& take_trace() { return std::move(trace_); }

 private:
  static constexpr int unavailable = -2;

  void give_up(onnx_node const& n) {
    for (std::string const& o : n.outputs)
      if (!o.empty()) define(o, unavailable);
  }

  void lower(onnx_node const& n) {
    if (n.outputs.empty()) return;  // nobody can read a result
    std::vector<int> in;
    bool missing = false;
    for (std::string const& name : n.inputs) {
      in.push_back(name.empty() ? -1 : find(name));
      missing = missing || in.back() == unavailable;
    }
    if (missing) return give_up(n);  // the error is at the node before
    if (n.is("If") || n.is("Loop") || n.is("Scan")) return control_flow(n, in);
    auto const it = n.domain.empty() ? operators_.find(n.op_type) : operators_.end();
    if (it == operators_.end()) {
      explanation const why = why_missing(n.op_type, n.domain);
      notes_.error(label(n), why.what, why.remedy);
      return give_up(n);
    }
    if (!takes(n, it->second, in)) return give_up(n);
    binding b(graph_, n, in, notes_);
    it->second.translate(b);
    for (std::size_t k = 0; k < n.outputs.size(); ++k) {
      if (n.outputs[k].empty()) continue;
      int const v = b.refused() ? unavailable : b.outputs()[k];
      if (!b.refused() && v < 0)
        notes_.error(label(n), "output " + std::to_string(k) + " (" + harmless(n.outputs[k]) + ") is not supported", "do not use this output");
      define(n.outputs[k], v < 0 ? unavailable : v);
      if (v < 0) continue;
      take_name(v, n.outputs[k]);
      trace_.push_back({&n, k, graph_.value(v).desc, graph_.value(v).constant, v});
    }
  }

  /// The node has the inputs and attributes that its operator may have. An attribute that nobody reads would be ignored.
  bool takes(onnx_node const& n, onnx_operator const& op, std::vector<int> const& in) {
    bool good = true;
    auto const error = [&](std::string what, std::string remedy) {
      notes_.error(label(n), std::move(what), std::move(remedy));
      good = false;
    };
    std::size_t given = in.size();
    while (given > 0 && in[given - 1] == -1) --given;  // left out at the end: not there at all
    if (given < static_cast<std::size_t>(op.least) || given > static_cast<std::size_t>(op.most))
      error("has " + std::to_string(given) + " inputs and takes " + std::to_string(op.least) +
                (op.most == any_number ? " or more" : op.most > op.least ? " to " + std::to_string(op.most) : ""),
            "export the model again");
    for (std::size_t i = 0; good && i < static_cast<std::size_t>(op.least); ++i)
      if (in[i] == -1) error("input " + std::to_string(i) + " is left out", "export the model again");
    for (onnx_attribute const& a : n.attributes) {
      if (has_word(op.attributes, a.name)) continue;
      std::string const near = nearest_word(a.name, op.attributes);
      error("has no attribute " + in_quotes(a.name), !near.empty()             ? "write " + near
                                                     : op.attributes.empty() ? "leave it out: this operator has no attributes"
                                                                             : "leave it out; it has: " + std::string(op.attributes));
    }
    return good;
  }

  /// Computed values carry the name that the ONNX file gives them.
  void take_name(int v, std::string const& name) {
    import_value const& value = graph_.value(v);
    if (value.constant || value.is_input || value.producer < 0 || graph_.is_taken(name)) return;
    graph_.rename(v, name);
  }

  // in control_flow.hpp
  void control_flow(onnx_node const& n, std::vector<int> const& in);
  std::vector<int> outputs_of(onnx_graph const& g);
  void branch(binding& b);
  bool may_unroll(binding& b, onnx_graph const& body);
  bool repeat(binding& b, onnx_graph const& body, std::vector<int>& values, std::size_t carried, std::vector<std::vector<int>>& collected, std::size_t first);
  int collected_by(binding& b, onnx_value const& declared, std::vector<int> const& parts, std::int64_t axis);
  void loop(binding& b);
  void scan(binding& b);

  import_graph& graph_;
  diagnostics& notes_;
  std::shared_ptr<onnx_model const> model_;
  onnx_table operators_;
  std::unordered_map<std::string, int> names_;
  std::vector<lowered_output> trace_;
  std::size_t unrolled_ = 0;  ///< ONNX nodes that loops were unrolled to
};

}  // namespace detail
}  // namespace DSI_NAMESPACE::import

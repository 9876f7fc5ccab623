// SPDX-License-Identifier: MIT
// What a function of bind/ sees of an ONNX node: inputs, attributes, and how to answer.
#pragma once

#include <dsi/import/constants.hpp>
#include <dsi/import/explain.hpp>
#include <dsi/import/import_graph.hpp>

namespace DSI_NAMESPACE::import {

/// One ONNX node being translated. A function of bind/ reads it and calls emit() and finish(), or refuse().
class binding {
 public:
  binding(import_graph& graph, onnx_node const& node, std::vector<int> inputs, diagnostics& notes)
      : graph_(graph), node_(node), inputs_(std::move(inputs)), notes_(notes), outputs_(node.outputs.size(), -1) {}

  // ---------------------------------------------------------------- the node

  std::string_view type() const { return node_.op_type; }
  index opset() const { return node_.version; }
  onnx_node const& onnx() const { return node_; }
  int input_count() const { return static_cast<int>(inputs_.size()); }
  /// Input i is given.
  bool has(int i) const { return i < input_count() && inputs_[static_cast<std::size_t>(i)] >= 0; }
  bool wants_output(int i) const { return node_.has_output(static_cast<std::size_t>(i)); }
  /// The value of input i; -1 when it is left out, which emit() refuses.
  int input(int i) const { return has(i) ? inputs_[static_cast<std::size_t>(i)] : -1; }
  /// Of input i; an empty description when it is left out.
  tensor_desc desc(int i) const { return has(i) ? graph_.value(input(i)).desc : tensor_desc{}; }
  tensor_desc desc_of(int value) const { return value < 0 ? tensor_desc{} : graph_.value(value).desc; }
  int rank(int i) const { return desc(i).rank(); }
  bool is_constant(int i) const { return has(i) && graph_.value(input(i)).constant; }
  /// Precondition: is_constant(i).
  onnx_tensor const& data(int i) const { return graph_.value(input(i)).data; }

  std::int64_t integer(std::string_view name, std::int64_t otherwise) const { return node_.int_or(name, otherwise); }
  float real(std::string_view name, float otherwise) const { return node_.float_or(name, otherwise); }
  std::string text(std::string_view name, std::string_view otherwise) const { return node_.string_or(name, otherwise); }
  std::vector<std::int64_t> integers(std::string_view name, std::vector<std::int64_t> otherwise = {}) const {
    return node_.ints_or(name, std::move(otherwise));
  }
  std::vector<float> reals(std::string_view name) const { return node_.floats_or(name, {}); }
  bool has_attribute(std::string_view name) const { return node_.has(name); }

  /// Input i is a constant; else refuses the node and says what computes it.
  bool needs_constant(int i, std::string_view what) {
    if (is_constant(i)) return true;
    refuse("input " + std::to_string(i) + " (" + std::string(what) + ") must be known when the network is compiled, and " + source_of(i),
           "fix with DIMS or BIND what it is computed from, or export the model with static shapes");
    return false;
  }
  /// The values of a constant integer input; none when it is left out. Refuses the node when it is no such constant.
  std::vector<std::int64_t> constant_integers(int i, std::string_view what) {
    if (!has(i) || !needs_constant(i, what)) return {};
    if (is_floating(data(i).type) || data(i).dims.size() > 1) {
      refuse("input " + std::to_string(i) + " (" + std::string(what) + ") is no list of integers", "export the model again");
      return {};
    }
    return detail::integers_of(data(i));
  }
  /// The value of a constant input with one element as a number; `otherwise` when it is not given.
  double constant_number(int i, double otherwise, std::string_view what) {
    if (!has(i) || !needs_constant(i, what)) return otherwise;
    if (data(i).size() != 1) {
      refuse("input " + std::to_string(i) + " (" + std::string(what) + ") must be one number", "export the model again");
      return otherwise;
    }
    return detail::converted(data(i), dtype::f64).at<double>(0);
  }
  /// Axis as ONNX counts it, made non-negative. Refuses when there is none such.
  int axis(std::int64_t a, int rank) {
    if (a < -rank || a >= rank) {
      refuse("axis " + std::to_string(a) + " does not exist in a tensor of rank " + std::to_string(rank), "correct the attribute axis");
      return 0;
    }
    return static_cast<int>(a < 0 ? a + rank : a);
  }

  // ---------------------------------------------------------------- the answer

  /// Says why the node cannot be compiled. Further calls of emit() do nothing.
  void refuse(std::string what, std::string remedy) {
    if (!refused_) notes_.error(label(node_), std::move(what), std::move(remedy));
    refused_ = true;
  }
  bool refused() const { return refused_; }

  /// Adds an operator on values; returns its first output. The last operator emitted should be given to finish().
  template <class Value>
  int emit(Value const& op, std::vector<int> inputs) {
    // Constants stand second, where folding and kernels look for them.
    if constexpr (requires { Value::commutative; })
      if (inputs.size() == 2 && inputs[0] >= 0 && inputs[1] >= 0 && graph_.value(inputs[0]).constant && !graph_.value(inputs[1]).constant)
        std::swap(inputs[0], inputs[1]);
    return emit_operator(make_operator(op), inputs);
  }
  int emit_operator(operator_ptr const& op, std::vector<int> const& inputs) {
    if (refused_) return -1;
    for (int i : inputs)
      if (i < 0) {
        refuse("lacks an input that it needs", "the file is damaged; export it again");
        return -1;
      }
    std::vector<tensor_desc> descs;
    for (int i : inputs) descs.push_back(graph_.value(i).desc);
    if (descs.size() > static_cast<std::size_t>(max_inputs)) {
      refuse("has " + std::to_string(descs.size()) + " inputs, dsi supports " + std::to_string(max_inputs), "split the node");
      return -1;
    }
    inferred const y = op->infer({descs.data(), static_cast<int>(descs.size())});
    if (!y) {
      explanation const why = explain(y);
      refuse(why.what, why.remedy);
      return -1;
    }
    for (int o = 0; o < y.count; ++o)
      if (!fits(y.out[o])) return -1;
    if (is_nothing(y)) return constants_of(y);
    import_node n;
    n.op = op;
    n.inputs = inputs;
    n.origin = label(node_);
    int const position = static_cast<int>(graph_.nodes.size());
    std::string const stem = node_.outputs.empty() ? node_.op_type : node_.outputs[0];
    for (int o = 0; o < y.count; ++o) {
      import_value v;
      v.name = graph_.unique(stem + "." + std::string(op->name()) + (y.count > 1 ? std::to_string(o) : ""));
      v.desc = y.out[o];
      v.desc.order = layout::row_major;
      v.producer = position;
      n.outputs.push_back(graph_.add_value(std::move(v)));
    }
    int const first = n.outputs.empty() ? -1 : n.outputs[0];
    graph_.nodes.push_back(std::move(n));
    fold(position);
    return refused_ ? -1 : first;
  }
  /// Output k of the ONNX node is this value.
  void finish(int k, int value) {
    if (refused_ || value < 0 || !wants_output(k)) return;
    outputs_[static_cast<std::size_t>(k)] = value;
  }
  void finish(int value) { finish(0, value); }
  /// A new constant.
  int constant(onnx_tensor t) { return graph_.add_constant((node_.outputs.empty() ? node_.op_type : node_.outputs[0]) + ".constant", std::move(t)); }
  /// A new constant with one element.
  template <class T>
  int scalar(dtype type, T v) { return constant(detail::scalar_tensor(type, v)); }
  /// A value as another element type.
  int cast_to(int value, dtype type) {
    return value < 0 || desc_of(value).type == type ? value : emit(cast_attributes{type}, {value});
  }
  /// A constant of these extents may be made: it fits, and is paid for. Else the node is refused.
  bool may_make(dtype type, std::vector<index> const& dims) {
    if (dims.size() > static_cast<std::size_t>(max_rank)) {
      refuse("the result has " + std::to_string(dims.size()) + " dimensions, dsi supports " + std::to_string(max_rank), "merge some of them");
      return false;
    }
    tensor_desc const d{type, layout::row_major, detail::shape_from(dims)};
    return fits(d) && pays(d.bytes(), d.size());
  }
  std::vector<int> const& outputs() const { return outputs_; }
  import_graph& graph() { return graph_; }

 private:
  static constexpr index most_bytes = index{1} << 40;  ///< of one tensor: no machine has more

  bool fits(tensor_desc const& d) {
    index product = 1;  // as if no extent were 0, so that products of some of them fit, too
    for (int i = 0; i < d.rank(); ++i) product = d[i] < 0 ? -1 : checked_product(product, larger(1, d[i]));
    product = checked_product(product, size_of(d.type));
    if (product >= 0 && product <= most_bytes) return true;
    refuse("its result has more elements than fit", "reduce the extents");
    return false;
  }
  bool pays(index bytes, index operations) {
    if (graph_.budget.spend(bytes, operations)) return true;
    refuse("it is computed while the network is compiled, and needs " + std::to_string(bytes) + " bytes and " + std::to_string(operations) +
               " operations more than that may cost",
           "store its result in the file, or make one of its inputs an input of the network");
    return false;
  }
  /// No output has an element: there is nothing to compute.
  static bool is_nothing(inferred const& y) {
    bool nothing = y.count > 0;
    for (int o = 0; o < y.count; ++o) nothing = nothing && y.out[o].size() == 0;
    return nothing;
  }
  /// Outputs without elements as constants; the first of them.
  int constants_of(inferred const& y) {
    int first = -1;
    for (int o = 0; o < y.count; ++o) {
      int const v = constant(detail::blank(y.out[o].type, detail::dims_of(y.out[o].extents)));
      if (o == 0) first = v;
    }
    return first;
  }
  /// Where a value that should have been constant comes from.
  std::string source_of(int i) const {
    if (!has(i)) return "it is missing";
    import_value const& v = graph_.value(input(i));
    if (v.is_input) return "it is the network's input " + in_quotes(v.name);
    if (v.producer >= 0) return "it is computed at run time by " + graph_.node(v.producer).origin;
    return "it is computed at run time";
  }

  /// A node of constants is computed now and vanishes; nothing when it must stay.
  void fold(int position) {
    import_node& n = graph_.node(position);
    std::vector<void const*> x;
    std::vector<tensor_desc> in, out;
    index read = 0, bytes = 0;
    for (int i : n.inputs) {
      if (!graph_.value(i).constant) return;
      x.push_back(graph_.value(i).data->bytes.data());
      in.push_back(graph_.value(i).desc);
      read += in.back().size();
    }
    index written = 0;
    for (int o : n.outputs) {
      out.push_back(graph_.value(o).desc);
      bytes = checked_sum(bytes, out.back().bytes());
      written = checked_sum(written, out.back().size());
    }
    op_inputs const inputs{in.data(), static_cast<int>(in.size())};
    if (!pays(bytes, checked_sum(checked_sum(read, written), n.op->macs(inputs, out[0])))) return;
    std::vector<std::vector<std::byte>> memory;
    std::vector<void*> y;
    for (tensor_desc const& d : out) memory.emplace_back(static_cast<std::size_t>(d.bytes()));
    for (auto& m : memory) y.push_back(m.data());
    if (!n.op->evaluate(in, x, out, y)) return;
    for (std::size_t o = 0; o < n.outputs.size(); ++o) {
      import_value& v = graph_.value(n.outputs[o]);
      v.constant = true;
      v.producer = -1;
      v.data = onnx_tensor{v.name, v.desc.type, detail::dims_of(v.desc.extents), std::move(memory[o])};
    }
    graph_.nodes.pop_back();
  }

  import_graph& graph_;
  onnx_node const& node_;
  std::vector<int> inputs_;
  diagnostics& notes_;
  std::vector<int> outputs_;
  bool refused_ = false;
};

}  // namespace DSI_NAMESPACE::import

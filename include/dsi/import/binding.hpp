// SPDX-License-Identifier: MIT
// What a function of bind/ sees of an ONNX node: inputs, attributes, and how to answer.
#pragma once

#include <dsi/import/evaluate.hpp>
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
  tensor_desc desc_of(int value) const { return graph_.value(value).desc; }
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

  /// The values of a constant integer input. Refuses the node when it is not constant.
  std::vector<std::int64_t> constant_integers(int i, std::string_view what) {
    std::vector<std::int64_t> v;
    if (!has(i)) return v;
    if (!is_constant(i)) {
      refuse("input " + std::to_string(i) + " (" + std::string(what) + ") must be known when the network is compiled, and it is computed at run time",
             "fix it with BIND if it is an input of the network, or export the model with static shapes");
      return v;
    }
    for (index k = 0; k < data(i).size(); ++k) v.push_back(data(i).type == dtype::i32 ? data(i).at<std::int32_t>(k) : data(i).type == dtype::i64 ? data(i).at<std::int64_t>(k) : 0);
    return v;
  }
  /// The value of a constant scalar input as a number; `otherwise` when it is not given.
  double constant_number(int i, double otherwise, std::string_view what) {
    if (!has(i)) return otherwise;
    if (!is_constant(i) || data(i).size() < 1) {
      refuse("input " + std::to_string(i) + " (" + std::string(what) + ") must be a constant", "fix it with BIND, or export it as a constant");
      return otherwise;
    }
    return visit_dtype(data(i).type, [&](auto zero) {
      using T = decltype(zero);
      if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) return static_cast<double>(static_cast<float>(data(i).at<T>(0)));
      else return static_cast<double>(data(i).at<T>(0));
    });
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
      refuse(std::string(text_of(y.reason)) + " (A = " + std::to_string(y.a) + ", B = " + std::to_string(y.b) + ")", "");
      return -1;
    }
    import_node n;
    n.op = op;
    n.inputs = inputs;
    n.origin = label(node_);
    int const position = static_cast<int>(graph_.nodes.size());
    std::string const stem = node_.outputs.empty() ? node_.op_type : node_.outputs[0];
    for (int o = 0; o < y.count; ++o) {
      if (y.out[o].bytes() < 0) {
        refuse("the result has more elements than fit", "reduce the extents");
        return -1;
      }
      import_value v;
      v.name = graph_.unique(stem + "." + std::string(op->name()) + (y.count > 1 ? std::to_string(o) : ""));
      v.desc = y.out[o];
      v.desc.order = layout::row_major;
      v.producer = position;
      n.outputs.push_back(graph_.add_value(std::move(v)));
    }
    int const first = n.outputs.empty() ? -1 : n.outputs[0];
    graph_.nodes.push_back(std::move(n));
    return fold(position, first);
  }
  /// Output k of the ONNX node is this value.
  void finish(int k, int value) {
    if (refused_ || value < 0 || !wants_output(k)) return;
    outputs_[static_cast<std::size_t>(k)] = value;
  }
  void finish(int value) { finish(0, value); }
  /// A new constant.
  int constant(onnx_tensor t) { return graph_.add_constant((node_.outputs.empty() ? node_.op_type : node_.outputs[0]) + ".constant", std::move(t)); }
  int scalar(dtype type, double v) {
    onnx_tensor t;
    t.type = type;
    t.bytes.resize(static_cast<std::size_t>(size_of(type)));
    visit_dtype(type, [&](auto zero) {
      using T = decltype(zero);
      T x{};
      if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) x = T(static_cast<float>(v));
      else x = static_cast<T>(v);
      std::memcpy(t.bytes.data(), &x, sizeof x);
    });
    return constant(std::move(t));
  }
  std::vector<int> const& outputs() const { return outputs_; }
  import_graph& graph() { return graph_; }

 private:
  /// A node of constants is computed now and vanishes.
  int fold(int position, int first) {
    import_node& n = graph_.node(position);
    std::vector<void const*> x;
    std::vector<tensor_desc> in, out;
    for (int i : n.inputs) {
      if (!graph_.value(i).constant) return first;
      x.push_back(graph_.value(i).data.bytes.data());
      in.push_back(graph_.value(i).desc);
    }
    std::vector<std::vector<std::byte>> memory;
    std::vector<void*> y;
    for (int o : n.outputs) {
      tensor_desc const d = graph_.value(o).desc;
      if (d.bytes() > (index{1} << 30)) return first;
      out.push_back(d);
      memory.emplace_back(static_cast<std::size_t>(d.bytes()));
    }
    for (auto& m : memory) y.push_back(m.data());
    op_traits const t = n.op->traits({in.data(), static_cast<int>(in.size())});
    if (t.view && memory.size() == 1 && !x.empty()) std::memcpy(y[0], x[0], memory[0].size());
    else if (!n.op->evaluate(in, x, out, y)) return first;
    for (std::size_t o = 0; o < n.outputs.size(); ++o) {
      import_value& v = graph_.value(n.outputs[o]);
      v.constant = true;
      v.producer = -1;
      v.data.name = v.name;
      v.data.type = v.desc.type;
      v.data.dims.assign(v.desc.extents.dim, v.desc.extents.dim + v.desc.rank());
      v.data.bytes = std::move(memory[o]);
    }
    graph_.nodes.pop_back();
    return first;
  }

  import_graph& graph_;
  onnx_node const& node_;
  std::vector<int> inputs_;
  diagnostics& notes_;
  std::vector<int> outputs_;
  bool refused_ = false;
};

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// Builds small networks as the reader hands them over, and imports them: for the tests behind the reader.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <dsi/import/import_graph.hpp>
#include <dsi/import/inputs.hpp>

namespace network_builder {

namespace di = dsi::import;
using dsi::dtype;
using dsi::index;

template <class T>
di::onnx_tensor tensor(std::vector<index> dims, std::initializer_list<T> values) {
  di::onnx_tensor t{{}, dsi::dtype_of<T>, std::move(dims), {}};
  for (T v : values) {
    std::size_t const at = t.bytes.size();
    t.bytes.resize(at + sizeof v);
    std::memcpy(t.bytes.data() + at, &v, sizeof v);
  }
  return t;
}
template <class T>
di::onnx_tensor list(std::initializer_list<T> values) { return tensor<T>({static_cast<index>(values.size())}, values); }

inline di::onnx_attribute attribute(std::string name, std::int64_t i) {
  di::onnx_attribute a;
  a.name = std::move(name);
  a.i = i;
  return a;
}
inline di::onnx_attribute attribute(std::string name, float f) {
  di::onnx_attribute a;
  a.name = std::move(name);
  a.kind = di::attribute_kind::real;
  a.f = f;
  return a;
}
inline di::onnx_attribute attribute(std::string name, char const* text) {
  di::onnx_attribute a;
  a.name = std::move(name);
  a.kind = di::attribute_kind::text;
  a.s = text;
  return a;
}
inline di::onnx_attribute attribute(std::string name, std::vector<std::int64_t> ints) {
  di::onnx_attribute a;
  a.name = std::move(name);
  a.kind = di::attribute_kind::integers;
  a.ints = std::move(ints);
  return a;
}

inline di::onnx_attribute attribute(std::string name, di::onnx_graph g) {
  di::onnx_attribute a;
  a.name = std::move(name);
  a.kind = di::attribute_kind::graph;
  a.graphs.push_back(std::move(g));
  return a;
}

/// Adds nodes in order; the network's output is set at the end.
struct network {
  std::shared_ptr<di::onnx_model> model = std::make_shared<di::onnx_model>();
  index opset;

  explicit network(index version = 21) : opset(version) { model->opset_imports[""] = version; }

  /// A dimension is a number or, in quotes, a symbol; "?" is unknown.
  network& input(std::string const& name, std::initializer_list<char const*> dims, dtype type = dtype::f32) {
    di::onnx_value v{name, type, true, {}};
    for (std::string const d : dims) {
      di::onnx_dim x;
      if (d.find_first_not_of("0123456789") == std::string::npos) x.value = std::stoll(d);
      else if (d != "?") x.symbol = d;
      v.dims.push_back(x);
    }
    model->graph.inputs.push_back(v);
    return *this;
  }
  network& constant(std::string const& name, di::onnx_tensor t) {
    t.name = name;
    model->graph.initializers.push_back(std::move(t));
    return *this;
  }
  network& node(std::string const& op, std::vector<std::string> in, std::vector<std::string> out, std::vector<di::onnx_attribute> attributes = {}) {
    di::onnx_node n;
    n.op_type = op;
    n.version = opset;
    n.inputs = std::move(in);
    n.outputs = std::move(out);
    n.attributes = std::move(attributes);
    model->graph.nodes.push_back(std::move(n));
    return *this;
  }
  network& output(std::string const& name) {
    di::onnx_value v;
    v.name = name;
    model->graph.outputs.push_back(v);
    return *this;
  }
};

/// What the import made of it, with the command line's DIMS, BATCH and BIND.
struct imported {
  di::import_graph graph;
  di::diagnostics notes;
  bool says(std::string_view words) const { return notes.contains(words); }
  /// Output k as a constant; fails when it is computed at run time.
  di::onnx_tensor const* constant(std::size_t k = 0) const {
    if (!notes.ok() || k >= graph.outputs.size()) return nullptr;
    auto const& v = graph.value(graph.outputs[k]);
    return v.constant ? &*v.data : nullptr;
  }
};
imported import(network const& n, di::command_line const& c = {}, index batch = 0);
/// The same within a budget for constants.
imported import_within(di::fold_budget const& budget, network const& n);
/// Recognizes patterns, as the dsi program does.
void rewrite(di::import_graph& g);
/// What the dsi program writes of it: the header, and the weights, which must be a good blob for it.
struct embedded {
  std::string header, weights;
  bool good = false;
};
embedded embed(network const& n, di::command_line const& c, index batch = 0);
/// What the dsi program says to a command line whose model is missing.
std::string refusal(di::command_line const& c);
/// What check_batch() says of the network at sizes 2 and 3.
std::string batch_problem(network const& n);

}  // namespace network_builder

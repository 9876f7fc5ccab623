// SPDX-License-Identifier: MIT
// as<half, Model>: the same network with another floating-point type on its edges.
#pragma once

#include <dsi/core/type_pack.hpp>
#include <dsi/graph/graph.hpp>
#include <dsi/op/cast.hpp>

namespace DSI_NAMESPACE {

namespace detail {

/// Every float tensor becomes T; inputs and outputs keep their type, with casts behind and before them.
template <class T, class Model, class Result>
constexpr Result converted() {
  constexpr graph_view g = Model::description.view();
  constexpr int to_op = Model::operators::size, from_op = to_op + 1;  // the casts stand behind the model's operators
  Result r;
  int moved[Result::tensor_capacity]{};  // where each old tensor went
  int tensors = 0, nodes = 0, edges = 0;
  auto const add_cast = [&](int from, int op, dtype type, name_parts name) {
    graph_node n;
    n.traits = cast_attributes::traits;
    n.op = op;
    n.first_input = edges;
    n.inputs = 1;
    n.first_output = tensors;
    n.hash = hash_of(cast_attributes{type});
    n.name = name;
    r.edges[edges++] = from;
    r.tensors[tensors] = {{type, layout::row_major, r.tensors[from].desc.extents}, tensor_kind::value, nodes, name};
    r.nodes[nodes++] = n;
    return tensors++;
  };
  for (int t = 0; t < g.tensor_count; ++t) {
    if (g.tensors[t].kind == tensor_kind::value) continue;
    graph_tensor x = g.tensors[t];
    if (x.kind == tensor_kind::parameter && x.desc.type == dtype::f32) x.desc.type = dtype_of<T>;
    r.tensors[tensors] = x;
    moved[t] = tensors++;
  }
  for (int i = 0; i < g.input_count; ++i) {
    int const t = g.inputs[i];
    r.inputs[i] = moved[t];
    if (g.desc(t).type == dtype::f32) moved[t] = add_cast(moved[t], to_op, dtype_of<T>, {g.tensors[t].name.stem, g.tensors[t].name.number, "as"});
  }
  for (int k = 0; k < g.node_count; ++k) {
    graph_node n = g.nodes[k];
    int const first = n.first_output;
    n.first_input = edges;
    for (int i = 0; i < n.inputs; ++i) r.edges[edges++] = moved[g.input_of(k, i)];
    n.first_output = tensors;
    for (int o = 0; o < n.outputs; ++o) {
      graph_tensor x = g.tensors[first + o];
      if (x.desc.type == dtype::f32) x.desc.type = dtype_of<T>;
      x.producer = nodes;
      r.tensors[tensors] = x;
      moved[first + o] = tensors++;
    }
    r.nodes[nodes++] = n;
  }
  for (int o = 0; o < g.output_count; ++o) {
    int const t = g.outputs[o];
    r.outputs[o] = g.desc(t).type == dtype::f32 ? add_cast(moved[t], from_op, dtype::f32, {g.tensors[t].name.stem, g.tensors[t].name.number, "out"}) : moved[t];
  }
  return r;
}

template <class T, class Model>
struct converted_data {
  static constexpr graph_view g = Model::description.view();
  static constexpr int inputs = [] {
    int n = 0;
    for (int i = 0; i < g.input_count; ++i) n += g.desc(g.inputs[i]).type == dtype::f32 ? 1 : 0;
    return n;
  }();
  static constexpr int outputs = [] {
    int n = 0;
    for (int i = 0; i < g.output_count; ++i) n += g.desc(g.outputs[i]).type == dtype::f32 ? 1 : 0;
    return n;
  }();
  struct result : graph_data<g.tensor_count + inputs + outputs, g.node_count + inputs + outputs, g.edge_count + inputs + outputs, g.input_count, g.output_count> {
    static constexpr int tensor_capacity = g.tensor_count + inputs + outputs;
  };
};

}  // namespace detail

/// Model with storage type T (half, bfloat16, double) on every edge that was float, its parameters included. Inputs and outputs
/// stay float: conversions are nodes. Sums stay in float, as each operator says.
template <class T, class Model>
struct as {
  using operators = join<typename Model::operators, type_pack<cast<T>, cast<float>>>;
  static constexpr auto description =
      detail::converted<T, Model, typename detail::converted_data<T, Model>::result>();
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// as<half, Model>: the same network with another floating-point type on its edges.
#pragma once

#include <dsi/core/fixed_string.hpp>
#include <dsi/core/type_pack.hpp>
#include <dsi/graph/builder.hpp>
#include <dsi/op/cast.hpp>

namespace DSI_NAMESPACE {

namespace detail {

/// A model's operators by their numbers, for passes that infer again.
template <class Pack>
struct operator_table;
template <class... Op>
struct operator_table<type_pack<Op...>> {
  struct entry {
    inferred (*infer)(op_inputs) = nullptr;
    op_traits (*traits)(op_inputs) = nullptr;
    bool (*keeps_float)(int input) = nullptr;
  };
  template <class Operator>
  static constexpr entry entry_of() {
    if constexpr (std::is_void_v<Operator>) {
      return {};
    } else {
      return {[](op_inputs in) { return infer_of(op_value<Operator>(), in); }, [](op_inputs in) { return traits_of(op_value<Operator>(), in); },
              [](int input) { return dsi::keeps_float(op_value<Operator>(), input); }};
    }
  }
  static constexpr entry of[sizeof...(Op) + 1]{entry_of<Op>()..., {}};
};

/// Builds the graph of as<T, Model>. Every float tensor exists as T, and as float where an operator or an output needs it so.
template <class T, class Model>
struct converter {
  static constexpr graph_view g = Model::description.view();
  static constexpr dtype wide = dtype::f32, narrow = dtype_of<T>;
  using table = operator_table<typename Model::operators>;
  static constexpr int to_narrow = Model::operators::size, to_wide = to_narrow + 1;  // the casts stand behind the model's operators

  graph_tensor tensors[2 * g.tensor_count + 1]{};
  graph_node nodes[g.node_count + g.tensor_count + 1]{};
  int edges[g.edge_count + g.tensor_count + 1]{};
  int inputs[g.input_count + 1]{};
  int outputs[g.output_count + 1]{};
  int tensor_count = 0, node_count = 0, edge_count = 0;
  int as_wide[g.tensor_count + 1]{}, as_narrow[g.tensor_count + 1]{};  ///< where each tensor is, -1 where it is not
  inferred refused{};
  int refused_node = 0;  ///< cannot be computed with T

  constexpr int& place_of(int t, dtype type) { return g.desc(t).type == wide && type == narrow ? as_narrow[t] : as_wide[t]; }
  constexpr int add_tensor(graph_tensor const& x) {
    tensors[tensor_count] = x;
    return tensor_count++;
  }
  /// The tensor in the type, by a cast if need be.
  constexpr int find(int t, dtype type) {
    int& place = place_of(t, type);
    if (place >= 0) return place;
    int const from = place_of(t, type == wide ? narrow : wide);
    name_parts const old = g.tensors[t].name;
    // A name that has a suffix already gets its place as number, so that no two are alike.
    name_parts const name{old.stem, old.suffix.empty() ? old.number : t, type == wide ? "out" : "as"};
    graph_node n;
    n.traits = cast_attributes::traits;
    n.op = type == wide ? to_wide : to_narrow;
    n.first_input = edge_count;
    n.inputs = 1;
    n.first_output = tensor_count;
    n.hash = hash_of(cast_attributes{type});
    n.name = name;
    edges[edge_count++] = from;
    nodes[node_count] = n;
    return place = add_tensor({{type, layout::row_major, g.desc(t).extents}, tensor_kind::value, node_count++, name});
  }
  /// The type in which an operator reads its input i.
  static constexpr dtype wanted(int node, int i) {
    dtype const type = g.desc(g.input_of(node, i)).type;
    return type == wide && !table::of[g.nodes[node].op].keeps_float(i) ? narrow : type;
  }
  static constexpr bool kept_as_float(int parameter) {
    for (int n = 0; n < g.node_count; ++n)
      for (int i = 0; i < g.nodes[n].inputs; ++i)
        if (g.input_of(n, i) == parameter && wanted(n, i) == wide) return true;
    return false;
  }

  constexpr void add_node(int k) {
    graph_node n = g.nodes[k];
    int const first = n.first_output;
    tensor_desc in[max_inputs]{};
    int at[max_inputs]{};
    for (int i = 0; i < n.inputs; ++i) {
      at[i] = find(g.input_of(k, i), wanted(k, i));
      in[i] = tensors[at[i]].desc;
    }
    inferred const y = table::of[n.op].infer({in, n.inputs});
    if (!y) {
      refused = y;
      refused_node = k;
      return;
    }
    n.traits = table::of[n.op].traits({in, n.inputs});
    n.first_input = edge_count;
    n.first_output = tensor_count;
    for (int i = 0; i < n.inputs; ++i) edges[edge_count++] = at[i];
    for (int o = 0; o < n.outputs; ++o) {
      graph_tensor x = g.tensors[first + o];
      x.desc = y.out[o];
      x.producer = node_count;
      place_of(first + o, x.desc.type) = add_tensor(x);
    }
    nodes[node_count++] = n;
  }

  constexpr void run() {
    for (int t = 0; t < g.tensor_count; ++t) {
      as_wide[t] = as_narrow[t] = -1;
      if (g.tensors[t].kind == tensor_kind::value) continue;
      graph_tensor x = g.tensors[t];
      if (x.kind == tensor_kind::parameter && x.desc.type == wide && !kept_as_float(t)) x.desc.type = narrow;
      place_of(t, x.desc.type) = add_tensor(x);
    }
    for (int i = 0; i < g.input_count; ++i) inputs[i] = find(g.inputs[i], g.desc(g.inputs[i]).type);
    for (int k = 0; k < g.node_count && refused; ++k) add_node(k);
    for (int o = 0; o < g.output_count && refused; ++o) outputs[o] = find(g.outputs[o], g.desc(g.outputs[o]).type);
  }
};

template <class T, class Model>
consteval auto build_converted() {
  converter<T, Model> c;
  c.run();
  return c;
}

/// The name of a model's node as a template argument, which the compiler's error then shows.
template <class Model, int Node>
consteval auto node_name() {
  constexpr graph_view g = Model::description.view();
  constexpr message name = Node < g.node_count ? g.nodes[Node].name.text() : message();
  char text[name.view().size() + 1]{};
  for (std::size_t i = 0; i + 1 < sizeof text; ++i) text[i] = name.view()[i];
  return fixed_string(text);
}
template <int Node, fixed_string Name, dtype To, invalid Reason, index A, index B>
consteval bool explain_conversion() {
  static_assert(Reason == invalid::none, "dsi::as: node number Node, called Name, cannot be computed with type To, for the reason below; keep this network in float, or the input with keeps_float()");
#define DSI_X(Name, Text) static_assert(Reason != invalid::Name, Text);
  DSI_INVALID_REASONS(DSI_X)
#undef DSI_X
  return true;
}

}  // namespace detail

/// Model with storage type T (half, bfloat16, double) on every edge that was float, its parameters included. Every operator is
/// asked again: what it keeps in float (the scale of quantize, the multiplier of dense_int8) stays, and where it gives or needs
/// float a conversion stands behind or before it. Inputs and outputs stay float. Sums stay in float, as each operator says.
template <class T, class Model>
struct as {
  using operators = join<typename Model::operators, type_pack<cast<T>, cast<float>>>;
  static constexpr auto built = detail::build_converted<T, Model>();
  static_assert(detail::explain_conversion<built.refused_node, detail::node_name<Model, built.refused_node>(), dtype_of<T>, built.refused.reason, built.refused.a, built.refused.b>());
  static constexpr auto description = detail::shrink<built.tensor_count, built.node_count, built.edge_count, Model::description.view().input_count,
                                                     Model::description.view().output_count>(built);
};

}  // namespace DSI_NAMESPACE

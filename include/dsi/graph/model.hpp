// SPDX-License-Identifier: MIT
// A network as a type: graph<named_input<...>, parameter<...>, node<...>, output<...>>, for any directed acyclic graph.
//
//   struct gate : dsi::graph<dsi::named_input<"x", float, 1, 16>,
//                            dsi::parameter<"w", float, 16, 16>,
//                            dsi::node<"h", dsi::dense<16>, "x", "w">,
//                            dsi::node<"s", dsi::sigmoid, "h">,
//                            dsi::node<"y", dsi::mul, "h", "s">,
//                            dsi::output<"y">> {};
#pragma once

#include <dsi/core/fixed_string.hpp>
#include <dsi/core/type_pack.hpp>
#include <dsi/graph/builder.hpp>

namespace DSI_NAMESPACE {

/// An input of the network with its element type and extents.
template <fixed_string Name, class T, index... Dims>
struct named_input {
  static constexpr auto name = Name;
  static constexpr int operators = 0;
  template <class Builder>
  static constexpr void add(Builder& b) {
    b.add_tensor({{dtype_of<T>, layout::row_major, extents<Dims...>::value}, tensor_kind::input, -1, {name.view()}, quantization_of<T>});
  }
};

/// A constant of the network; its values are in the weights, never in the type.
template <fixed_string Name, class T, index... Dims>
struct parameter {
  static constexpr auto name = Name;
  static constexpr int operators = 0;
  template <class Builder>
  static constexpr void add(Builder& b) {
    b.add_tensor({{dtype_of<T>, layout::row_major, extents<Dims...>::value}, tensor_kind::parameter, -1, {name.view()}, quantization_of<T>});
  }
};

/// An operator applied to named tensors. Its output has the node's name; of several outputs, output k is "name.k".
template <fixed_string Name, class Op, fixed_string... Inputs>
  requires operator_type<Op>
struct node {
  static constexpr auto name = Name;
  using op = Op;
  static constexpr int operators = 1;
  template <class Builder>
  static constexpr void add(Builder& b) {
    int const in[sizeof...(Inputs) + 1]{b.find(fixed_string(Inputs).view())..., -1};
    b.template add_node<Op>({name.view()}, in, static_cast<int>(sizeof...(Inputs)), b.entry);
  }
};

/// Marks a tensor as an output of the network, in run()'s order.
template <fixed_string Name>
struct output {
  static constexpr auto name = Name;
  static constexpr int operators = 0;
  template <class Builder>
  static constexpr void add(Builder& b) { b.add_output(b.find(name.view())); }
};

namespace detail {
template <class Entry>
struct op_of_entry {
  using type = void;
};
template <class Entry>
  requires requires { typename Entry::op; }  // not node<Name, ...>: nvcc matches no partial specialization over strings
struct op_of_entry<Entry> {
  using type = typename Entry::op;
};

template <class... Entries>
consteval auto build_graph() {
  graph_builder<static_cast<int>(sizeof...(Entries))> b;
  using step = void (*)(decltype(b)&);
  constexpr step steps[] = {&Entries::template add<decltype(b)>...};
  for (step s : steps) {
    s(b);
    ++b.entry;
    if (b.failed()) break;
  }
  if (b.output_count == 0) b.fail(graph_problem::no_output);
  return b;
}
}  // namespace detail

/// Any directed acyclic graph. Entries stand in topological order: inputs and parameters before the nodes that read them.
template <class... Entries>
struct graph {
  /// Operator types by graph_node::op; entries that are no nodes count as void.
  using operators = type_pack<typename detail::op_of_entry<Entries>::type...>;
  static constexpr auto built = detail::build_graph<Entries...>();
  static_assert(detail::explain_build<built.problem, built.reason, built.a, built.b, built.entry>());
  static constexpr auto description = detail::shrink<built.tensor_count, built.node_count, built.edge_count, built.input_count, built.output_count>(built);
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// A chain of layers as a type: pipeline<input<float, 64>, dense<128>, relu, ...>, with residual<> and concat_of<> inside.
#pragma once

#include <dsi/core/type_pack.hpp>
#include <dsi/graph/builder.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/concat.hpp>

namespace DSI_NAMESPACE {

/// The input of a pipeline: element type and extents. Its tensor is named "x".
template <class T, index... Dims>
struct input {
  static constexpr tensor_desc desc{dtype_of<T>, layout::row_major, extents<Dims...>::value};
  static constexpr quantization affine = quantization_of<T>;
};

/// y = x + Layers(x). The layers must keep the extents (or broadcast).
template <class... Layers>
struct residual {};

/// Branches side by side, joined along Axis. A branch of several layers is a chain<...>.
template <int Axis, class... Branches>
struct concat_of {};

/// Layers one after the other, where one layer is expected.
template <class... Layers>
struct chain {};

namespace detail {

// How each kind of pipeline member adds itself: `operators` lists its operator types in the order in which `add` appends
// nodes; `add` returns the tensor that it leaves.
template <class Layer>
struct layer {  // an operator
  using operators = type_pack<Layer>;
  template <class Builder>
  static constexpr int add(Builder& b, int x) {
    constexpr auto value = op_value<Layer>();
    if (b.failed()) return 0;
    int in[1 + parameter_list::capacity]{x};
    int count = 1;
    int const number = b.node_count;
    parameter_list const p = parameters_of(value, {&b.tensors[x].desc, 1});
    for (int i = 0; i < p.count; ++i)
      in[count++] = b.add_tensor({p.desc[i], tensor_kind::parameter, -1, {value.name, number, p.name[i]}});
    b.entry = number;
    return b.template add_node<Layer>({value.name, number}, in, count, number);
  }
};

template <class... Layers>
struct layer<chain<Layers...>> {
  template <class... Packs>
  struct joined_all {
    using type = type_pack<>;
  };
  template <class First, class... Rest>
  struct joined_all<First, Rest...> {
    using type = join<First, typename joined_all<Rest...>::type>;
  };
  using operators = typename joined_all<typename layer<Layers>::operators...>::type;
  template <class Builder>
  static constexpr int add(Builder& b, int x) {
    using step = int (*)(Builder&, int);
    constexpr step steps[] = {&layer<Layers>::template add<Builder>...};
    for (step s : steps) x = s(b, x);
    return x;
  }
};

template <class... Layers>
struct layer<residual<Layers...>> {
  using operators = join<typename layer<chain<Layers...>>::operators, type_pack<dsi::add>>;
  template <class Builder>
  static constexpr int add(Builder& b, int x) {
    int const y = layer<chain<Layers...>>::add(b, x);
    int const in[]{y, x};
    int const number = b.node_count;
    return b.template add_node<dsi::add>({dsi::add::name, number}, in, 2, number);
  }
};

template <int Axis, class... Branches>
struct layer<concat_of<Axis, Branches...>> {
  using operators = join<typename layer<chain<Branches...>>::operators, type_pack<concat<Axis>>>;
  template <class Builder>
  static constexpr int add(Builder& b, int x) {
    using step = int (*)(Builder&, int);
    constexpr step steps[] = {&layer<Branches>::template add<Builder>...};
    int in[sizeof...(Branches)]{};
    int count = 0;
    for (step s : steps) in[count++] = s(b, x);
    int const number = b.node_count;
    return b.template add_node<concat<Axis>>({"concat", number}, in, count, number);
  }
};

template <class Input, class... Layers>
consteval auto build_pipeline() {
  graph_builder<layer<chain<Layers...>>::operators::size + 1> b;
  int const x = b.add_tensor({Input::desc, tensor_kind::input, -1, {"x"}, Input::affine});
  b.add_output(layer<chain<Layers...>>::add(b, x));
  return b;
}
}  // namespace detail

/// A chain of layers. Parameters are named after their layer: "dense0.weight", "dense0.bias"; the number counts layers.
template <class Input, class... Layers>
struct pipeline {
  using operators = typename detail::layer<chain<Layers...>>::operators;
  static constexpr auto built = detail::build_pipeline<Input, Layers...>();
  static_assert(detail::explain_build<built.problem, built.reason, built.a, built.b, built.entry>());
  static constexpr auto description = detail::shrink<built.tensor_count, built.node_count, built.edge_count, built.input_count, built.output_count>(built);
};

}  // namespace DSI_NAMESPACE

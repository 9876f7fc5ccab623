// SPDX-License-Identifier: MIT
// quantized<Model>: the same network with its dense layers on 8-bit integers.
#pragma once

#include <dsi/core/type_pack.hpp>
#include <dsi/graph/builder.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/dense.hpp>
#include <dsi/op/dense_int8.hpp>
#include <dsi/op/relu.hpp>

namespace DSI_NAMESPACE {

/// A scale and zero point for every tensor of a network that is computed or given: entry t is for tensor t of its graph.
/// A structural value: `inline constexpr edge_table<9> mlp_edges{...}` is what calibration writes.
template <int Tensors>
struct edge_table {
  quantization of[Tensors]{};
  constexpr bool operator==(edge_table const&) const = default;
};

/// Without edges: the type says which layers are integers, their scales are known to the weights alone.
struct unscaled {
  constexpr bool operator==(unscaled const&) const = default;
};

/// What an elementwise operator with one input clips to, so that requantization can do it: specialize it for your own.
template <class Value>
struct clips {
  static constexpr bool value = false;
};
template <>
struct clips<relu> {
  static constexpr bool value = true;
  static constexpr float low(relu) { return 0; }
  static constexpr float high(relu) { return __builtin_inff(); }
};
template <>
struct clips<clip_attributes> {
  static constexpr bool value = true;
  static constexpr float low(clip_attributes c) { return c.low.value(); }
  static constexpr float high(clip_attributes c) { return c.high.value(); }
};

/// What a parameter of a quantized network is made of.
enum class parameter_source : std::uint8_t { copy, weight, bias, multiplier, range, scale, zero_point };
struct parameter_origin {
  parameter_source source = parameter_source::copy;
  int tensor = -1;   ///< copy: the parameter; scale, zero_point: the tensor that is quantized
  int node = -1;     ///< the dense node, in the float network
  int input = -1;    ///< the tensor that it reads
  int output = -1;   ///< the tensor that its result stands for: that of the clip behind it where one is fused
  bool to_float = false;
  float low = -__builtin_inff(), high = __builtin_inff();
};

namespace detail {

template <class Op>
constexpr bool is_dense() {
  if constexpr (std::is_void_v<Op>) return false;
  else return std::is_same_v<op_value_t<Op>, dense_attributes>;
}
struct clip_ends {
  bool is = false;
  float low = 0, high = 0;
};
template <class Op>
constexpr clip_ends clip_of() {
  if constexpr (std::is_void_v<Op>) {
    return {};
  } else {
    using c = clips<op_value_t<Op>>;
    if constexpr (c::value) return {true, c::low(op_value<Op>()), c::high(op_value<Op>())};
    else return {};
  }
}
/// By operator number, for those of a model and the three behind them.
template <class Pack>
struct quantizable;
template <class... Op>
struct quantizable<type_pack<Op...>> {
  static constexpr bool dense[sizeof...(Op) + 1]{is_dense<Op>()...};
  static constexpr clip_ends clip[sizeof...(Op) + 1]{clip_of<Op>()...};
};

/// Builds the quantized graph. Every float tensor may exist as floats, as bytes, or both.
template <class Model, class Edges>
struct quantizer {
  static constexpr graph_view g = Model::description.view();
  using known = quantizable<typename Model::operators>;
  // The operators that are added stand behind the model's own, in this order.
  using added = type_pack<with_attributes<dense_int8_attributes{}>, with_attributes<dense_int8_attributes{.to = dtype::f32}>, quantize<std::uint8_t>>;
  static constexpr int to_bytes = Model::operators::size, to_floats = to_bytes + 1, convert = to_bytes + 2;

  static constexpr int capacity = 6 * (g.tensor_count + g.node_count) + 8;
  graph_tensor tensors[capacity]{};
  parameter_origin origins[capacity]{};
  graph_node nodes[2 * g.node_count + g.tensor_count + 1]{};
  int edges[capacity + g.edge_count]{};
  int inputs[g.input_count + 1]{};
  int outputs[g.output_count + 1]{};
  int tensor_count = 0, node_count = 0, edge_count = 0;
  int floats[g.tensor_count + 1]{};  ///< where a tensor is as it was, -1 when it is not
  int bytes[g.tensor_count + 1]{};
  bool fused_away[g.node_count + 1]{};
  Edges table{};

  /// A dense layer whose values are constants: the only one that becomes integers.
  static constexpr bool becomes_int8(int n) {
    graph_node const& d = g.nodes[n];
    if (!known::dense[d.op] || g.desc(d.first_output).type != dtype::f32) return false;
    for (int i = 1; i < d.inputs; ++i)
      if (g.tensors[g.input_of(n, i)].kind != tensor_kind::parameter) return false;
    return true;
  }
  /// The only reader of a tensor that is no output of the network; -1 when there is no such node.
  static constexpr int only_reader(int tensor) {
    int reader = -1, readers = 0;
    for (int n = 0; n < g.node_count; ++n)
      for (int i = 0; i < g.nodes[n].inputs; ++i)
        if (g.input_of(n, i) == tensor) {
          reader = n;
          ++readers;
        }
    return readers == 1 && !g.is_output(tensor) ? reader : -1;
  }
  /// Every reader takes bytes.
  static constexpr bool wanted_as_bytes_alone(int tensor) {
    if (g.is_output(tensor)) return false;
    bool read = false;
    for (int n = 0; n < g.node_count; ++n)
      for (int i = 0; i < g.nodes[n].inputs; ++i)
        if (g.input_of(n, i) == tensor) {
          if (!becomes_int8(n) || i != 0) return false;
          read = true;
        }
    return read;
  }

  constexpr int add_tensor(graph_tensor const& t) {
    tensors[tensor_count] = t;
    return tensor_count++;
  }
  constexpr int add_parameter(dtype type, shape const& extents, name_parts name, parameter_origin const& from) {
    origins[tensor_count] = from;
    return add_tensor({{type, layout::row_major, extents}, tensor_kind::parameter, -1, name});
  }
  /// Appends a node with operator number `op` of the added ones; returns its output.
  template <class Value>
  constexpr int add_node(Value const& value, int op, name_parts name, int const* in, int count, quantization const& q) {
    tensor_desc descs[8]{};
    for (int i = 0; i < count; ++i) descs[i] = tensors[in[i]].desc;
    op_inputs const given{descs, count};
    inferred const y = infer_of(value, given);
    graph_node n;
    n.traits = traits_of(value, given);
    n.op = op;
    n.first_input = edge_count;
    n.inputs = count;
    n.first_output = tensor_count;
    n.macs = macs_of(value, given, y.out[0]);
    n.hash = hash_of(value);
    n.name = name;
    for (int i = 0; i < count; ++i) edges[edge_count++] = in[i];
    nodes[node_count] = n;
    return add_tensor({y.out[0], tensor_kind::value, node_count++, name, q});
  }
  constexpr quantization edge(int tensor) const {
    if constexpr (std::is_same_v<Edges, unscaled>) return {};
    else return table.of[tensor];
  }
  /// The tensor as bytes, converted from floats where it must be.
  constexpr int as_bytes(int t) {
    if (bytes[t] >= 0) return bytes[t];
    name_parts const name = g.tensors[t].name;
    // A name that has a suffix already gets its place as number, so that no two are alike.
    auto const named = [&](std::string_view suffix) { return name_parts{name.stem, name.suffix.empty() ? name.number : t, suffix}; };
    int const in[]{floats[t], add_parameter(dtype::f32, shape(1), named("scale"), {.source = parameter_source::scale, .tensor = t}),
                   add_parameter(dtype::u8, shape(1), named("zero_point"), {.source = parameter_source::zero_point, .tensor = t})};
    return bytes[t] = add_node(quantize_attributes{}, convert, named("quantized"), in, 3, edge(t));
  }

  constexpr void add_dense(int n) {
    parameter_origin o{.node = n, .input = g.input_of(n, 0), .output = g.nodes[n].first_output};
    if (int const next = only_reader(o.output); next >= 0 && known::clip[g.nodes[next].op].is) {
      clip_ends const c = known::clip[g.nodes[next].op];
      if (wanted_as_bytes_alone(g.nodes[next].first_output)) {
        o.low = c.low;
        o.high = c.high;
        o.output = g.nodes[next].first_output;
        fused_away[next] = true;
      }
    }
    o.to_float = !wanted_as_bytes_alone(o.output);
    tensor_desc const& w = g.desc(g.input_of(n, 1));
    shape const out(w[0]);
    name_parts const name = g.nodes[n].name;
    auto const add = [&](dtype type, shape const& extents, std::string_view suffix, parameter_source source) {
      o.source = source;
      return add_parameter(type, extents, {name.stem, name.number, suffix}, o);
    };
    int in[5]{as_bytes(o.input)};
    in[1] = add(dtype::i8, w.extents, "weight", parameter_source::weight);
    in[2] = add(dtype::i32, out, "bias", parameter_source::bias);
    in[3] = add(dtype::f32, out, "multiplier", parameter_source::multiplier);
    if (o.to_float) {
      floats[o.output] = add_node(dense_int8_attributes{.to = dtype::f32}, to_floats, name, in, 4, {});
    } else {
      in[4] = add(dtype::i32, shape(3), "range", parameter_source::range);
      bytes[o.output] = add_node(dense_int8_attributes{}, to_bytes, g.tensors[o.output].name, in, 5, edge(o.output));
    }
  }

  constexpr void run() {
    for (int t = 0; t < g.tensor_count; ++t) {
      floats[t] = bytes[t] = -1;
      if (g.tensors[t].kind == tensor_kind::value || (g.tensors[t].kind == tensor_kind::parameter && !read_as_it_is(t))) continue;
      origins[tensor_count].tensor = t;
      floats[t] = add_tensor(g.tensors[t]);
    }
    for (int i = 0; i < g.input_count; ++i) inputs[i] = floats[g.inputs[i]];
    for (int n = 0; n < g.node_count; ++n) {
      if (fused_away[n]) continue;
      if (becomes_int8(n)) add_dense(n);
      else copy_node(n);
    }
    for (int o = 0; o < g.output_count; ++o) outputs[o] = floats[g.outputs[o]];
  }
  /// A parameter that a layer which stays float reads, or an output.
  static constexpr bool read_as_it_is(int tensor) {
    for (int n = 0; n < g.node_count; ++n)
      if (!becomes_int8(n))
        for (int i = 0; i < g.nodes[n].inputs; ++i)
          if (g.input_of(n, i) == tensor) return true;
    return g.is_output(tensor);
  }
  constexpr void copy_node(int k) {
    graph_node n = g.nodes[k];
    int const first = n.first_output;
    n.first_input = edge_count;
    for (int i = 0; i < n.inputs; ++i) edges[edge_count++] = floats[g.input_of(k, i)];
    n.first_output = tensor_count;
    for (int o = 0; o < n.outputs; ++o) {
      graph_tensor x = g.tensors[first + o];
      x.producer = node_count;
      floats[first + o] = add_tensor(x);
    }
    nodes[node_count++] = n;
  }
};

template <class Model, auto Edges>
consteval auto build_quantized() {
  quantizer<Model, std::remove_const_t<decltype(Edges)>> q;
  q.table = Edges;
  q.run();
  return q;
}

}  // namespace detail

/// Model with every dense layer of constant weights on integers: uint8 activations with scale and zero point, int8 weights with
/// a scale per output. ReLU and clip behind such a layer become part of its requantization. Inputs, outputs and all other
/// layers stay float; conversions are nodes, and a layer whose result is needed as floats gives floats.
///   Edges   an edge_table<tensors of Model>: scale and zero point of every edge are in the type (weights must be made for
///           them); or unscaled{}: they are in the weights alone, so that a new calibration recompiles nothing
/// quantize_weights (quantize/) makes the weights from those of Model.
template <class Model, auto Edges = unscaled{}>
struct quantized {
  using float_model = Model;
  using operators = join<typename Model::operators, typename detail::quantizer<Model, unscaled>::added>;
  static constexpr auto edges = Edges;
  static constexpr auto built = detail::build_quantized<Model, Edges>();
  static constexpr auto description = detail::shrink<built.tensor_count, built.node_count, built.edge_count, Model::description.view().input_count,
                                                     Model::description.view().output_count>(built);
};

}  // namespace DSI_NAMESPACE

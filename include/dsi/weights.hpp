// SPDX-License-Identifier: MIT
// The values of a network: packed, checked once, immutable, shared by any number of engines.
#pragma once

#include <cstring>
#include <span>

#include <dsi/backend/simd/backend.hpp>
#include <dsi/plan/network.hpp>
#include <dsi/plan/pack_weights.hpp>
#include <dsi/tensor/storage.hpp>
#include <dsi/plan/weights_blob.hpp>

namespace DSI_NAMESPACE {

/// A parameter's values by its name ("dense0.weight", or the name of the parameter<...> entry), in ONNX's order.
struct named_values {
  std::string_view name;
  dtype type = dtype::f32;
  void const* data = nullptr;
  index size = 0;  ///< elements
  /// v: an array, std::array, vector or span, which outlives the call that takes the values.
  template <class Range>
    requires requires(Range const& r) { std::span(r); }
  named_values(std::string_view n, Range const& v) : name(n) {
    auto const s = std::span(v);
    type = dtype_of<std::remove_cv_t<typename decltype(s)::element_type>>;
    data = s.data();
    size = static_cast<index>(s.size());
  }
};

namespace detail {
/// Asks the affine operator of a node, which is a type, by the node's number.
template <class Network>
struct affine_table {
  template <class Get>
  static void ask(int node, Get const& get, index c, double& scale, double& shift) {
    ask_each(std::make_integer_sequence<int, Network::graph.node_count>{}, node, get, c, scale, shift);
  }
  template <int... N, class Get>
  static void ask_each(std::integer_sequence<int, N...>, int node, Get const& get, index c, double& scale, double& shift) {
    using call = void (*)(Get const&, index, double&, double&);
    static constexpr call table[]{&one<N, Get>...};
    table[node](get, c, scale, shift);
  }
  template <int N, class Get>
  static void one(Get const& get, index c, double& scale, double& shift) {
    constexpr auto op = op_value<type_at<typename Network::operators, Network::graph.nodes[N].op>>();
    if constexpr (requires { op.affine(get, c, scale, shift); }) op.affine(get, c, scale, shift);
  }
};
}  // namespace detail

/// The weights of a model for a backend. Copying shares nothing and is not offered; move it, or refer to it.
template <class Model, class Backend = simd_backend<>>
class weights {
 public:
  using network_type = network<Model, Backend>;

  /// Takes a blob that dsi wrote for this model: checks length, structure hash, checksum, layouts and that all values are
  /// finite, and copies it. Errors: malformed, mismatch, not_finite, out_of_memory.
  static result<weights> load(std::span<std::byte const> bytes) {
    if (auto good = check_blob(bytes, network_type::structure, network_type::plan); !good) return good.error();
    weights w;
    if (!w.memory_.allocate(bytes.size())) return no_memory();
    std::memcpy(w.memory_.data(), bytes.data(), bytes.size());
    return result<weights>(std::move(w));
  }

  /// Packs values given by name. Every parameter must be there once, with its number of elements and its element type, and what
  /// is packed (batch norms folded in) must be what load() takes: finite; operands of elementwise operators may hold infinities.
  /// Errors: mismatch, not_finite (both say which parameter), out_of_memory.
  static result<weights> from(std::span<named_values const> values) {
    constexpr graph_view g = network_type::graph;
    constexpr plan_view p = network_type::plan;
    void const* source[g.tensor_count > 0 ? g.tensor_count : 1]{};
    bool given[g.tensor_count > 0 ? g.tensor_count : 1]{};
    for (named_values const& v : values) {
      int const t = find(v.name);
      if (t < 0) return failure{errc::mismatch, message("the model has no parameter ").append(v.name)};
      tensor_desc const& d = g.desc(t);
      if (d.type != v.type)
        return failure{errc::mismatch, message(v.name).append(" has type ").append(name_of(v.type)).append(" but the model needs ").append(name_of(d.type))};
      if (d.size() != v.size)
        return failure{errc::mismatch, message(v.name).append(" has ").append(v.size).append(" elements but the model needs ").append(d.size())};
      if (given[t]) return failure{errc::mismatch, message(v.name).append(" is given twice; leave one out")};
      given[t] = true;
      source[t] = v.data;
    }
    for (int t = 0; t < g.tensor_count; ++t)
      if (g.tensors[t].kind == tensor_kind::parameter && !given[t])
        return failure{errc::mismatch, message("no values given for parameter ").append(g.tensors[t].name.text().view())};
    weights w;
    constexpr index scratch_doubles = pack_scratch(p);
    aligned_memory scratch;
    if (!w.memory_.allocate(static_cast<std::size_t>(blob_bytes(p))) || !scratch.allocate(sizeof(double) * static_cast<std::size_t>(scratch_doubles + 1)))
      return no_memory();
    std::byte* const data = w.memory_.data() + blob_data_offset(p);
    pack_weights(g, p, [&](int t) { return source[t]; },
                 [](int node, auto const& get, index c, double& s, double& b) { detail::affine_table<network_type>::ask(node, get, c, s, b); }, data,
                 reinterpret_cast<double*>(scratch.data()));
    if (bad_value const bad = first_bad_value(p, data); bad.weight >= 0) return not_finite(bad, source);
    write_blob_header(w.memory_.data(), network_type::structure, p);
    return result<weights>(std::move(w));
  }
  static result<weights> from(std::initializer_list<named_values> values) {
    return from(std::span<named_values const>(values.begin(), values.size()));
  }

  /// The blob, to be kept in a file and given to load().
  std::span<std::byte const> bytes() const { return {memory_.data(), static_cast<std::size_t>(blob_bytes(network_type::plan))}; }
  /// The packed part, 64-byte aligned.
  std::byte const* data() const { return memory_.data() + blob_data_offset(network_type::plan); }

 private:
  weights() = default;
  static failure no_memory() { return {errc::out_of_memory, "no memory for the weights"}; }
  /// Says which of the given values the bad one comes from.
  static failure not_finite(bad_value bad, void const* const* source) {
    constexpr graph_view g = network_type::graph;
    constexpr plan_view p = network_type::plan;
    plan_weight const& w = p.weights[bad.weight];
    auto const culprit = [&](int t) {
      tensor_desc const& d = g.desc(t);
      auto const* const data = static_cast<std::byte const*>(source[t]);
      for (index i = 0; is_floating(d.type) && i < d.size(); ++i)
        if (!acceptable(d.type, data + i * size_of(d.type), w.infinities)) return i;
      return index{-1};
    };
    auto const named = [&](int t) { return g.tensors[t].name.text(); };
    auto const holds = [&](int t, index i) { return failure{errc::not_finite, named(t).append(" holds a NaN or an infinity at element ").append(i)}; };
    if (w.tensor >= 0)
      if (index const i = culprit(w.tensor); i >= 0) return holds(w.tensor, i);
    int last = -1;
    for (int f = 0; f < w.folds; ++f) {
      int const node = last = p.members[w.fold_first + f];
      for (int k = 1; k < g.nodes[node].inputs; ++k)
        if (index const i = culprit(g.input_of(node, k)); i >= 0) return holds(g.input_of(node, k), i);
    }
    message m = last < 0 ? message("a weight") : g.nodes[last].name.text();
    if (last >= 0) m.append(": its parameters");
    return {errc::not_finite, m.append(" give a NaN or an infinity once packed into ").append(w.tensor >= 0 ? named(w.tensor).view() : std::string_view("the bias before it")).append(" (a variance that is not positive, or values too large for the type)")};
  }
  static int find(std::string_view name) {
    constexpr graph_view g = network_type::graph;
    for (int t = 0; t < g.tensor_count; ++t)
      if (g.tensors[t].kind == tensor_kind::parameter && g.tensors[t].name.text().view() == name) return t;
    return -1;
  }
  aligned_memory memory_;
};

}  // namespace DSI_NAMESPACE

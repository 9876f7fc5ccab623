// SPDX-License-Identifier: MIT
// The weights of quantized<Model> from those of Model.
#pragma once

#include <vector>

#include <dsi/backend/default_backend.hpp>
#include <dsi/graph/quantized.hpp>
#include <dsi/weights.hpp>

namespace DSI_NAMESPACE {

namespace detail {

/// One dense layer on its way to integers.
struct int8_layer {
  float const* weight;  ///< [outputs, inputs]
  float const* bias;    ///< [outputs] or null
  index inputs;
  quantization x, y;    ///< y.present: the result is bytes
  float low, high;      ///< what the result is clipped to

  double scale_x() const { return static_cast<double>(x.scale.value()); }
  /// Symmetric, one per output. The bias must fit beside the products: below 2^24 it is exact as a float.
  double scale(index o) const {
    double most = 0;
    for (index k = 0; k < inputs; ++k) most = largest(most, static_cast<double>(weight[o * inputs + k]));
    double s = most / 127;
    if (bias != nullptr) s = largest(s, static_cast<double>(bias[o]) / scale_x() / 0x1p24);
    return s > 1e-18 ? s : 1;
  }
  std::int8_t integer(index o, index k, double s) const {
    double const q = math::detail::round_even_of(static_cast<double>(weight[o * inputs + k]) / s);
    return static_cast<std::int8_t>(q < -127 ? -127 : q > 127 ? 127 : q);
  }
  /// Compensation included: zero_x * sum of the row. Like all sums of the layer it wraps.
  std::int32_t integer_bias(index o) const {
    double const s = scale(o);
    auto sum = static_cast<std::int64_t>(bias == nullptr ? 0 : math::detail::round_even_of(static_cast<double>(bias[o]) / (scale_x() * s)));
    for (index k = 0; k < inputs; ++k) sum -= static_cast<std::int64_t>(x.zero_point) * integer(o, k, s);
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(sum)));
  }
  float multiplier(index o) const { return static_cast<float>(scale_x() * scale(o) / (y.present ? static_cast<double>(y.scale.value()) : 1)); }
  std::int32_t end(float value, std::int32_t open) const {
    return value - value == 0 ? quantize_value<std::uint8_t>(value, y.scale.value(), y.zero_point) : open;
  }

 private:
  static double largest(double a, double b) { return b > a ? b : -b > a ? -b : a; }
};

}  // namespace detail

/// Makes the weights of Quantized, a quantized<Model, ...>, from Model's float parameters by name. Weights get a symmetric
/// scale per output, biases the product of the scales; edges gives scale and zero point of every edge (calibration<Model>).
/// Errors: those of weights::from; mismatch when an edge that needs a scale has none; not_finite.
template <class Quantized, class Backend = default_backend>
result<weights<Quantized, Backend>> quantize_weights(std::span<named_values const> values,
                                                     edge_table<Quantized::float_model::description.view().tensor_count> const& edges) {
  using model = typename Quantized::float_model;
  constexpr graph_view from = model::description.view(), to = Quantized::description.view();
  auto const find = [&](int t) -> named_values const* {
    for (named_values const& v : values)
      if (v.name == from.tensors[t].name.text().view()) return &v;
    return nullptr;
  };
  // What is computed here must stay until it is packed.
  std::vector<std::vector<std::uint64_t>> memory;
  std::vector<message> names;
  std::vector<named_values> made;
  names.reserve(static_cast<std::size_t>(to.tensor_count));
  for (int t = 0; t < to.tensor_count; ++t) {
    if (to.tensors[t].kind != tensor_kind::parameter) continue;
    names.push_back(to.tensors[t].name.text());
    std::string_view const name = names.back().view();
    auto const give = [&]<class T, class F>(T, index count, F const& element) {
      auto& m = memory.emplace_back(static_cast<std::size_t>(count) * sizeof(T) / 8 + 1);
      T* const p = reinterpret_cast<T*>(m.data());
      for (index i = 0; i < count; ++i) p[i] = element(i);
      made.emplace_back(name, std::span<T const>(p, static_cast<std::size_t>(count)));
    };
    parameter_origin const o = Quantized::built.origins[t];
    auto const missing_scale = [&](int edge) {
      return failure{errc::mismatch, message("there is no scale for ").append(from.tensors[edge].name.text().view()).append(": no sample measured it; calibrate the network with at least one")};
    };
    if (o.source == parameter_source::copy) {
      named_values const* const v = find(o.tensor);
      if (v == nullptr) return failure{errc::mismatch, message("no values given for parameter ").append(name)};
      made.push_back(*v);
      made.back().name = name;
      continue;
    }
    if (o.source == parameter_source::scale || o.source == parameter_source::zero_point) {
      quantization const q = edges.of[o.tensor];
      if (!q.present) return missing_scale(o.tensor);
      if (o.source == parameter_source::scale) give(float{}, 1, [&](index) { return q.scale.value(); });
      else give(std::uint8_t{}, 1, [&](index) { return static_cast<std::uint8_t>(q.zero_point); });
      continue;
    }
    graph_node const& n = from.nodes[o.node];
    float const* data[2]{};
    for (int i = 1; i < n.inputs; ++i) {
      int const p = from.input_of(o.node, i);
      named_values const* const v = find(p);
      if (v == nullptr) return failure{errc::mismatch, message("no values given for parameter ").append(from.tensors[p].name.text().view())};
      if (v->type != dtype::f32 || v->size != from.desc(p).size())
        return failure{errc::mismatch, message(v->name).append(" must be float32 with ").append(from.desc(p).size()).append(" elements")};
      data[i - 1] = static_cast<float const*>(v->data);
      for (index k = 0; k < v->size; ++k)
        if (!(data[i - 1][k] - data[i - 1][k] == 0))
          return failure{errc::not_finite, message(v->name).append(" holds a NaN or an infinity at element ").append(k)};
    }
    tensor_desc const& w = from.desc(from.input_of(o.node, 1));
    detail::int8_layer const layer{data[0], data[1], w[1], edges.of[o.input], o.to_float ? quantization{} : edges.of[o.output], o.low, o.high};
    if (!layer.x.present) return missing_scale(o.input);
    if (!o.to_float && !layer.y.present) return missing_scale(o.output);
    switch (o.source) {
      case parameter_source::weight: {
        double s = 1;
        give(std::int8_t{}, w.size(), [&](index i) {
          if (i % w[1] == 0) s = layer.scale(i / w[1]);
          return layer.integer(i / w[1], i % w[1], s);
        });
        break;
      }
      case parameter_source::bias: give(std::int32_t{}, w[0], [&](index i) { return layer.integer_bias(i); }); break;
      case parameter_source::multiplier: give(float{}, w[0], [&](index i) { return layer.multiplier(i); }); break;
      default: {
        std::int32_t const range[]{layer.y.zero_point, layer.end(o.low, 0), layer.end(o.high, 255)};
        give(std::int32_t{}, 3, [&](index i) { return range[i]; });
      }
    }
  }
  return weights<Quantized, Backend>::from(std::span<named_values const>(made));
}

/// The same with the edges that are part of the type.
template <class Quantized, class Backend = default_backend>
result<weights<Quantized, Backend>> quantize_weights(std::span<named_values const> values) {
  static_assert(!std::is_same_v<std::remove_const_t<decltype(Quantized::edges)>, unscaled>,
                "dsi::quantize_weights: this quantized<Model> has no edges in its type; give the table that calibration<Model> made");
  return quantize_weights<Quantized, Backend>(values, Quantized::edges);
}

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// From a network's parameters to the packed part of a blob, folding included. The tool and weights<> call the same function.
#pragma once

#include <dsi/plan/plan.hpp>

namespace DSI_NAMESPACE {

/// Reads element i of an array of floating-point type t.
inline double element_as_double(dtype t, void const* data, index i) {
  switch (t) {
    case dtype::f64: return static_cast<double const*>(data)[i];
    case dtype::f16: return static_cast<double>(static_cast<float>(static_cast<half const*>(data)[i]));
    case dtype::bf16: return static_cast<double>(static_cast<float>(static_cast<bfloat16 const*>(data)[i]));
    default: return static_cast<double>(static_cast<float const*>(data)[i]);
  }
}

namespace detail {

template <class T>
T narrowed(double value) {
  if constexpr (sizeof(T) == 2) return T(static_cast<float>(value));
  else return static_cast<T>(value);
}

/// The scale and shift per channel of the affine nodes folded into weight w.
///   affine(node, get, channel, scale, shift)  asks a node's operator; get(input, channel) reads its parameters
template <class Source, class Affine>
void folded_map(graph_view g, plan_view p, plan_weight const& w, Source const& source, Affine const& affine, index channels, double* scale, double* shift) {
  for (index c = 0; c < channels; ++c) {
    scale[c] = 1;
    shift[c] = 0;
  }
  for (int f = 0; f < w.folds; ++f) {
    int const node = p.members[w.fold_first + f];
    auto const get = [&](int input, index c) {
      int const t = g.input_of(node, input);
      return element_as_double(g.desc(t).type, source(t), g.desc(t).size() == 1 ? 0 : c);
    };
    for (index c = 0; c < channels; ++c) {
      double s = 1, b = 0;
      affine(node, get, c, s, b);
      scale[c] *= s;
      shift[c] = shift[c] * s + b;
    }
  }
}

template <class T, class Source, class Affine>
void pack_one(graph_view g, plan_view p, plan_weight const& w, Source const& source, Affine const& affine, std::byte* target, double* scratch) {
  T* const to = reinterpret_cast<T*>(target);
  if (w.channels_last) {
    T const* const from = static_cast<T const*>(source(w.tensor));
    tensor_desc d = w.desc;
    d.order = layout::row_major;
    index const spatial = d.extents.product(2, d.rank());
    for (index n = 0; n < d[0]; ++n)
      for (index c = 0; c < d[1]; ++c)
        for (index s = 0; s < spatial; ++s) to[(n * spatial + s) * d[1] + c] = from[(n * d[1] + c) * spatial + s];
    return;
  }
  double* scale = nullptr;
  if (w.folds > 0) {
    index const channels = w.bias ? w.desc.size() : w.grouped ? w.desc[0] * w.desc[1] : w.desc[0];
    scale = scratch;
    double* const shift = scratch + channels;
    folded_map(g, p, w, source, affine, channels, scale, shift);
    if (w.bias) {
      for (index c = 0; c < channels; ++c) {
        double const before = w.tensor < 0 ? 0 : element_as_double(w.desc.type, source(w.tensor), c);
        to[c] = narrowed<T>(before * scale[c] + shift[c]);
      }
      return;
    }
  }
  T const* const from = static_cast<T const*>(source(w.tensor));
  if (w.desc.order == layout::row_major) {
    index const per = scale != nullptr ? w.desc.size() / w.desc[0] : 1;
    for (index i = 0; i < w.desc.size(); ++i) {
      if constexpr (std::is_integral_v<T>) to[i] = from[i];
      else to[i] = scale == nullptr ? from[i] : narrowed<T>(element_as_double(w.desc.type, from, i) * scale[i / per]);
    }
    return;
  }
  pack(w.desc, w.role, w.grouped, from, to, scale);
}

}  // namespace detail

/// Doubles of scratch that pack_weights needs: scale and shift of the widest folded layer.
constexpr index pack_scratch(plan_view p) {
  index n = 0;
  for (int i = 0; i < p.weight_count; ++i) {
    plan_weight const& w = p.weights[i];
    if (w.folds > 0) n = larger(n, w.bias ? w.desc.size() : w.grouped ? w.desc[0] * w.desc[1] : w.desc[0]);
  }
  return 2 * n;
}

/// Writes plan.weight_bytes bytes. source(tensor) gives the bytes of a parameter in ONNX's order; affine as in folded_map.
template <class Source, class Affine>
void pack_weights(graph_view g, plan_view p, Source const& source, Affine const& affine, std::byte* to, double* scratch) {
  for (index i = 0; i < p.weight_bytes; ++i) to[i] = std::byte{};
  for (int i = 0; i < p.weight_count; ++i) {
    plan_weight const& w = p.weights[i];
    visit_dtype(w.desc.type, [&](auto zero) { detail::pack_one<decltype(zero)>(g, p, w, source, affine, to + w.offset, scratch); });
  }
}

}  // namespace DSI_NAMESPACE

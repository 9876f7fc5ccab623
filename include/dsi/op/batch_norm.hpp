// SPDX-License-Identifier: MIT
// Batch normalization with trained statistics.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + shift, per channel (dimension 1, or the only one).
/// Shape    x [N, C, s...], scale, shift, mean, variance [C, 1...] with a 1 for each s ([C] for x [N, C] and for x [C]) -> y like x.
///          A parameter [C] for x of a higher rank is refused: by the rules of broadcasting it would go along the last dimension
/// Folds    into the weights of the dense or conv before it; otherwise it is fused like any elementwise operator
struct batch_norm_attributes {
  static constexpr std::string_view name = "batch_norm";
  static constexpr dtype_set types = float_types;
  float_bits epsilon = constant(1e-5f);

  constexpr op_traits traits_for(op_inputs) const { return {.elementwise = true, .affine = true, .layouts = layout_rule::same}; }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 5) return {invalid::input_count, 5, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    index const channels = in[0].rank() >= 2 ? in[0][1] : in[0].size();
    int const from = in[0].rank() >= 2 ? 1 : 0;  // the dimension that the channels are
    for (int i = 1; i < 5; ++i) {
      if (in[i].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[i].type)};
      if (in[i].size() != channels) return {invalid::parameter_extent, channels, in[i].size()};
      int const ahead = in[0].rank() - in[i].rank();
      for (int d = 0; d < in[i].rank(); ++d)
        if (ahead < 0 || (in[i][d] != 1 && d + ahead != from)) return {invalid::channel_extent, i, channels};
    }
    tensor_desc y = in[0];
    y.order = layout::row_major;
    return y;
  }
  /// Parameters have extents [C, 1, ...], so that they broadcast along dimension 1.
  constexpr parameter_list parameters(op_inputs in) const {
    shape s(in[0].rank() >= 2 ? in[0][1] : in[0].size());
    for (int i = 2; i < in[0].rank(); ++i) s.push_back(1);
    parameter_list p;
    for (std::string_view n : {"scale", "shift", "mean", "variance"}) p.push_back(n, {in[0].type, layout::row_major, s});
    return p;
  }
  template <class V>
  DSI_HD DSI_INLINE V apply(V x, V scale, V shift, V mean, V variance) const {
    return (x - mean) * (scale / math::sqrt(variance + V(epsilon.value()))) + shift;
  }
  /// As an affine map of channel c; get(i, c) reads input i.
  template <class Get>
  void affine(Get const& get, index c, double& scale, double& shift) const {
    scale = get(1, c) / __builtin_sqrt(get(4, c) + static_cast<double>(epsilon.value()));
    shift = get(2, c) - get(3, c) * scale;
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("epsilon", epsilon); }
  constexpr bool operator==(batch_norm_attributes const&) const = default;
};
template <batch_norm_attributes A = batch_norm_attributes{}>
using batch_norm = with_attributes<batch_norm_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Attention without softmax: a state of fixed size that each step reads and writes.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// For every step t, S a matrix [Dk, Dv] for each batch and key head, g the decay, b the update rate:
///   S = exp(g) . S                      with a decay
///   u = v, or b (v - S^T k)             with an update rate
///   S = S + k u^T
///   y = scale S^T q                     for each of the query heads that share the key head
/// Shape    q [B, T, Hq Dk], k [B, T, Hk Dk], v [B, T, Hk Dv], past [B, Hk, Dk, Dv], g [B, T, Hk] or [B, T, Hk Dk],
///          b [B, T, Hk] or [B, T, 1] -> y [B, T, Hq Dv], S after the last step [B, Hk, Dk, Dv]
/// Types    floats; sums of Dk products in order, in numeric_traits<T>::accumulator. S has the tensors' type from step to step: the
///          import tool computes 16-bit networks in float
/// ONNX     LinearAttention: rule linear, gated (decay), delta (update rate), gated_delta (both)
struct linear_attention_attributes {
  static constexpr std::string_view name = "linear_attention";
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits{};
  index query_heads = 1;
  index key_heads = 1;
  bool past = false;  ///< which inputs there are behind q, k and v, in this order
  bool decay = false;
  bool rate = false;
  float_bits scale = constant(1.f);

  constexpr int past_at() const { return 3; }
  constexpr int decay_at() const { return 3 + (past ? 1 : 0); }
  constexpr int rate_at() const { return decay_at() + (decay ? 1 : 0); }
  constexpr inferred infer(op_inputs in) const {
    int const count = rate_at() + (rate ? 1 : 0);
    if (in.count != count) return {invalid::input_count, count, in.count};
    if (query_heads < 1) return {invalid::positive, 0, query_heads};
    if (key_heads < 1) return {invalid::positive, 1, key_heads};
    if (query_heads % key_heads != 0) return {invalid::attention_heads, query_heads, key_heads};
    for (int i = 0; i < count; ++i) {
      if (in[i].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[i].type)};
      int const rank = past && i == past_at() ? 4 : 3;
      if (in[i].rank() != rank) return {invalid::rank, rank, in[i].rank()};
    }
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    index const batch = in[0][0], steps = in[0][1], depth = in[0][2] / query_heads, width = in[2][2] / key_heads;
    index const last[]{query_heads * depth, key_heads * depth, key_heads * width};
    for (int i = 0; i < count; ++i) {
      if (in[i][0] != batch) return {invalid::broadcast, batch, in[i][0]};
      if (past && i == past_at()) {
        index const want[]{key_heads, depth, width};
        for (int d = 0; d < 3; ++d)
          if (in[i][d + 1] != want[d]) return {invalid::broadcast, want[d], in[i][d + 1]};
        continue;
      }
      if (in[i][1] != steps) return {invalid::broadcast, steps, in[i][1]};
      if (i < 3 && in[i][2] != last[i]) return {invalid::broadcast, last[i], in[i][2]};
      if (decay && i == decay_at() && in[i][2] != key_heads && in[i][2] != key_heads * depth) return {invalid::broadcast, key_heads * depth, in[i][2]};
      if (rate && i == rate_at() && in[i][2] != key_heads && in[i][2] != 1) return {invalid::broadcast, key_heads, in[i][2]};
    }
    inferred y;
    y.push_back({in[0].type, layout::row_major, shape(batch, steps, query_heads * width)});
    y.push_back({in[0].type, layout::row_major, shape(batch, key_heads, depth, width)});
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const { return capped_product(y.size(), in[0][2] / query_heads * 3); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("query_heads", query_heads);
    f("key_heads", key_heads);
    f("past", past);
    f("decay", decay);
    f("rate", rate);
    f("scale", scale);
  }
  constexpr bool operator==(linear_attention_attributes const&) const = default;
};
template <linear_attention_attributes A>
using linear_attention = with_attributes<linear_attention_attributes(A)>;

}  // namespace DSI_NAMESPACE

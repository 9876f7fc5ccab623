// SPDX-License-Identifier: MIT
// Scaled dot-product attention.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// What a query gets that no key answers: softmax of nothing but -inf.
enum class unanswered : std::uint8_t {
  nan,   ///< NaN, as Softmax gives it
  zero,  ///< zeros where the mask hides every key or all scores are -inf, as ONNX Attention
  zero_for_nan,  ///< zeros also where a score is NaN or +inf, as exporters write it: Where(IsNaN(p), 0, p)
};

/// y = softmax(cap(scale q k^T) + mask) v for every batch and query head; heads / key_heads query heads, one after the other,
/// share a key head. cap(s) = softcap tanh(s / softcap) when softcap > 0. Query i stands at position i + offset among the keys and
/// sees key j when i + offset - left <= j <= i + offset + right; a bound of -1 is none (right = 0 is causal attention).
/// Shape    q [B, heads, Lq, D] or [B, Lq, heads D], k [B, key_heads, Lk, D] or [B, Lk, key_heads D], v as k with Dv for D,
///          mask broadcasts to [B, heads, Lq, Lk] and has rank 4 -> y [B, heads, Lq, Dv], or [B, Lq, heads Dv] when merged
/// Types    float, half, bfloat16 (sums and exponentials in float), double
/// Error    float: |y - exact| <= (D g_s + (Lk + 8) u) max |v|, g_s = u scale max sum |q k| (errors of the scores count as those of
///          their exponentials)
/// NaN      as matmul, softmax and matmul have it, except for queries of which `none` speaks; whether infinities of v at keys that
///          left and right hide give NaN is not specified
/// ONNX     Attention, opset 23 to newest: past keys and values are a concat before it, boolean and short masks and
///          nonpad_kv_seqlen become a mask. Also the decomposed form that the importer recognizes.
struct attention_attributes {
  static constexpr std::string_view name = "attention";
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits{};
  index heads = 1;
  index key_heads = 1;
  bool mask = false;    ///< there is a mask behind q, k and v
  bool merged = false;  ///< y has rank 3
  index offset = 0;
  index left = -1;
  index right = -1;
  float_bits scale = constant(1.f);
  float_bits softcap = constant(0.f);
  unanswered none = unanswered::nan;

  /// Heads of one tensor and the steps between its elements; [batch][head][row][column].
  struct stack {
    index batch = 0, heads = 0, rows = 0, columns = 0;
    index batch_step = 0, head_step = 0, row_step = 0;
  };
  static constexpr stack stack_of(tensor_desc const& t, index heads) {
    if (t.rank() == 4) return {t[0], t[1], t[2], t[3], t[1] * t[2] * t[3], t[2] * t[3], t[3]};
    index const columns = t[2] / heads;
    return {t[0], heads, t[1], columns, t[1] * t[2], columns, t[2]};
  }
  constexpr stack query(tensor_desc const& q) const { return stack_of(q, heads); }
  constexpr stack key(tensor_desc const& k) const { return stack_of(k, key_heads); }
  /// The keys that query i sees, [first, last).
  struct range {
    index first = 0, last = 0;
  };
  constexpr range visible(index i, index keys) const {
    index const at = i + offset;
    range r{left < 0 ? 0 : larger(0, at - left), right < 0 ? keys : smaller(keys, at + right + 1)};
    r.last = larger(r.last, 0);
    r.first = smaller(r.first, r.last);
    return r;
  }

  constexpr inferred infer(op_inputs in) const {
    if (in.count != (mask ? 4 : 3)) return {invalid::input_count, mask ? 4 : 3, in.count};
    for (int i = 1; i < in.count; ++i)
      if (in[i].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[i].type)};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (heads < 1) return {invalid::positive, 0, heads};
    if (key_heads < 1) return {invalid::positive, 1, key_heads};
    if (heads % key_heads != 0) return {invalid::attention_heads, heads, key_heads};
    for (int i = 0; i < 3; ++i) {
      index const own = i == 0 ? heads : key_heads;
      if (in[i].rank() != 3 && in[i].rank() != 4) return {invalid::rank, 4, in[i].rank()};
      if (in[i].rank() == 3 && in[i][2] % own != 0) return {invalid::attention_heads, in[i][2], own};
      if (in[i].rank() == 4 && in[i][1] != own) return {invalid::broadcast, own, in[i][1]};
      if (in[i][0] != in[0][0]) return {invalid::broadcast, in[0][0], in[i][0]};
    }
    stack const q = query(in[0]), k = key(in[1]), v = key(in[2]);
    if (q.columns != k.columns) return {invalid::matmul_inner, q.columns, k.columns};
    if (k.rows != v.rows) return {invalid::matmul_inner, k.rows, v.rows};
    if (mask) {
      if (in[3].rank() != 4) return {invalid::rank, 4, in[3].rank()};
      index const to[]{q.batch, heads, q.rows, k.rows};
      for (int d = 0; d < 4; ++d)
        if (in[3][d] != 1 && in[3][d] != to[d]) return {invalid::broadcast, to[d], in[3][d]};
    }
    if (merged) return tensor_desc{in[0].type, layout::row_major, shape(q.batch, q.rows, checked_product(heads, v.columns))};
    return tensor_desc{in[0].type, layout::row_major, shape(q.batch, heads, q.rows, v.columns)};
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const {
    index const keys = key(in[1]).rows;
    return checked_sum(capped_product(in[0].size(), keys), capped_product(y.size(), keys));
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("heads", heads);
    f("key_heads", key_heads);
    f("mask", mask);
    f("merged", merged);
    f("offset", offset);
    f("left", left);
    f("right", right);
    f("scale", scale);
    f("softcap", softcap);
    f("none", none);
  }
  constexpr bool operator==(attention_attributes const&) const = default;
};
template <attention_attributes A = attention_attributes{}>
using attention = with_attributes<attention_attributes(A)>;

}  // namespace DSI_NAMESPACE

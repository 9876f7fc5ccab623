// SPDX-License-Identifier: MIT
// ONNX LinearAttention: its update rules as the inputs that each of them reads.
#pragma once

#include <cmath>

#include <dsi/backend/reference/linear_attention.hpp>
#include <dsi/import/bind/reduce.hpp>
#include <dsi/op/linear_attention.hpp>

namespace DSI_NAMESPACE::import::detail {

/// In float for 16-bit tensors, so that the state keeps its digits over the steps.
inline void bind_linear_attention(binding& b) {
  linear_attention_attributes a;
  a.query_heads = b.integer("q_num_heads", 0);
  a.key_heads = b.integer("kv_num_heads", 0);
  if (a.query_heads < 1 || a.key_heads < 1 || a.query_heads % a.key_heads != 0)
    return b.refuse("q_num_heads is " + std::to_string(a.query_heads) + " and kv_num_heads " + std::to_string(a.key_heads), "q_num_heads must be a positive multiple of kv_num_heads");
  for (int i = 0; i < 3; ++i)
    if (b.rank(i) != 3) return b.refuse("input " + std::to_string(i) + " has rank " + std::to_string(b.rank(i)), "it must be [batch, steps, heads * size]");
  if (b.desc(0)[2] % a.query_heads != 0 || b.desc(2)[2] % a.key_heads != 0)
    return b.refuse("the last extents " + std::to_string(b.desc(0)[2]) + " and " + std::to_string(b.desc(2)[2]) + " of query and value are no whole heads", "correct q_num_heads, kv_num_heads or DIMS");
  std::size_t const rule = choice(b, "update_rule", b.text("update_rule", "gated_delta"), {"linear", "gated", "delta", "gated_delta"});
  if (b.refused()) return;
  a.past = b.has(3);
  a.decay = rule == 1 || rule == 3;
  a.rate = rule == 2 || rule == 3;
  if (a.decay && !b.has(4)) return b.refuse("update_rule asks for the input decay, which is left out", "give it, or use update_rule linear or delta");
  if (a.rate && !b.has(5)) return b.refuse("update_rule asks for the input beta, which is left out", "give it, or use update_rule linear or gated");
  float const scale = b.real("scale", 0);
  a.scale = bits_of(scale != 0 ? scale : static_cast<float>(1 / std::sqrt(static_cast<double>(larger(1, b.desc(0)[2] / a.query_heads)))));
  std::vector<int> in;
  bool const given[]{true, true, true, a.past, a.decay, a.rate};
  for (int i = 0; i < 6; ++i)
    if (given[i]) in.push_back(widened(b, b.input(i)));
  int const y = b.emit(a, in);
  if (y < 0) return;
  b.finish(0, b.cast_to(y, b.desc(0).type));
  if (b.wants_output(1)) b.finish(1, b.cast_to(y + 1, b.has(3) ? b.desc(3).type : b.desc(0).type));
}

inline void add_linear_attention(onnx_table& table) {
  table["LinearAttention"] = {&bind_linear_attention, 3, 6, "chunk_size kv_num_heads q_num_heads scale update_rule"};
}

}  // namespace DSI_NAMESPACE::import::detail

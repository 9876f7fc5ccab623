// SPDX-License-Identifier: MIT
// Attention as plain loops, a query after the other. Scores are computed again for each use: there is no memory to keep them in.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/attention.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<attention_attributes> {
  template <class T>
  static void run(attention_attributes const& op, operands<T> const& x) {
    auto const q = op.query(x.in[0].desc);
    for (index b = 0; b < q.batch; ++b)
      for (index h = 0; h < q.heads; ++h)
        for (index i = 0; i < q.rows; ++i) run_query(op, x, b, h, i);
  }

 private:
  template <class T>
  static void run_query(attention_attributes const& op, operands<T> const& x, index b, index h, index i) {
    using V = compute_t<T>;
    auto const q = op.query(x.in[0].desc), k = op.key(x.in[1].desc), v = op.key(x.in[2].desc);
    index const key_head = h / (op.heads / op.key_heads);
    T const* const query = x.in[0].data + b * q.batch_step + h * q.head_step + i * q.row_step;
    T const* const keys = x.in[1].data + b * k.batch_step + key_head * k.head_step;
    T const* const values = x.in[2].data + b * v.batch_step + key_head * v.head_step;
    T* const y = op.merged ? x.out[0].data + ((b * q.rows + i) * q.heads + h) * v.columns : x.out[0].data + ((b * q.heads + h) * q.rows + i) * v.columns;

    V const cap = static_cast<V>(op.softcap.value());
    auto const bias = [&](index j) { return op.mask ? static_cast<V>(x.in[3].broadcast(position{{b, h, i, j}}, 4)) : V(0); };
    auto const score = [&](index j) {
      V s(0);
      for (index d = 0; d < q.columns; ++d) s += static_cast<V>(query[d]) * static_cast<V>(keys[j * k.row_step + d]);
      s *= static_cast<V>(op.scale.value());
      if (cap > V(0)) s = cap * math::tanh(s / cap);
      return s + bias(j);
    };

    auto const seen = op.visible(i, k.rows);
    V const nothing = -std::numeric_limits<V>::infinity();
    V greatest = nothing, greatest_bias = nothing;
    for (index j = seen.first; j < seen.last; ++j) {
      greatest = math::max(greatest, score(j));
      greatest_bias = math::max(greatest_bias, bias(j));
    }
    V const base = greatest == nothing ? V(0) : greatest;
    V sum(0);
    for (index j = seen.first; j < seen.last; ++j) sum += math::exp(score(j) - base);
    bool const zero = op.none != unanswered::nan && (sum == V(0) || greatest_bias == nothing || (op.none == unanswered::zero_for_nan && sum != sum));

    for (index first = 0; first < v.columns; first += block) {
      index const count = smaller(block, v.columns - first);
      V total[block]{};
      for (index j = seen.first; j < seen.last && !zero; ++j) {
        V const p = math::exp(score(j) - base);
        for (index m = 0; m < count; ++m) total[m] += p * static_cast<V>(values[j * v.row_step + first + m]);
      }
      for (index m = 0; m < count; ++m) y[first + m] = static_cast<T>(zero ? V(0) : total[m] / sum);
    }
  }

  static constexpr index block = 64;  ///< columns of v that are summed together
};

}  // namespace DSI_NAMESPACE::reference

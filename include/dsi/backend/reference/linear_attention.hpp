// SPDX-License-Identifier: MIT
// Linear attention as plain loops, a column of the state after the other.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/linear_attention.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<linear_attention_attributes> {
  template <class T>
  static void run(linear_attention_attributes const& op, operands<T> const& x) {
    auto const &q = x.in[0], &k = x.in[1], &v = x.in[2];
    auto const &y = x.out[0], &state = x.out[1];
    index const heads = op.key_heads, group = op.query_heads / heads, depth = state[2], width = state[3], steps = q[1];
    T const scale = static_cast<T>(op.scale.value());
    for (index i = 0; i < state.size(); ++i) state.data[i] = op.past ? x.in[op.past_at()].data[i] : T(0);
    for (index b = 0; b < q[0]; ++b)
      for (index h = 0; h < heads; ++h)
        for (index t = 0; t < steps; ++t) {
          if (op.decay) {
            auto const& g = x.in[op.decay_at()];
            for (index d = 0; d < depth; ++d) {
              T const kept = math::exp(g(b, t, g[2] == heads ? h : h * depth + d));
              for (index m = 0; m < width; ++m) state(b, h, d, m) *= kept;
            }
          }
          for (index m = 0; m < width; ++m) {
            auto const s = [&](index d) -> T& { return state(b, h, d, m); };
            auto const key = [&](index d) { return k(b, t, h * depth + d); };
            T u = v(b, t, h * width + m);
            if (op.rate) {
              auto const& rate = x.in[op.rate_at()];
              T read(0);
              for (index d = 0; d < depth; ++d) read += s(d) * key(d);
              u = rate(b, t, rate[2] == 1 ? 0 : h) * (u - read);
            }
            for (index d = 0; d < depth; ++d) s(d) += key(d) * u;
            for (index j = h * group; j < (h + 1) * group; ++j) {
              T sum(0);
              for (index d = 0; d < depth; ++d) sum += q(b, t, j * depth + d) * s(d);
              y(b, t, j * width + m) = scale * sum;
            }
          }
        }
  }
};

}  // namespace DSI_NAMESPACE::reference

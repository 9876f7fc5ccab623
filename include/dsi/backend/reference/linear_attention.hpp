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
    using A = accumulator_t<T>;
    auto const &q = x.in[0], &k = x.in[1], &v = x.in[2];
    auto const &y = x.out[0], &state = x.out[1];
    index const heads = op.key_heads, group = op.query_heads / heads, depth = state[2], width = state[3], steps = q[1];
    A const scale = static_cast<A>(op.scale.value());
    for (index i = 0; i < state.size(); ++i) state.data[i] = op.past ? x.in[op.past_at()].data[i] : T(0);
    for (index b = 0; b < q[0]; ++b)
      for (index h = 0; h < heads; ++h)
        for (index t = 0; t < steps; ++t) {
          if (op.decay) {
            auto const& g = x.in[op.decay_at()];
            for (index d = 0; d < depth; ++d) {
              A const kept = math::exp(static_cast<A>(g(b, t, g[2] == heads ? h : h * depth + d)));
              for (index m = 0; m < width; ++m) state(b, h, d, m) = static_cast<T>(static_cast<A>(state(b, h, d, m)) * kept);
            }
          }
          for (index m = 0; m < width; ++m) {
            auto const s = [&](index d) { return static_cast<A>(state(b, h, d, m)); };
            auto const key = [&](index d) { return static_cast<A>(k(b, t, h * depth + d)); };
            A u = static_cast<A>(v(b, t, h * width + m));
            if (op.rate) {
              auto const& rate = x.in[op.rate_at()];
              A read(0);
              for (index d = 0; d < depth; ++d) read += s(d) * key(d);
              u = static_cast<A>(rate(b, t, rate[2] == 1 ? 0 : h)) * (u - read);
            }
            for (index d = 0; d < depth; ++d) state(b, h, d, m) = static_cast<T>(s(d) + key(d) * u);
            for (index j = h * group; j < (h + 1) * group; ++j) {
              A sum(0);
              for (index d = 0; d < depth; ++d) sum += static_cast<A>(q(b, t, j * depth + d)) * s(d);
              y(b, t, j * width + m) = static_cast<T>(scale * sum);
            }
          }
        }
  }
};

}  // namespace DSI_NAMESPACE::reference

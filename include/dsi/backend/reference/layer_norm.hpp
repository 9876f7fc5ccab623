// SPDX-License-Identifier: MIT
// Layer normalization as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/layer_norm.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<layer_norm_attributes> {
  template <class T>
  static void run(layer_norm_attributes const& op, operands<T> const& x) {
    using V = compute_t<T>;
    auto const& in = x.in[0];
    index const n = row_length(op.axis, in.desc), rows = n == 0 ? 0 : in.size() / n;
    for (index r = 0; r < rows; ++r) {
      auto const at = [&](index i) { return static_cast<V>(in.data[r * n + i]); };
      V sum = V(0), squares = V(0);
      for (index i = 0; i < n; ++i) sum += at(i);
      V const mean = sum / static_cast<V>(n);
      for (index i = 0; i < n; ++i) squares += (at(i) - mean) * (at(i) - mean);
      V const deviation = math::sqrt(squares / static_cast<V>(n) + static_cast<V>(op.epsilon.value()));
      for (index i = 0; i < n; ++i) {
        V const shift = x.inputs > 2 ? static_cast<V>(x.in[2].data[i]) : V(0);
        x.out[0].data[r * n + i] = static_cast<T>((at(i) - mean) / deviation * static_cast<V>(x.in[1].data[i]) + shift);
      }
    }
  }
};

}  // namespace DSI_NAMESPACE::reference

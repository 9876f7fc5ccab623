// SPDX-License-Identifier: MIT
// Root mean square normalization as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/rms_norm.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<rms_norm_attributes> {
  template <class T>
  static void run(rms_norm_attributes const& op, operands<T> const& x) {
    using V = compute_t<T>;
    auto const& in = x.in[0];
    index const n = row_length(op.axis, in.desc), rows = n == 0 ? 0 : in.size() / n;
    for (index r = 0; r < rows; ++r) {
      auto const at = [&](index i) { return static_cast<V>(in.data[r * n + i]); };
      V squares = V(0);
      for (index i = 0; i < n; ++i) squares += at(i) * at(i);
      V const root = math::sqrt(squares / static_cast<V>(n) + static_cast<V>(op.epsilon.value()));
      for (index i = 0; i < n; ++i) x.out[0].data[r * n + i] = static_cast<T>(at(i) / root * static_cast<V>(x.in[1].data[i]));
    }
  }
};

}  // namespace DSI_NAMESPACE::reference

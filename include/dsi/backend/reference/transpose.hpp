// SPDX-License-Identifier: MIT
// Permutation of dimensions as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/transpose.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<transpose_attributes> {
  template <class T>
  static void run(transpose_attributes const& op, operands<T> const& x) {
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    position p;
    do {
      position q;
      for (int d = 0; d < y.rank(); ++d) q[static_cast<int>(op.perm[d])] = p[d];
      y(p) = x.in[0](q);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

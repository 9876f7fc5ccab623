// SPDX-License-Identifier: MIT
// A regular part of a tensor as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/slice.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<slice_attributes> {
  template <class T>
  static void run(slice_attributes const& op, operands<T> const& x) {
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    position p;
    do {
      position q;
      for (int d = 0; d < y.rank(); ++d) q[d] = op.start[d] + p[d] * op.step[d];
      y(p) = x.in[0](q);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

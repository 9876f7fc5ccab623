// SPDX-License-Identifier: MIT
// Concatenation as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/concat.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<concat_attributes> {
  template <class T>
  static void run(concat_attributes const& op, operands<T> const& x) {
    auto const& y = x.out[0];
    int const axis = op.axis < 0 ? op.axis + y.rank() : op.axis;
    index before = 0;
    for (int i = 0; i < x.inputs; before += x.in[i][axis], ++i) {
      if (x.in[i].size() == 0) continue;
      position p;
      do {
        position q = p;
        q[axis] += before;
        y(q) = x.in[i](p);
      } while (next(p, x.in[i].desc.extents));
    }
  }
};

}  // namespace DSI_NAMESPACE::reference

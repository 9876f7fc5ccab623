// SPDX-License-Identifier: MIT
// Division along one dimension as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/split.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<split_attributes> {
  template <class T>
  static void run(split_attributes const& op, operands<T> const& x) {
    int const axis = op.axis_in(x.in[0].rank());
    index before = 0;
    for (int k = 0; k < x.outputs; before += x.out[k][axis], ++k) {
      auto const& y = x.out[k];
      if (y.size() == 0) continue;
      position p;
      do {
        position q = p;
        q[axis] += before;
        y(p) = x.in[0](q);
      } while (next(p, y.desc.extents));
    }
  }
};

}  // namespace DSI_NAMESPACE::reference

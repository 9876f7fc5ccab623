// SPDX-License-Identifier: MIT
// Running sums and products as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/cumulative.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<cumulative_attributes> {
  template <class T>
  static void run(cumulative_attributes const& op, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const& in = x.in[0];
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    int const a = static_cast<int>(op.axis_in(in.rank()));
    shape rows = in.desc.extents;
    rows.dim[a] = 1;
    position p;
    do {
      A r = A(op.product ? 1 : 0);
      for (index k = 0; k < in[a]; ++k) {
        position q = p;
        q[a] = op.reverse ? in[a] - 1 - k : k;
        A const v = static_cast<A>(in(q));
        A const with = op.product ? wrapping_mul(r, v) : wrapping_add(r, v);
        y(q) = static_cast<T>(op.exclusive ? r : with);
        r = with;
      }
    } while (next(p, rows));
  }
};

}  // namespace DSI_NAMESPACE::reference

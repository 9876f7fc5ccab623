// SPDX-License-Identifier: MIT
// Padding and cropping as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/pad.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<pad_attributes> {
  template <class T>
  static void run(pad_attributes const& op, operands<T> const& x) {
    auto const& y = x.out[0];
    T const fill = convert<T>(op.value.value());
    if (y.size() == 0) return;
    position p;
    do {
      position q;
      bool inside = true;
      for (int d = 0; d < y.rank(); ++d) {
        index const stay = op.kept(d, x.in[0][d]);
        index at = p[d] - larger(op.before[d], 0);
        if (at < 0 || at >= stay) {
          inside = inside && op.mode != pad_mode::constant;
          if (op.mode != pad_mode::constant) at = op.source(at, stay);
        }
        q[d] = at + op.cut(d);
      }
      y(p) = inside ? x.in[0](q) : fill;
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

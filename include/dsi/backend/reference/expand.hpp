// SPDX-License-Identifier: MIT
// Repetition as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/expand.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<expand_attributes> {
  template <class T>
  static void run(expand_attributes const&, operands<T> const& x) {
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    position p;
    do y(p) = x.in[0].broadcast(p, y.rank());
    while (next(p, y.desc.extents));
  }
};

template <>
struct implementation<tile_attributes> {
  template <class T>
  static void run(tile_attributes const&, operands<T> const& x) {
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    position p;
    do {
      position q;
      for (int d = 0; d < y.rank(); ++d) q[d] = p[d] % x.in[0][d];
      y(p) = x.in[0](q);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

// SPDX-License-Identifier: MIT
// Resampling as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/primitives.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/resize.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<resize_attributes> {
  template <class T>
  static void run(resize_attributes const& op, operands<T> const& x) {
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    int const a = static_cast<int>(op.axis_in(y.rank()));
    index const n = x.in[0][a];
    position p;
    do {
      resize_taps const t = taps_of(op, p[a], n);
      if (t.beyond) {
        y(p) = convert<T>(op.outside.value());
        continue;
      }
      position from = p;
      auto const tap = [&](index k) {
        index const i = t.first + k;
        from[a] = i < 0 ? 0 : i >= n ? n - 1 : i;
        return x.in[0](from);
      };
      if (op.mode == resize_mode::nearest) {
        y(p) = tap(0);
        continue;
      }
      double sum = 0;
      for (index k = 0; k < t.count; ++k) sum += resize_weight(op, t, k, n) * convert<double>(tap(k));
      y(p) = convert<T>(sum);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

// SPDX-License-Identifier: MIT
// Where the maxima of sliding windows are, and norms of windows, as plain loops.
#pragma once

#include <dsi/backend/reference/mixed.hpp>
#include <dsi/backend/reference/pool.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/lp_pool.hpp>
#include <dsi/op/max_pool_indices.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<max_pool_indices_attributes> : mixed_implementation<max_pool_indices_attributes, 1> {
  template <class T, class I>
  static void run_mixed(max_pool_indices_attributes const& op, mixed_operands<T, I> const& operands) {
    auto const& x = operands.in[0];
    auto const& y = operands.other_out[0];
    if (y.size() == 0) return;
    int const spatial = x.rank() - 2;
    shape taps;
    for (int s = 0; s < spatial; ++s) taps.push_back(op.at.kernel[s]);
    position p;
    do {
      position best;
      bool found = false;
      position tap;
      do {
        position q = p;
        bool inside = true;
        for (int s = 0; s < spatial; ++s) {
          q[2 + s] = p[2 + s] * op.at.stride[s] + tap[s] * op.at.dilation[s] - op.at.pad_begin[s];
          inside = inside && q[2 + s] >= 0 && q[2 + s] < x[2 + s];
        }
        if (!inside || (found && !goes_before(x(q), x(best)))) continue;
        best = q;
        found = true;
      } while (next(tap, taps));
      if (!found) best = position{{p[0], p[1]}};
      y(p) = static_cast<I>(number_of(op, x, best));
    } while (next(p, y.desc.extents));
  }

 private:
  /// a is the maximum of both: greater, or the first NaN.
  template <class T>
  static bool goes_before(T a, T b) {
    auto const x = static_cast<compute_t<T>>(a), y = static_cast<compute_t<T>>(b);
    if (!(y == y)) return false;
    return x > y || !(x == x);
  }
  template <class T>
  static index number_of(max_pool_indices_attributes const& op, view<T const> const& x, position const& q) {
    index n = q[0] * x[1] + q[1], place = 0;
    int const last = x.rank() - 1;
    for (int i = 2; i <= last; ++i) {
      int const d = op.column_major ? last + 2 - i : i;
      n *= x[i];
      place = place * x[d] + q[d];
    }
    return n + place;
  }
};

template <>
struct implementation<lp_pool_attributes> {
  template <class T>
  static void run(lp_pool_attributes const& op, operands<T> const& x) {
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    double const p = static_cast<double>(op.p);
    position at;
    do {
      double sum = 0;
      under_window(op.at, x.in[0], at, [&](T v) {
        double const a = __builtin_fabs(convert<double>(v));
        sum += op.p == 1 ? a : op.p == 2 ? a * a : __builtin_pow(a, p);
      });
      y(at) = convert<T>(op.p == 1 ? sum : op.p == 2 ? __builtin_sqrt(sum) : __builtin_pow(sum, 1 / p));
    } while (next(at, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

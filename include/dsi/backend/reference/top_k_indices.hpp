// SPDX-License-Identifier: MIT
// Where the greatest or least elements are: for each result the best of those behind the one before it, without a copy.
#pragma once

#include <dsi/backend/reference/mixed.hpp>
#include <dsi/op/top_k_indices.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<top_k_indices_attributes> : mixed_implementation<top_k_indices_attributes, 1> {
  template <class T, class I>
  static void run_mixed(top_k_indices_attributes const& op, mixed_operands<T, I> const& operands) {
    using V = compute_t<T>;
    auto const& x = operands.in[0];
    auto const& y = operands.other_out[0];
    if (y.size() == 0) return;
    int const a = static_cast<int>(op.axis_in(x.rank()));
    index const n = x[a], step = x.strides[a];
    shape rows = y.desc.extents;
    rows.dim[a] = 1;
    position p;
    do {
      T const* const row = x.data + x.offset(p);
      auto const at = [row, step](index i) { return static_cast<V>(row[i * step]); };
      index before = -1;
      for (index k = 0; k < op.k; ++k) {
        index best = -1;
        for (index i = 0; i < n; ++i) {
          if (before >= 0 && !goes_before(op, at(before), before, at(i), i)) continue;
          if (best < 0 || goes_before(op, at(i), i, at(best), best)) best = i;
        }
        position q = p;
        q[a] = k;
        y(q) = static_cast<I>(best);
        before = best;
      }
    } while (next(p, rows));
  }

 private:
  template <class V>
  static bool goes_before(top_k_indices_attributes const& op, V a, index i, V b, index k) {
    V const x = op.largest ? a : b, y = op.largest ? b : a;
    if (greater(x, y)) return true;
    return !greater(y, x) && (op.last ? i > k : i < k);
  }
  template <class V>
  static bool greater(V a, V b) { return a > b || (!(a == a) && b == b); }
};

}  // namespace DSI_NAMESPACE::reference

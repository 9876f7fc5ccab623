// SPDX-License-Identifier: MIT
// Softmax and its logarithm as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/log_softmax.hpp>
#include <dsi/op/softmax.hpp>

namespace DSI_NAMESPACE::reference {

/// Log: the logarithm instead.
template <bool Log, class T>
void run_softmax(int axis, operands<T> const& x) {
  using V = compute_t<T>;
  auto const& in = x.in[0];
  auto const& y = x.out[0];
  if (y.size() == 0) return;
  int const a = axis < 0 ? axis + in.rank() : axis;
  shape rows = in.desc.extents;
  rows.dim[a] = 1;
  position p;
  do {
    auto const at = [&](index i) {
      p[a] = i;
      return static_cast<V>(in(p));
    };
    V m = at(0);
    for (index i = 1; i < in[a]; ++i) m = math::max(m, at(i));
    V sum = V(0);
    for (index i = 0; i < in[a]; ++i) sum += math::exp(at(i) - m);
    for (index i = 0; i < in[a]; ++i) {
      V const d = at(i) - m;
      if constexpr (Log) y(p) = static_cast<T>(d - math::log(sum));
      else y(p) = static_cast<T>(math::exp(d) / sum);
    }
    p[a] = 0;
  } while (next(p, rows));
}

template <>
struct implementation<softmax_attributes> {
  template <class T>
  static void run(softmax_attributes const& op, operands<T> const& x) { run_softmax<false>(op.axis, x); }
};
template <>
struct implementation<log_softmax_attributes> {
  template <class T>
  static void run(log_softmax_attributes const& op, operands<T> const& x) { run_softmax<true>(op.axis, x); }
};

}  // namespace DSI_NAMESPACE::reference

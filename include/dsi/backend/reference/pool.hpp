// SPDX-License-Identifier: MIT
// Maximum and mean over sliding windows as plain loops.
#pragma once

#include <limits>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/average_pool.hpp>
#include <dsi/op/max_pool.hpp>

namespace DSI_NAMESPACE::reference {

/// The lowest and the greatest value of a type; infinities where it has them.
template <class V>
constexpr V lowest_of() {
  if constexpr (std::numeric_limits<V>::has_infinity) return -std::numeric_limits<V>::infinity();
  else return std::numeric_limits<V>::lowest();
}
template <class V>
constexpr V greatest_of() {
  if constexpr (std::numeric_limits<V>::has_infinity) return std::numeric_limits<V>::infinity();
  else return std::numeric_limits<V>::max();
}
/// The greater and the lesser of two; NaN when one is NaN.
template <class V>
constexpr V greater_of(V a, V b) {
  if constexpr (std::is_floating_point_v<V>) return math::max(a, b);
  else return a < b ? b : a;
}
template <class V>
constexpr V lesser_of(V a, V b) {
  if constexpr (std::is_floating_point_v<V>) return math::min(a, b);
  else return b < a ? b : a;
}

/// Calls f(element) for every element of x under the window at position p; returns how many positions of the window lie
/// inside the data or its padding.
template <class T, class F>
index under_window(window const& at, view<T const> const& x, position const& p, F f) {
  int const spatial = x.rank() - 2;
  shape taps;
  for (int s = 0; s < spatial; ++s) taps.push_back(at.kernel[s]);
  index padded = 0;
  position tap;
  do {
    position q;
    q[0] = p[0];
    q[1] = p[1];
    bool inside = true, in_padding = true;
    for (int s = 0; s < spatial; ++s) {
      q[2 + s] = p[2 + s] * at.stride[s] + tap[s] * at.dilation[s] - at.pad_begin[s];
      inside = inside && q[2 + s] >= 0 && q[2 + s] < x[2 + s];
      in_padding = in_padding && q[2 + s] < x[2 + s] + at.pad_end[s];
    }
    if (in_padding) ++padded;
    if (inside) f(x(q));
  } while (next(tap, taps));
  return padded;
}

template <>
struct implementation<max_pool_attributes> {
  template <class T>
  static void run(max_pool_attributes const& op, operands<T> const& x) {
    using V = compute_t<T>;
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    position p;
    do {
      V m = lowest_of<V>();
      under_window(op.at, x.in[0], p, [&m](T v) { m = greater_of(m, static_cast<V>(v)); });
      y(p) = static_cast<T>(m);
    } while (next(p, y.desc.extents));
  }
};

template <>
struct implementation<average_pool_attributes> {
  template <class T>
  static void run(average_pool_attributes const& op, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    position p;
    do {
      A sum = A(0);
      index count = 0;
      index const padded = under_window(op.at, x.in[0], p, [&](T v) {
        sum += static_cast<A>(v);
        ++count;
      });
      y(p) = static_cast<T>(sum / static_cast<A>(op.count_include_pad ? padded : count));
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

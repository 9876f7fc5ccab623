// SPDX-License-Identifier: MIT
// Writing to places given by indices as plain loops.
#pragma once

#include <dsi/backend/reference/mixed.hpp>
#include <dsi/backend/reference/pool.hpp>
#include <dsi/op/scatter.hpp>

namespace DSI_NAMESPACE::reference {

/// The element that a reduction makes of an old one and an update.
template <class T>
T scattered(scatter_reduction how, T old, T update) {
  using V = compute_t<T>;
  V const a = static_cast<V>(old), b = static_cast<V>(update);
  switch (how) {
    case scatter_reduction::add:
      if constexpr (std::is_same_v<T, bool>) return a || b;
      else if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
      else return static_cast<T>(a + b);
    case scatter_reduction::mul:
      if constexpr (std::is_same_v<T, bool>) return a && b;
      else if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
      else return static_cast<T>(a * b);
    case scatter_reduction::min: return static_cast<T>(lesser_of(a, b));
    case scatter_reduction::max: return static_cast<T>(greater_of(a, b));
    case scatter_reduction::none: break;
  }
  return update;
}

template <class T>
void copy_elements(view<T const> const& x, view<T> const& y) {
  if (y.size() == 0) return;
  position p;
  do y(p) = x(p);
  while (next(p, y.desc.extents));
}

template <>
struct implementation<scatter_elements_attributes> : mixed_implementation<scatter_elements_attributes, 3> {
  template <class T, class I>
  static void run_mixed(scatter_elements_attributes const& op, mixed_operands<T, I> const& x) {
    auto const& y = x.out[0];
    auto const& indices = x.other_in[0];
    copy_elements(x.in[0], y);
    if (indices.size() == 0) return;
    int const a = static_cast<int>(op.axis_in(y.rank()));
    position p;
    do {
      position to = p;
      to[a] = element_at(indices(p), y[a]);
      y(to) = scattered<T>(op.reduction, y(to), x.in[1](p));
    } while (next(p, indices.desc.extents));
  }
};

template <>
struct implementation<scatter_nd_attributes> : mixed_implementation<scatter_nd_attributes, 3> {
  template <class T, class I>
  static void run_mixed(scatter_nd_attributes const& op, mixed_operands<T, I> const& x) {
    auto const& y = x.out[0];
    auto const& indices = x.other_in[0];
    auto const& updates = x.in[1];
    copy_elements(x.in[0], y);
    if (updates.size() == 0) return;
    int const q = indices.rank(), coordinates = static_cast<int>(indices[q - 1]);
    position p;
    do {
      position which, to;
      for (int d = 0; d < q - 1; ++d) which[d] = p[d];
      for (int d = 0; d < y.rank(); ++d) {
        which[q - 1] = d;
        to[d] = d < coordinates ? element_at(indices(which), y[d]) : p[q - 1 + d - coordinates];
      }
      y(to) = scattered<T>(op.reduction, y(to), updates(p));
    } while (next(p, updates.desc.extents));
  }
};

template <>
struct implementation<max_unpool_attributes> : mixed_implementation<max_unpool_attributes, 2> {
  template <class T, class I>
  static void run_mixed(max_unpool_attributes const&, mixed_operands<T, I> const& x) {
    auto const& y = x.out[0];
    for (index i = 0; i < y.size(); ++i) y.data[i] = T{};
    if (x.in[0].size() == 0) return;
    position p;
    do y.data[element_at(x.other_in[0](p), y.size())] = x.in[0](p);
    while (next(p, x.in[0].desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

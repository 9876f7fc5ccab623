// SPDX-License-Identifier: MIT
// Picking by indices as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/gather.hpp>

namespace DSI_NAMESPACE::reference {

/// An operator whose input 1 holds indices: run_indexed is called with the views of data, indices and result.
template <class Value>
struct indexed_implementation {
  template <class Problem>
    requires(Problem::input_count == 2)
  static void run_typed(Value const& op, typed_operands<Problem> const& x) {
    implementation<Value>::run_indexed(op, x.template in<0>(), x.template in<1>(), x.template out<0>());
  }
};

template <>
struct implementation<gather_attributes> : indexed_implementation<gather_attributes> {
  template <class T, class I>
  static void run_indexed(gather_attributes const& op, view<T const> const& x, view<I const> const& indices, view<T> const& y) {
    if (y.size() == 0) return;
    int const a = static_cast<int>(op.axis_in(x.rank())), k = indices.rank();
    position p;
    do {
      position from, which;
      for (int d = 0; d < k; ++d) which[d] = p[a + d];
      for (int d = 0; d < x.rank(); ++d) from[d] = d < a ? p[d] : d == a ? element_at(indices(which), x[a]) : p[d + k - 1];
      y(p) = x(from);
    } while (next(p, y.desc.extents));
  }
};

template <>
struct implementation<gather_elements_attributes> : indexed_implementation<gather_elements_attributes> {
  template <class T, class I>
  static void run_indexed(gather_elements_attributes const& op, view<T const> const& x, view<I const> const& indices, view<T> const& y) {
    if (y.size() == 0) return;
    int const a = static_cast<int>(op.axis_in(x.rank()));
    position p;
    do {
      position from = p;
      from[a] = element_at(indices(p), x[a]);
      y(p) = x(from);
    } while (next(p, y.desc.extents));
  }
};

template <>
struct implementation<gather_nd_attributes> : indexed_implementation<gather_nd_attributes> {
  template <class T, class I>
  static void run_indexed(gather_nd_attributes const& op, view<T const> const& x, view<I const> const& indices, view<T> const& y) {
    if (y.size() == 0) return;
    int const b = static_cast<int>(op.batch_dims), q = indices.rank(), coordinates = static_cast<int>(indices[q - 1]);
    position p;
    do {
      position from, which;
      for (int d = 0; d < q - 1; ++d) which[d] = p[d];
      for (int d = 0; d < x.rank(); ++d) {
        which[q - 1] = d - b;
        from[d] = d < b ? p[d] : d < b + coordinates ? element_at(indices(which), x[d]) : p[d - b - coordinates + q - 1];
      }
      y(p) = x(from);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

// SPDX-License-Identifier: MIT
// Reductions over axes, and global pooling, as plain loops.
#pragma once

#include <dsi/backend/reference/pool.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/global_average_pool.hpp>
#include <dsi/op/global_max_pool.hpp>
#include <dsi/op/reduce_max.hpp>
#include <dsi/op/reduce_mean.hpp>
#include <dsi/op/reduce_min.hpp>
#include <dsi/op/reduce_prod.hpp>
#include <dsi/op/reduce_sum.hpp>

namespace DSI_NAMESPACE::reference {

template <class Value>
  requires reduction_operator<Value>
struct implementation<Value> {
  template <class T>
  static void run(Value const& op, operands<T> const& x) {
    // An extreme is one of the elements: it needs no more than their type, whose ends an empty reduction gives.
    constexpr bool extreme = Value::kind == reduction::max || Value::kind == reduction::min;
    using A = std::conditional_t<extreme, compute_t<T>, accumulator_t<T>>;
    auto const& in = x.in[0];
    auto const& y = x.out[0];
    unsigned const dims = reduced_dims(op.axes, in.rank());
    index const count = reduced_count(op.axes, in.desc);
    if (y.size() == 0) return;
    shape taps = in.desc.extents;
    for (int d = 0; d < in.rank(); ++d)
      if (!has_dim(dims, d)) taps.dim[d] = 1;
    position p;
    do {
      position base;  // p in terms of the input's dimensions
      for (int d = 0, k = 0; d < in.rank(); ++d) {
        if (has_dim(dims, d)) k += op.keepdims ? 1 : 0;
        else base[d] = p[k++];
      }
      A r = start<A>();
      position tap;
      if (count > 0) do {
          position q;
          for (int d = 0; d < in.rank(); ++d) q[d] = base[d] + tap[d];
          r = take(r, static_cast<A>(in(q)));
        } while (next(tap, taps));
      if constexpr (Value::kind == reduction::mean) {
        if constexpr (std::is_integral_v<A>) r = count == 0 ? A(0) : static_cast<A>(r / static_cast<A>(count));
        else r = r / static_cast<A>(count);
      }
      y(p) = static_cast<T>(r);
    } while (next(p, y.desc.extents));
  }

 private:
  template <class A>
  static constexpr A start() {
    switch (Value::kind) {
      case reduction::max: return lowest_of<A>();
      case reduction::min: return greatest_of<A>();
      case reduction::prod: return A(1);
      default: return A(0);
    }
  }
  template <class A>
  static constexpr A take(A r, A v) {
    switch (Value::kind) {
      case reduction::max: return greater_of(r, v);
      case reduction::min: return lesser_of(r, v);
      case reduction::prod: return wrapping_mul(r, v);
      default: return wrapping_add(r, v);
    }
  }
};

}  // namespace DSI_NAMESPACE::reference

// SPDX-License-Identifier: MIT
// Elementwise expressions as types: what is fused behind an operator, and what a map kernel computes.
//
//   fused<conv, apply<mul, acc, apply<sigmoid, acc>>>        SiLU behind a convolution
//   map<apply<add, arg<0>, arg<1>>>                          an addition of its own
//
// acc is the anchor's result; arg<I> is input I of the group, broadcast to the output by ONNX's rules.
#pragma once

#include <dsi/core/type_pack.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The anchor's result at this element.
struct acc {};

/// Input I of the group at this element.
template <int I>
struct arg {};

/// An elementwise operator applied to expressions.
template <class Op, class... Operands>
struct apply {};

/// An anchor operator with an expression behind it.
template <class Anchor, class Expression>
struct fused {};

/// An expression without an anchor.
template <class Expression>
struct map {};

namespace detail {

template <class Expression>
struct evaluate;
template <>
struct evaluate<acc> {
  DSI_HD_AS_GIVEN
  template <class V, class Load>
  DSI_HD DSI_INLINE static V run(V value, Load const&) { return value; }
};
template <int I>
struct evaluate<arg<I>> {
  DSI_HD_AS_GIVEN
  template <class V, class Load>
  DSI_HD DSI_INLINE static V run(V, Load const& load) { return load(std::integral_constant<int, I>{}); }
};
template <class Op, class... Operands>
struct evaluate<apply<Op, Operands...>> {
  DSI_HD_AS_GIVEN
  template <class V, class Load>
  DSI_HD DSI_INLINE static V run(V value, Load const& load) {
    constexpr auto op = op_value<Op>();
    return op.apply(evaluate<Operands>::run(value, load)...);
  }
};

template <class Expression>
struct operations;
template <>
struct operations<acc> : std::integral_constant<int, 0> {};
template <int I>
struct operations<arg<I>> : std::integral_constant<int, 0> {};
template <class Op, class... Operands>
struct operations<apply<Op, Operands...>> : std::integral_constant<int, (1 + ... + operations<Operands>::value)> {};

template <class Expression>
struct last_arg : std::integral_constant<int, -1> {};
template <int I>
struct last_arg<arg<I>> : std::integral_constant<int, I> {};
template <class Op, class... Operands>
struct last_arg<apply<Op, Operands...>> {
  static constexpr int value = [] {
    int m = -1;
    ((m = last_arg<Operands>::value > m ? last_arg<Operands>::value : m), ...);
    return m;
  }();
};

/// Above every input's number: an expression without args.
inline constexpr int no_arg = 1 << 20;
template <class Expression>
struct first_arg : std::integral_constant<int, no_arg> {};
template <int I>
struct first_arg<arg<I>> : std::integral_constant<int, I> {};
template <class Op, class... Operands>
struct first_arg<apply<Op, Operands...>> {
  static constexpr int value = [] {
    int m = no_arg;
    ((m = first_arg<Operands>::value < m ? first_arg<Operands>::value : m), ...);
    return m;
  }();
};

}  // namespace detail

/// Evaluates Expression for one value V (scalar or vector): `load(integral_constant<int, I>)` gives arg<I> as V.
DSI_HD_AS_GIVEN
template <class Expression, class V, class Load>
DSI_HD DSI_INLINE V evaluate(V accumulator, Load const& load) {
  return detail::evaluate<Expression>::run(accumulator, load);
}

/// Operators in an expression.
template <class Expression>
inline constexpr int operations_in = detail::operations<Expression>::value;

/// The highest I of arg<I> in an expression, -1 when there is none.
template <class Expression>
inline constexpr int last_arg_of = detail::last_arg<Expression>::value;
/// The lowest I of arg<I>; above every input's number when there is none. Inputs before it are the anchor's own.
template <class Expression>
inline constexpr int first_arg_of = detail::first_arg<Expression>::value;

/// How an arg lies beside the output y: its element strides along y's dimensions, 0 where it broadcasts.
constexpr shape broadcast_strides(tensor_desc const& a, tensor_desc const& y) {
  shape const own = strides_of(a);
  shape s = y.extents;
  for (int d = 0; d < y.rank(); ++d) {
    int const k = d - (y.rank() - a.rank());
    s[d] = k < 0 || a[k] == 1 ? 0 : own[k];
  }
  return s;
}

}  // namespace DSI_NAMESPACE

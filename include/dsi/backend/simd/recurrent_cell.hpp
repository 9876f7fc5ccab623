// SPDX-License-Identifier: MIT
// The elementwise half of a recurrent step: from the gates' sums to h and C, in registers.
#pragma once

#include <dsi/backend/simd/vec.hpp>
#include <dsi/op/recurrent.hpp>

namespace DSI_NAMESPACE::simd {

/// Where one row of a step finds its values. Gate g of unit j is at sums[g * hidden + j]. h and C have padding up to a
/// multiple of 16, which takes whatever is computed there.
template <class T>
struct recurrent_row {
  float const* sums;        ///< what goes into the gates' functions
  float const* other;       ///< GRU: what comes from x for the third gate, or its sum after the reset
  float* h;
  float* c;                 ///< LSTM
  float* reset_h;           ///< GRU: r . h
  T const* peephole;        ///< null without
  T* y;                     ///< null when not wanted; any alignment
};

/// The vector that handles the last units: half of a 512-bit one where that is enough.
template <class Isa, index Units>
struct tail_vector {
  using type = vec<Isa>;
};
template <class Isa, index Units>
  requires(Isa::kind == isa::family::avx512 && Units <= 8)
struct tail_vector<Isa, Units> {
  using type = vec<isa::v3>;
};

/// Calls body(vec type's value, unit, number of units) for all units of a layer, the last time with the rest.
template <class Isa, index Units, class Body>
DSI_INLINE void for_units(Body const& body) {
  constexpr index whole = Units / Isa::lanes, rest = Units % Isa::lanes;
  auto const full = [&](index i) DSI_LAMBDA_INLINE { body(vec<Isa>{}, i * Isa::lanes, std::integral_constant<index, Isa::lanes>{}); };
  if constexpr (whole <= 4) {  // side by side, the steps of one vector hide the latencies of the other
    DSI_UNROLL
    for (index i = 0; i < whole; ++i) full(i);
  } else {
    for (index i = 0; i < whole; ++i) full(i);
  }
  if constexpr (rest > 0) body(typename tail_vector<Isa, rest>::type{}, whole * Isa::lanes, std::integral_constant<index, rest>{});
}

namespace detail {
template <class V, class T, index N>
DSI_INLINE V load_units(T const* p, std::integral_constant<index, N>) {
  if constexpr (N >= V::lanes) return V::loadu(p);
  else return V::load_n(p, N);
}
template <class V, class T, index N>
DSI_INLINE void store_units(V v, T* p, std::integral_constant<index, N>) {
  if constexpr (N >= V::lanes) v.storeu(p);
  else v.store_n(p, N);
}
}  // namespace detail

/// The steps of a layer in direction D.
template <recurrent_form Form, int D>
struct recurrent_cell {
  static constexpr index H = Form.hidden;
  template <int I, class V>
  DSI_INLINE static V function(V x) { return activate<Form.activation[D * Form.activations() + I]>(x); }
  template <int I, class V>
  DSI_INLINE static V gate(V x) { return function<I>(clip_gate<Form.clip>(x)); }

  /// C = f . C + i . g
  template <class V, class T, class N>
  DSI_INLINE static void lstm_c(recurrent_row<T> const& row, index j, N n) {
    V const c = V::load(row.c + j);
    V const i = gate<0>(peep(row, gate_sum<V>(row, 0, j, n), 0, c, j, n));
    V f;
    if constexpr (Form.input_forget) f = V(1.f) - i;
    else f = gate<0>(peep(row, gate_sum<V>(row, 2, j, n), 2, c, j, n));
    (f * c + i * gate<1>(gate_sum<V>(row, 3, j, n))).store(row.c + j);
  }
  /// h = o . u(C). A pass of its own behind that for C: the long chains of several vectors then overlap.
  template <class V, class T, class N>
  DSI_INLINE static void lstm_h(recurrent_row<T> const& row, index j, N n) {
    V const c = V::load(row.c + j);
    finish(row, gate<0>(peep(row, gate_sum<V>(row, 1, j, n), 1, c, j, n)) * function<2>(c), j, n);
  }

  /// r . h, in front of the product with the third gate's weights.
  template <class V, class T, class N>
  DSI_INLINE static void reset(recurrent_row<T> const& row, index j, N n) {
    (gate<0>(detail::load_units<V>(row.sums + H + j, n)) * V::load(row.h + j)).store(row.reset_h + j);
  }

  /// h = (1 - z) . n + z . h
  template <class V, class T, class N>
  DSI_INLINE static void gru(recurrent_row<T> const& row, index j, N n) {
    V const z = gate<0>(detail::load_units<V>(row.sums + j, n));
    V next = detail::load_units<V>(row.other + j, n);
    if constexpr (Form.linear_before_reset)
      next += gate<0>(detail::load_units<V>(row.sums + H + j, n)) * detail::load_units<V>(row.sums + 2 * H + j, n);
    finish(row, (V(1.f) - z) * gate<1>(next) + z * V::load(row.h + j), j, n);
  }

  template <class V, class T, class N>
  DSI_INLINE static void rnn(recurrent_row<T> const& row, index j, N n) {
    finish(row, gate<0>(detail::load_units<V>(row.sums + j, n)), j, n);
  }

 private:
  template <class V, class T, class N>
  DSI_INLINE static V gate_sum(recurrent_row<T> const& row, index g, index j, N n) { return detail::load_units<V>(row.sums + g * H + j, n); }
  template <class V, class T, class N>
  DSI_INLINE static V peep(recurrent_row<T> const& row, V x, index g, V c, index j, N n) {
    if constexpr (Form.peephole) return x + detail::load_units<V>(row.peephole + g * H + j, n) * c;
    else return x;
  }
  template <class V, class T, class N>
  DSI_INLINE static void finish(recurrent_row<T> const& row, V h, index j, N n) {
    h.store(row.h + j);
    if (row.y != nullptr) detail::store_units(h, row.y + j, n);
  }
};

}  // namespace DSI_NAMESPACE::simd

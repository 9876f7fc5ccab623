// SPDX-License-Identifier: MIT
// Recurrent layers as plain loops: one sequence after the other, one output after the other.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/recurrent.hpp>

namespace DSI_NAMESPACE {
namespace reference {

/// A recurrent layer. h and C are kept in the accumulator's type for the whole sequence; a cell keeps them in its state.
template <class Problem>
struct recurrent_kernel : kernel_defaults {
  using element = element_of<Problem>;
  using A = accumulator_t<element>;
  static constexpr recurrent_form form = anchor_value<Problem>().form();
  static constexpr recurrent_extents extents = extents_of(form, Problem::in(0));
  static constexpr index H = form.hidden, rows = form.gates() * H;
  static constexpr std::string_view name = "reference";
  static constexpr bool supports = std::is_floating_point_v<A>;
  /// From x and from h for every gate, r . h, then h and C.
  static constexpr std::size_t workspace = sizeof(A) * static_cast<std::size_t>(2 * rows + 3 * H);
  static constexpr std::size_t state = form.cell ? sizeof(A) * static_cast<std::size_t>(2 * H * extents.batch) : 0;

  using values = view<element const>;

  /// to[o] = bias[o] + sum of w[d, o, k] * x(k), for o in [first, last)
  template <class Read>
  static void product(values const& w, element const* bias, index d, Read const& x, index columns, index first, index last, A* to) {
    for (index o = first; o < last; ++o) {
      A sum = bias != nullptr ? static_cast<A>(bias[o]) : A(0);
      for (index k = 0; k < columns; ++k) sum += x(k) * static_cast<A>(w(d, o, k));
      to[o] = sum;
    }
  }
  template <int D, int I>
  static A function(A x) { return activate<form.activation[D * form.activations() + I]>(x); }
  template <int D, int I>
  static A gate(A x) { return function<D, I>(clip_gate<form.clip>(x)); }

  template <int D>
  static void lstm_step(A const* from_x, A const* from_h, element const* p, A* h, A* c) {
    for (index j = 0; j < H; ++j) {
      auto const sum = [&](index g) { return from_x[g * H + j] + from_h[g * H + j]; };
      auto const peep = [&](index g) { return p != nullptr ? static_cast<A>(p[g * H + j]) * c[j] : A(0); };
      A const i = gate<D, 0>(sum(0) + peep(0));
      A const f = form.input_forget ? A(1) - i : gate<D, 0>(sum(2) + peep(2));
      c[j] = f * c[j] + i * gate<D, 1>(sum(3));
      A const o = gate<D, 0>(sum(1) + peep(1));
      h[j] = o * function<D, 2>(c[j]);
    }
  }
  template <int D>
  static void gru_step(A const* from_x, A* from_h, values const& r, element const* bias, A* reset_h, A* h) {
    constexpr index n = 2 * H;  // where the third gate begins
    for (index j = 0; j < n; ++j) from_h[j] = gate<D, 0>(from_x[j] + from_h[j]);
    if constexpr (!form.linear_before_reset) {
      for (index j = 0; j < H; ++j) reset_h[j] = from_h[H + j] * h[j];
      product(r, bias, D, [&](index k) { return reset_h[k]; }, H, n, rows, from_h);
    }
    for (index j = 0; j < H; ++j) {
      A const z = from_h[j], reset = form.linear_before_reset ? from_h[H + j] : A(1);
      h[j] = (A(1) - z) * gate<D, 1>(from_x[n + j] + reset * from_h[n + j]) + z * h[j];
    }
  }
  template <int D>
  static void step(A const* from_x, A* from_h, values const& r, element const* bias, element const* p, A* reset_h, A* h, A* c) {
    product(r, bias, D, [&](index k) { return h[k]; }, H, 0, rows, from_h);
    if constexpr (form.kind == recurrent_form::lstm) lstm_step<D>(from_x, from_h, p, h, c);
    else if constexpr (form.kind == recurrent_form::gru) gru_step<D>(from_x, from_h, r, bias, reset_h, h);
    else
      for (index j = 0; j < H; ++j) h[j] = gate<D, 0>(from_x[j] + from_h[j]);
  }

  static constexpr index y_at(index t, index d, index b) {
    if (form.cell) return b * H;
    return (form.batch_first ? (b * extents.steps + t) * form.directions() + d : (t * form.directions() + d) * extents.batch + b) * H;
  }
  static constexpr index last_at(index d, index b) { return (form.batch_first ? b * form.directions() + d : d * extents.batch + b) * H; }

  template <int D>
  static void sequence(kernel_args args, index b, A* scratch, A* kept) {
    auto const input = [&](bool there, int i) { return there ? static_cast<element const*>(args.in[i]) : nullptr; };
    auto const* const x = static_cast<element const*>(args.in[0]);
    values const w(static_cast<element const*>(args.in[1]), Problem::in(1), 0), r(static_cast<element const*>(args.in[2]), Problem::in(2), 0);
    element const* const bias = form.bias ? input(true, form.bias_at()) + D * 2 * rows : nullptr;
    element const* const p = form.peephole ? input(true, form.peephole_at()) + D * 3 * H : nullptr;
    A *const from_x = scratch, *const from_h = from_x + rows, *const reset_h = from_h + rows;
    A *const h = form.cell ? kept + 2 * H * b : reset_h + H, *const c = h + H;
    if constexpr (!form.cell) {
      element const* const first_h = input(form.initial_h, form.initial_h_at());
      element const* const first_c = input(form.initial_c, form.initial_c_at());
      for (index j = 0; j < H; ++j) {
        h[j] = first_h != nullptr ? static_cast<A>(first_h[last_at(D, b) + j]) : A(0);
        c[j] = first_c != nullptr ? static_cast<A>(first_c[last_at(D, b) + j]) : A(0);
      }
    }
    for (index s = 0; s < extents.steps; ++s) {
      index const t = form.backwards(D) ? extents.steps - 1 - s : s;
      element const* const now = x + (form.batch_first ? b * extents.steps + t : t * extents.batch + b) * extents.inputs;
      product(w, bias, D, [&](index k) { return static_cast<A>(now[k]); }, extents.inputs, 0, rows, from_x);
      step<D>(from_x, from_h, r, bias != nullptr ? bias + rows : nullptr, p, reset_h, h, c);
      if constexpr (form.y)
        for (index j = 0; j < H; ++j) static_cast<element*>(args.out[0])[y_at(t, D, b) + j] = static_cast<element>(h[j]);
    }
    if constexpr (form.y_h)
      for (index j = 0; j < H; ++j) static_cast<element*>(args.out[form.y_h_at()])[last_at(D, b) + j] = static_cast<element>(h[j]);
    if constexpr (form.y_c)
      for (index j = 0; j < H; ++j) static_cast<element*>(args.out[form.y_c_at()])[last_at(D, b) + j] = static_cast<element>(c[j]);
  }

  template <class Context>
  static void run(kernel_args args, void* scratch, void* kept, Context&) noexcept {
    for (index b = 0; b < extents.batch; ++b) {
      sequence<0>(args, b, static_cast<A*>(scratch), static_cast<A*>(kept));
      if constexpr (form.directions() == 2) sequence<1>(args, b, static_cast<A*>(scratch), static_cast<A*>(kept));
    }
  }
};

}  // namespace reference

template <class Value, class Problem>
  requires recurrent_operator<Value>
struct candidates<reference_backend, Value, Problem> {
  using type = kernel_list<reference::recurrent_kernel<Problem>>;
};

}  // namespace DSI_NAMESPACE

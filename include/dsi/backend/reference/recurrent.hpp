// SPDX-License-Identifier: MIT
// Recurrent layers as plain loops: one sequence after the other, one output after the other.
#pragma once

#include <vector>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/recurrent.hpp>
#include <dsi/op/recurrent_lengths.hpp>

namespace DSI_NAMESPACE {
namespace reference {

/// A recurrent layer. h and C are kept in the accumulator's type for the whole sequence; a cell keeps them in its state.
template <class T>
class recurrent_loops {
 public:
  using A = accumulator_t<T>;
  using values = view<T const>;

  /// From x and from h for every gate, r . h, then h and C.
  static constexpr index workspace(recurrent_form const& f) { return (2 * f.gates() + 3) * f.hidden; }

  /// in and out: the layer's; lengths: steps of each sequence, or null when all are whole.
  recurrent_loops(recurrent_form const& f, recurrent_extents const& e, values w, values r, void const* const* in, void* const* out, std::int32_t const* lengths)
      : form_(f), extents_(e), w_(w), r_(r), lengths_(lengths) {
    auto const input = [&](bool there, int i) { return there ? static_cast<T const*>(in[i]) : nullptr; };
    auto const output = [&](bool there, int o) { return there ? static_cast<T*>(out[o]) : nullptr; };
    x_ = input(true, 0);
    bias_ = input(f.bias, f.bias_at());
    first_h_ = input(f.initial_h, f.initial_h_at());
    first_c_ = input(f.initial_c, f.initial_c_at());
    peephole_ = input(f.peephole, f.peephole_at());
    y_ = output(f.cell || f.y, 0);
    last_h_ = output(f.y_h, f.y_h_at());
    last_c_ = output(f.y_c, f.y_c_at());
  }

  void run(A* scratch, A* kept) {
    for (index b = 0; b < extents_.batch; ++b)
      for (int d = 0; d < form_.directions(); ++d) sequence(d, b, scratch, kept);
  }

 private:
  /// to[o] = bias[o] + sum of w[d, o, k] * x(k), for o in [first, last)
  template <class Read>
  static void product(values const& w, T const* bias, index d, Read const& x, index columns, index first, index last, A* to) {
    for (index o = first; o < last; ++o) {
      A sum = bias != nullptr ? static_cast<A>(bias[o]) : A(0);
      for (index k = 0; k < columns; ++k) sum += x(k) * static_cast<A>(w(d, o, k));
      to[o] = sum;
    }
  }
  A function(int d, int i, A x) const { return activate_any(form_.activation[d * form_.activations() + i], x); }
  A gate(int d, int i, A x) const {
    float const limit = form_.clip.value();
    return function(d, i, limit == 0.f ? x : math::clamp(x, A(-limit), A(limit)));
  }

  void lstm_step(int d, A const* from_x, A const* from_h, T const* p, A* h, A* c) const {
    index const H = form_.hidden;
    for (index j = 0; j < H; ++j) {
      auto const sum = [&](index g) { return from_x[g * H + j] + from_h[g * H + j]; };
      auto const peep = [&](index g) { return p != nullptr ? static_cast<A>(p[g * H + j]) * c[j] : A(0); };
      A const i = gate(d, 0, sum(0) + peep(0));
      A const f = form_.input_forget ? A(1) - i : gate(d, 0, sum(2) + peep(2));
      c[j] = f * c[j] + i * gate(d, 1, sum(3));
      A const o = gate(d, 0, sum(1) + peep(1));
      h[j] = o * function(d, 2, c[j]);
    }
  }
  void gru_step(int d, A const* from_x, A* from_h, T const* bias, A* reset_h, A* h) const {
    index const H = form_.hidden, n = 2 * H;  // where the third gate begins
    for (index j = 0; j < n; ++j) from_h[j] = gate(d, 0, from_x[j] + from_h[j]);
    if (!form_.linear_before_reset) {
      for (index j = 0; j < H; ++j) reset_h[j] = from_h[H + j] * h[j];
      product(r_, bias, d, [&](index k) { return reset_h[k]; }, H, n, 3 * H, from_h);
    }
    for (index j = 0; j < H; ++j) {
      A const z = from_h[j], reset = form_.linear_before_reset ? from_h[H + j] : A(1);
      h[j] = (A(1) - z) * gate(d, 1, from_x[n + j] + reset * from_h[n + j]) + z * h[j];
    }
  }
  void step(int d, A const* from_x, A* from_h, T const* bias, T const* p, A* reset_h, A* h, A* c) const {
    product(r_, bias, d, [&](index k) { return h[k]; }, form_.hidden, 0, form_.gates() * form_.hidden, from_h);
    if (form_.kind == recurrent_form::lstm) lstm_step(d, from_x, from_h, p, h, c);
    else if (form_.kind == recurrent_form::gru) gru_step(d, from_x, from_h, bias, reset_h, h);
    else
      for (index j = 0; j < form_.hidden; ++j) h[j] = gate(d, 0, from_x[j] + from_h[j]);
  }

  index y_at(index t, index d, index b) const {
    if (form_.cell) return b * form_.hidden;
    return (form_.batch_first ? (b * extents_.steps + t) * form_.directions() + d : (t * form_.directions() + d) * extents_.batch + b) * form_.hidden;
  }
  index last_at(index d, index b) const { return (form_.batch_first ? b * form_.directions() + d : d * extents_.batch + b) * form_.hidden; }

  void sequence(int d, index b, A* scratch, A* kept) const {
    index const H = form_.hidden, rows = form_.gates() * H;
    T const* const bias = bias_ != nullptr ? bias_ + d * 2 * rows : nullptr;
    T const* const p = peephole_ != nullptr ? peephole_ + d * 3 * H : nullptr;
    A *const from_x = scratch, *const from_h = from_x + rows, *const reset_h = from_h + rows;
    A *const h = form_.cell ? kept + 2 * H * b : reset_h + H, *const c = h + H;
    for (index j = 0; j < H && !form_.cell; ++j) {
      h[j] = first_h_ != nullptr ? static_cast<A>(first_h_[last_at(d, b) + j]) : A(0);
      c[j] = first_c_ != nullptr ? static_cast<A>(first_c_[last_at(d, b) + j]) : A(0);
    }
    index const count = lengths_ == nullptr ? extents_.steps : smaller(larger(0, lengths_[b]), extents_.steps);
    for (index s = 0; s < count; ++s) {
      index const t = form_.backwards(d) ? count - 1 - s : s;
      T const* const now = x_ + (form_.batch_first ? b * extents_.steps + t : t * extents_.batch + b) * extents_.inputs;
      product(w_, bias, d, [&](index k) { return static_cast<A>(now[k]); }, extents_.inputs, 0, rows, from_x);
      step(d, from_x, from_h, bias != nullptr ? bias + rows : nullptr, p, reset_h, h, c);
      for (index j = 0; j < H && y_ != nullptr; ++j) y_[y_at(t, d, b) + j] = static_cast<T>(h[j]);
    }
    for (index t = count; t < extents_.steps && y_ != nullptr; ++t)
      for (index j = 0; j < H; ++j) y_[y_at(t, d, b) + j] = T(0);
    for (index j = 0; j < H && last_h_ != nullptr; ++j) last_h_[last_at(d, b) + j] = static_cast<T>(h[j]);
    for (index j = 0; j < H && last_c_ != nullptr; ++j) last_c_[last_at(d, b) + j] = static_cast<T>(c[j]);
  }

  recurrent_form form_;
  recurrent_extents extents_;
  values w_, r_;
  std::int32_t const* lengths_;
  T const *x_ = nullptr, *bias_ = nullptr, *first_h_ = nullptr, *first_c_ = nullptr, *peephole_ = nullptr;
  T *y_ = nullptr, *last_h_ = nullptr, *last_c_ = nullptr;
};

/// The form of a recurrent layer, with lengths or without.
template <class Value>
constexpr recurrent_form form_of(Value const& op) {
  if constexpr (recurrent_with_lengths<Value>) return op.layer_form();
  else return op.form();
}

template <class Problem>
struct recurrent_kernel : kernel_defaults {
  using element = element_of<Problem>;
  using loops = recurrent_loops<element>;
  static constexpr recurrent_form form = form_of(anchor_value<Problem>());
  static constexpr recurrent_extents extents = extents_of(form, Problem::in(0));
  static constexpr bool has_lengths = recurrent_with_lengths<decltype(anchor_value<Problem>())>;
  static constexpr std::string_view name = "reference";
  static constexpr bool supports = std::is_floating_point_v<typename loops::A>;
  static constexpr std::size_t workspace = sizeof(typename loops::A) * static_cast<std::size_t>(loops::workspace(form));
  static constexpr std::size_t state = form.cell ? sizeof(typename loops::A) * static_cast<std::size_t>(2 * form.hidden * extents.batch) : 0;

  template <class Context>
  static void run(kernel_args args, void* scratch, void* kept, Context&) noexcept {
    using values = typename loops::values;
    values const w(static_cast<element const*>(args.in[1]), Problem::in(1), 0), r(static_cast<element const*>(args.in[2]), Problem::in(2), 0);
    std::int32_t const* lengths = nullptr;
    if constexpr (has_lengths) lengths = static_cast<std::int32_t const*>(args.in[form.inputs()]);
    loops(form, extents, w, r, args.in, args.out, lengths).run(static_cast<typename loops::A*>(scratch), static_cast<typename loops::A*>(kept));
  }
};

/// At run time, for the import tool. A cell has a state between runs and is not computed so.
template <class Value>
  requires recurrent_operator<Value> || recurrent_with_lengths<Value>
struct implementation<Value> {
  static bool run_untyped(Value const& op, untyped_operands const& x) {
    recurrent_form const form = form_of(op);
    if (form.cell || !is_floating(x.in_desc(0).type)) return false;
    visit_dtype(x.in_desc(0).type, [&]<class T>(T) {
      if constexpr (!std::is_integral_v<T>) {
        std::vector<accumulator_t<T>> scratch(static_cast<std::size_t>(recurrent_loops<T>::workspace(form)));
        std::int32_t const* lengths = nullptr;
        if constexpr (recurrent_with_lengths<Value>) lengths = x.template in<std::int32_t>(form.inputs()).data;
        recurrent_loops<T>(form, extents_of(form, x.in_desc(0)), x.template in<T>(1), x.template in<T>(2), x.inputs(), x.outputs(), lengths).run(scratch.data(), nullptr);
      }
    });
    return true;
  }
};

}  // namespace reference

template <class Value, class Problem>
  requires recurrent_operator<Value> || recurrent_with_lengths<Value>
struct candidates<reference_backend, Value, Problem> {
  using type = kernel_list<reference::recurrent_kernel<Problem>>;
};

}  // namespace DSI_NAMESPACE

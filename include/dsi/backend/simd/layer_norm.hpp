// SPDX-License-Identifier: MIT
// Layer normalization, and its form without a mean, row by row.
#pragma once

#include <dsi/backend/simd/row_epilogue.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/layer_norm.hpp>

namespace DSI_NAMESPACE::simd {

/// Centered: layer normalization, otherwise x / root mean square. Rows of up to eight vectors are read once and stay in
/// registers. Sums: four registers in turn along the row, then (0 + 1) + (2 + 3) and across lanes as sum_of_lanes does.
template <class Isa, class Problem, bool Centered>
struct norm_rows : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr auto op = anchor_value<Problem>();
  static constexpr tensor_desc x_desc = Problem::in(0), y_desc = Problem::out();
  static constexpr index n = row_length(op.axis, x_desc);
  static constexpr index rows = n == 0 ? 0 : x_desc.size() / n;
  using epilogue = row_epilogue<Problem, Isa, n>;
  static constexpr bool biased = epilogue::own_inputs > 2;
  static constexpr bool supports = [] {
    bool good = is_vector_type(x_desc.type) && y_desc.type == x_desc.type && y_desc.order == layout::row_major && x_desc.size() > 0 &&
                epilogue::own_inputs >= 2 && epilogue::own_inputs <= (Centered ? 3 : 2) && epilogue::supports;
    for (int i = 0; i < epilogue::own_inputs; ++i)
      good = good && Problem::in(i).type == x_desc.type && Problem::in(i).order == layout::row_major;
    return good;
  }();
  static constexpr std::string_view name = n <= 8 * Isa::lanes ? "normalize rows in registers" : "normalize rows";

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    auto const body = [args](index first, index last) noexcept {
      for (index r = first; r < last; ++r) {
        if constexpr (n <= 8 * lanes) in_registers(args, r);
        else streamed(args, r);
      }
    };
    if constexpr (x_desc.size() > 20'000) context.team.for_each(rows, body);
    else body(0, rows);
  }

 private:
  using V = vec<Isa>;
  static constexpr int lanes = Isa::lanes;
  static constexpr index vectors = n / lanes, rest = n % lanes;
  static constexpr float length = static_cast<float>(n);

  /// mean: of the row's distances from `origin`, its first element. Those are small where the row's mean is large, so that
  /// no digits are lost to it.
  struct statistics {
    V origin, mean, factor;
  };
  static DSI_INLINE V factor_of(V const (&squares)[4]) {
    return V(1.f / math::sqrt(total(squares) / length + op.epsilon.value()));
  }
  static DSI_INLINE float total(V const (&sum)[4]) { return sum_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3])); }
  /// x - origin; zero in lanes behind the row.
  template <bool Whole>
  static DSI_INLINE V distance(V x, statistics const& s) {
    if constexpr (!Centered) return x;
    else if constexpr (Whole) return x - s.origin;
    else return select(first_lanes<Isa>(rest), x - s.origin, V::zero());
  }
  /// distance - mean; zero in lanes behind the row.
  template <bool Whole>
  static DSI_INLINE V deviation(V d, statistics const& s) {
    if constexpr (!Centered) return d;
    else if constexpr (Whole) return d - s.mean;
    else return select(first_lanes<Isa>(rest), d - s.mean, V::zero());
  }

  /// The results of column c on, from deviations.
  template <bool Whole>
  DSI_INLINE static void finish(kernel_args const& args, V d, statistics const& s, index row, index c) {
    V const scale = load_row<Isa, Whole>(static_cast<element const*>(args.in[1]) + c, rest);
    V result = d * s.factor;
    if constexpr (biased) result = mul_add(result, scale, load_row<Isa, Whole>(static_cast<element const*>(args.in[2]) + c, rest));
    else result = result * scale;
    result = epilogue::template apply<Whole>(args, result, row, c, rest);
    store_row<Whole>(result, static_cast<element*>(args.out[0]) + row * n + c, rest);
  }

  DSI_INLINE static void in_registers(kernel_args const& args, index row) {
    constexpr int whole = static_cast<int>(vectors), count = static_cast<int>(ceil_div(n, lanes));
    auto const* const x = static_cast<element const*>(args.in[0]) + row * n;
    statistics s{V(static_cast<float>(x[0])), V::zero(), V::zero()};
    V d[count];
    DSI_UNROLL
    for (int i = 0; i < whole; ++i) d[i] = distance<true>(load_row<Isa, true>(x + i * lanes, lanes), s);
    if constexpr (rest > 0) d[whole] = distance<false>(load_row<Isa, false>(x + whole * lanes, rest), s);
    if constexpr (Centered) {
      V sum[4]{V::zero(), V::zero(), V::zero(), V::zero()};
      DSI_UNROLL
      for (int i = 0; i < count; ++i) sum[i % 4] = sum[i % 4] + d[i];
      s.mean = V(total(sum) / length);
      DSI_UNROLL
      for (int i = 0; i < whole; ++i) d[i] = deviation<true>(d[i], s);
      if constexpr (rest > 0) d[whole] = deviation<false>(d[whole], s);
    }
    V squares[4]{V::zero(), V::zero(), V::zero(), V::zero()};
    DSI_UNROLL
    for (int i = 0; i < count; ++i) squares[i % 4] = mul_add(d[i], d[i], squares[i % 4]);
    s.factor = factor_of(squares);
    DSI_UNROLL
    for (int i = 0; i < whole; ++i) finish<true>(args, d[i], s, row, i * lanes);
    if constexpr (rest > 0) finish<false>(args, d[whole], s, row, whole * lanes);
  }

  DSI_INLINE static void streamed(kernel_args const& args, index row) {
    auto const* const x = static_cast<element const*>(args.in[0]) + row * n;
    statistics s{V(static_cast<float>(x[0])), V::zero(), V::zero()};
    if constexpr (Centered) {
      V sum[4]{V::zero(), V::zero(), V::zero(), V::zero()};
      each_vector(x, [&](V v, int i, auto whole) DSI_LAMBDA_INLINE { sum[i] = sum[i] + distance<decltype(whole)::value>(v, s); });
      s.mean = V(total(sum) / length);
    }
    V squares[4]{V::zero(), V::zero(), V::zero(), V::zero()};
    each_vector(x, [&](V v, int i, auto whole) DSI_LAMBDA_INLINE {
      constexpr bool w = decltype(whole)::value;
      V const d = deviation<w>(distance<w>(v, s), s);
      squares[i] = mul_add(d, d, squares[i]);
    });
    s.factor = factor_of(squares);
    for (index c = 0; c < vectors * lanes; c += lanes)
      finish<true>(args, deviation<true>(distance<true>(load_row<Isa, true>(x + c, lanes), s), s), s, row, c);
    if constexpr (rest > 0)
      finish<false>(args, deviation<false>(distance<false>(load_row<Isa, false>(x + vectors * lanes, rest), s), s), s, row, vectors * lanes);
  }
  /// f(vector, number modulo 4, true_type unless it is partial) for a row's vectors in order.
  template <class F>
  DSI_INLINE static void each_vector(element const* x, F const& f) {
    for (index v = 0; v < vectors / 4; ++v, x += 4 * lanes) {
      DSI_UNROLL
      for (int i = 0; i < 4; ++i) f(load_row<Isa, true>(x + i * lanes, lanes), i, std::true_type{});
    }
    DSI_UNROLL
    for (int i = 0; i < static_cast<int>(vectors % 4); ++i) f(load_row<Isa, true>(x + i * lanes, lanes), i, std::true_type{});
    if constexpr (rest > 0) f(load_row<Isa, false>(x + (vectors % 4) * lanes, rest), static_cast<int>(vectors % 4), std::false_type{});
  }
};

}  // namespace DSI_NAMESPACE::simd

namespace DSI_NAMESPACE {

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, layer_norm_attributes, Problem> {
  using type = kernel_list<simd::norm_rows<Isa, Problem, true>>;
};

}  // namespace DSI_NAMESPACE

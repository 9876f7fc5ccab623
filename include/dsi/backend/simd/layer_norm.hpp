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

  struct statistics {
    V mean, factor;
  };
  static DSI_INLINE V square(V x, V sum) { return mul_add(x, x, sum); }
  static DSI_INLINE V factor_of(float squares) { return V(1.f / math::sqrt(squares / length + op.epsilon.value())); }

  /// The results of column c on.
  template <bool Whole>
  DSI_INLINE static void finish(kernel_args const& args, V x, statistics const& s, index row, index c) {
    auto const* const scale = static_cast<element const*>(args.in[1]);
    V result;
    if constexpr (Centered) result = (x - s.mean) * s.factor;
    else result = x * s.factor;
    if constexpr (biased) result = mul_add(result, load_row<Isa, Whole>(scale + c, rest), load_row<Isa, Whole>(static_cast<element const*>(args.in[2]) + c, rest));
    else result = result * load_row<Isa, Whole>(scale + c, rest);
    result = epilogue::template apply<Whole>(args, result, row, c, rest);
    store_row<Whole>(result, static_cast<element*>(args.out[0]) + row * n + c, rest);
  }

  DSI_INLINE static void in_registers(kernel_args const& args, index row) {
    constexpr int count = static_cast<int>(ceil_div(n, lanes));
    auto const* const x = static_cast<element const*>(args.in[0]) + row * n;
    V v[count];
    DSI_UNROLL
    for (int i = 0; i < static_cast<int>(vectors); ++i) v[i] = load_row<Isa, true>(x + i * lanes, lanes);
    if constexpr (rest > 0) v[count - 1] = load_row<Isa, false>(x + vectors * lanes, rest);
    statistics s{V::zero(), V::zero()};
    if constexpr (Centered) {
      V sum[4]{V::zero(), V::zero(), V::zero(), V::zero()};
      DSI_UNROLL
      for (int i = 0; i < count; ++i) sum[i % 4] = sum[i % 4] + v[i];
      s.mean = V(total(sum) / length);
    }
    V squares[4]{V::zero(), V::zero(), V::zero(), V::zero()};
    DSI_UNROLL
    for (int i = 0; i < count; ++i) squares[i % 4] = square(deviation(v[i], s, i >= static_cast<int>(vectors)), squares[i % 4]);
    s.factor = factor_of(total(squares));
    DSI_UNROLL
    for (int i = 0; i < static_cast<int>(vectors); ++i) finish<true>(args, v[i], s, row, i * lanes);
    if constexpr (rest > 0) finish<false>(args, v[count - 1], s, row, vectors * lanes);
  }
  /// x - mean, zero in lanes behind the row.
  DSI_INLINE static V deviation(V x, statistics const& s, bool last) {
    if constexpr (!Centered) return x;
    else if (last) return select(first_lanes<Isa>(rest), x - s.mean, V::zero());
    else return x - s.mean;
  }
  DSI_INLINE static float total(V const (&sum)[4]) { return sum_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3])); }

  DSI_INLINE static void streamed(kernel_args const& args, index row) {
    auto const* const x = static_cast<element const*>(args.in[0]) + row * n;
    statistics s{V::zero(), V::zero()};
    if constexpr (Centered) {
      V sum[4]{V::zero(), V::zero(), V::zero(), V::zero()};
      each_vector(x, [&](V v, int i, bool) DSI_LAMBDA_INLINE { sum[i] = sum[i] + v; });
      s.mean = V(total(sum) / length);
    }
    V squares[4]{V::zero(), V::zero(), V::zero(), V::zero()};
    each_vector(x, [&](V v, int i, bool last) DSI_LAMBDA_INLINE { squares[i] = square(deviation(v, s, last), squares[i]); });
    s.factor = factor_of(total(squares));
    for (index c = 0; c < vectors * lanes; c += lanes) finish<true>(args, load_row<Isa, true>(x + c, lanes), s, row, c);
    if constexpr (rest > 0) finish<false>(args, load_row<Isa, false>(x + vectors * lanes, rest), s, row, vectors * lanes);
  }
  /// f(vector, number modulo 4, is it partial) for a row's vectors in order.
  template <class F>
  DSI_INLINE static void each_vector(element const* x, F const& f) {
    for (index v = 0; v < vectors / 4; ++v, x += 4 * lanes) {
      DSI_UNROLL
      for (int i = 0; i < 4; ++i) f(load_row<Isa, true>(x + i * lanes, lanes), i, false);
    }
    DSI_UNROLL
    for (int i = 0; i < static_cast<int>(vectors % 4); ++i) f(load_row<Isa, true>(x + i * lanes, lanes), i, false);
    if constexpr (rest > 0) f(load_row<Isa, false>(x + (vectors % 4) * lanes, rest), static_cast<int>(vectors % 4), true);
  }
};

}  // namespace DSI_NAMESPACE::simd

namespace DSI_NAMESPACE {

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, layer_norm_attributes, Problem> {
  using type = kernel_list<simd::norm_rows<Isa, Problem, true>>;
};

}  // namespace DSI_NAMESPACE

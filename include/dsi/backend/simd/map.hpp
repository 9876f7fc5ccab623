// SPDX-License-Identifier: MIT
// Elementwise expressions of their own: any number of broadcast inputs, one pass over the output.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/vec.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// Loops over an output in the order of its memory, outermost first, as few as the inputs' broadcasting allows. step[i][l]
/// says how far input i moves in loop l: 0 where it is broadcast.
template <int Inputs>
struct map_loops {
  int rank = 0;
  index extent[max_rank + 1]{};
  index out_step[max_rank + 1]{};
  index step[Inputs][max_rank + 1]{};
  constexpr index inner_step(int input) const { return step[input][rank - 1]; }
};

template <class Problem>
constexpr auto map_loops_of() {
  constexpr int inputs = Problem::input_count;
  tensor_desc const& y = Problem::out();
  shape const out = strides_of(y);
  shape in[inputs];
  for (int i = 0; i < inputs; ++i) in[i] = broadcast_strides(Problem::in(i), y);
  map_loops<inputs> m;
  bool taken[max_rank]{};
  for (int n = 0; n < y.rank(); ++n) {
    int d = -1;
    for (int k = 0; k < y.rank(); ++k)
      if (!taken[k] && (d < 0 || out[k] > out[d])) d = k;
    taken[d] = true;
    if (y[d] == 1) continue;
    bool continues = m.rank > 0 && m.out_step[m.rank - 1] == out[d] * y[d];
    for (int i = 0; i < inputs; ++i) continues = continues && m.inner_step(i) == in[i][d] * y[d];
    int const at = continues ? m.rank - 1 : m.rank++;
    m.extent[at] = continues ? m.extent[at] * y[d] : y[d];
    m.out_step[at] = out[d];
    for (int i = 0; i < inputs; ++i) m.step[i][at] = in[i][d];
  }
  if (m.rank == 0) {
    m.rank = 1;
    m.extent[0] = m.out_step[0] = 1;
    for (int i = 0; i < inputs; ++i) m.step[i][0] = 1;
  }
  return m;
}

/// Goes over an output by its loops; a kernel computes runs of the innermost one.
template <class Problem>
struct map_walk {
  static constexpr auto loops = map_loops_of<Problem>();
  static constexpr int inputs = Problem::input_count;
  using result = typename Problem::template output<0>::value_type;
  template <int I>
  using element = typename Problem::template input<I>::value_type;
  struct pointers {
    std::byte const* in[inputs];
    result* out;
  };

  /// body(pointers, count) for every run, shared among the threads of a team where the work is worth it.
  template <class Team, class Body>
  static DSI_INLINE void run(kernel_args args, Team& team, Body const& body) {
    if constexpr (Problem::out().size() > 0) {
      pointers p{};
      for (int i = 0; i < inputs; ++i) p.in[i] = static_cast<std::byte const*>(args.in[i]);
      p.out = static_cast<result*>(args.out[0]);
      if constexpr (Problem::out().size() < worth_threads) {
        level<0>(p, loops.extent[0], body);
      } else {
        // A single loop is cut at multiples of whole vectors, several at the outermost.
        constexpr index grain = loops.rank == 1 ? 1024 : 1;
        team.for_each(ceil_div(loops.extent[0], grain), [p, body](index first, index last) {
          index const begin = first * grain;
          level<0>(moved<0>(p, begin), smaller(last * grain, loops.extent[0]) - begin, body);
        });
      }
    }
  }

 private:
  static constexpr index worth_threads = 64 * 1024;

  template <int L>
  static DSI_INLINE pointers moved(pointers p, index n) {
    DSI_UNROLL
    for (int i = 0; i < inputs; ++i) p.in[i] += n * loops.step[i][L] * size_of(Problem::in(i).type);
    p.out += n * loops.out_step[L];
    return p;
  }
  /// Loop L and those inside it; `count` is the extent of loop 0 that is wanted.
  template <int L, class Body>
  static DSI_INLINE void level(pointers const& p, index count, Body const& body) {
    if constexpr (L + 1 < loops.rank) {
      index const n = L == 0 ? count : loops.extent[L];
      for (index i = 0; i < n; ++i) level<L + 1>(moved<L>(p, i), count, body);
    } else {
      body(p, L == 0 ? count : loops.extent[L]);
    }
  }
};

/// One pass over a map<Expression> problem.
/// Types    float, half, bfloat16 (computed in float), and bool as 0 and 1; at least one is not bool, or all are
/// Layouts  any; an input whose elements are neither consecutive nor constant along the innermost loop is read by element
/// Aliasing the output may be the same memory as an input of its type and extents
template <class Isa, class Problem>
struct map_kernel : kernel_defaults {
  using vec = simd::vec<Isa>;
  using expression = expression_of<Problem>;
  using result = typename Problem::template output<0>::value_type;
  static constexpr int inputs = Problem::input_count;
  static constexpr int lanes = vec::lanes;
  static constexpr std::string_view name = "vectors";

  static constexpr bool supports = [] {
    if (Problem::output_count != 1 || inputs < 1) return false;
    auto const fits = [](dtype t) { return t == dtype::f32 || t == dtype::f16 || t == dtype::bf16 || t == dtype::boolean; };
    dtype number = dtype::boolean;
    for (int i = 0; i <= inputs; ++i) {
      dtype const t = i < inputs ? Problem::in(i).type : Problem::out().type;
      if (!fits(t)) return false;
      if (t == dtype::boolean) continue;
      if (number != dtype::boolean && t != number) return false;
      number = t;
    }
    return true;
  }();

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    passes::run(args, context.team, [](pointers const& p, index n) DSI_LAMBDA_INLINE { innermost(p, n, std::make_integer_sequence<int, inputs>{}); });
  }

 private:
  using passes = map_walk<Problem>;
  using pointers = typename passes::pointers;
  static constexpr auto loops = passes::loops;
  /// Vectors side by side: short expressions are bound by the loop around them, long ones would only be more code.
  static constexpr int side_by_side = operations_in<expression> <= 2 ? 2 : 1;

  template <int I>
  using element = typename passes::template element<I>;

  /// What is the same for the whole innermost loop, in a register.
  template <int I>
  static DSI_INLINE vec constant(pointers const& p) {
    if constexpr (loops.inner_step(I) != 0) return vec::zero();
    else if constexpr (std::is_same_v<element<I>, bool>) return vec(*reinterpret_cast<std::uint8_t const*>(p.in[I]) != 0 ? 1.f : 0.f);
    else return vec(static_cast<float>(*reinterpret_cast<element<I> const*>(p.in[I])));
  }

  template <int... I>
  static DSI_INLINE void innermost(pointers const& p, index n, std::integer_sequence<int, I...>) {
    vec const constants[]{constant<I>(p)...};
    index i = 0;
    constexpr index step = side_by_side * lanes;
    for (; i + step <= n; i += step) {
      DSI_UNROLL
      for (int u = 0; u < side_by_side; ++u) at<false>(p, constants, i + u * lanes, lanes);
    }
    if constexpr (side_by_side > 1)
      for (; i + lanes <= n; i += lanes) at<false>(p, constants, i, lanes);
    if (i < n) at<true>(p, constants, i, n - i);
  }

  /// The expression at elements [i, i + n) of the innermost loop: a whole vector unless Partial.
  template <bool Partial>
  static DSI_INLINE void at(pointers const& p, vec const (&constants)[inputs], index i, index n) {
    vec const y = evaluate<expression>(vec::zero(), [&]<int I>(std::integral_constant<int, I>) DSI_LAMBDA_INLINE {
      return load<I, Partial>(p, constants, i, n);
    });
    if constexpr (std::is_same_v<result, bool>) {
      // What an expression of conditions gives is 0 or 1 in every lane.
      auto* const to = reinterpret_cast<std::uint8_t*>(p.out) + i;
      if constexpr (Partial) to_int(y).store_n(to, n);
      else to_int(y).storeu(to);
    } else {
      if constexpr (Partial) y.store_n(p.out + i, n);
      else y.storeu(p.out + i);
    }
  }
  template <int I, bool Partial>
  static DSI_INLINE vec load(pointers const& p, vec const (&constants)[inputs], index i, index n) {
    // A bool is a byte 0 or 1; it is read as such, since a vec converts from bytes.
    using stored = std::conditional_t<std::is_same_v<element<I>, bool>, std::uint8_t, element<I>>;
    constexpr index step = loops.inner_step(I);
    if constexpr (step == 0) {
      return constants[I];
    } else {
      auto const* const from = reinterpret_cast<stored const*>(p.in[I]) + i * step;
      if constexpr (step == 1 && Partial) {
        return vec::load_n(from, n);
      } else if constexpr (step == 1) {
        return vec::loadu(from);
      } else {
        alignas(64) float lane[lanes]{};
        for (index k = 0; k < n; ++k) lane[k] = static_cast<float>(from[k * step]);
        return vec::load(lane);
      }
    }
  }
};

/// The same for all other numbers: integers, double, and bool alone.
/// Types    as the operators of the expression take them, bool in it as 0 and 1
/// Memory   blocks of elements in arrays, which compilers turn into vectors where the instruction set has them
template <class Isa, class Problem>
struct map_blocks : kernel_defaults {
  using expression = expression_of<Problem>;
  using result = typename Problem::template output<0>::value_type;
  using number = compute_t<map_element<Problem>>;
  static constexpr int inputs = Problem::input_count;
  static constexpr std::string_view name = "blocks";
  static constexpr bool supports = Problem::output_count == 1 && inputs >= 1 && !std::is_same_v<number, float>;

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    passes::run(args, context.team, [](pointers const& p, index n) DSI_LAMBDA_INLINE {
      index i = 0;
      for (; i + block <= n; i += block) at<block>(p, i, std::make_integer_sequence<int, inputs>{});
      for (; i < n; ++i) at<1>(p, i, std::make_integer_sequence<int, inputs>{});
    });
  }

 private:
  using passes = map_walk<Problem>;
  using pointers = typename passes::pointers;
  static constexpr int block = 32;

  template <int Count, int... I>
  static DSI_INLINE void at(pointers const& p, index i, std::integer_sequence<int, I...>) {
    number x[inputs][Count];
    (load<I, Count>(p, i, x[I]), ...);
    for (int k = 0; k < Count; ++k)
      p.out[i + k] = static_cast<result>(evaluate<expression>(number{}, [&]<int A>(std::integral_constant<int, A>) DSI_LAMBDA_INLINE { return x[A][k]; }));
  }
  template <int I, int Count>
  static DSI_INLINE void load(pointers const& p, index i, number* to) {
    using stored = typename passes::template element<I>;
    constexpr index step = passes::loops.inner_step(I);
    auto const* const from = reinterpret_cast<stored const*>(p.in[I]) + i * step;
    for (int k = 0; k < Count; ++k) to[k] = static_cast<number>(from[k * step]);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, map_operation, Problem> {
  using type = kernel_list<simd::map_kernel<Isa, Problem>, simd::map_blocks<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

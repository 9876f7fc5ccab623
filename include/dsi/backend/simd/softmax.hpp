// SPDX-License-Identifier: MIT
// Softmax and its logarithm along contiguous elements, or along an axis with other elements side by side.
#pragma once

#include <dsi/backend/simd/row_epilogue.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/log_softmax.hpp>
#include <dsi/op/softmax.hpp>

namespace DSI_NAMESPACE::simd {

/// The parts of a softmax that do not depend on how the axis lies. A NaN is left to the exponentials: their sum then is NaN,
/// so the maximum may lose it.
template <class Isa, bool Log>
struct softmax_step {
  using V = vec<Isa>;
  V greatest, scale;  // scale: 1 / sum, or log(sum)
  DSI_INLINE V exponential(V x) const { return math::exp(x - greatest); }
  DSI_INLINE void finish(V sum) {
    if constexpr (Log) scale = math::log(sum);
    else scale = V(1.f) / sum;
  }
  DSI_INLINE V result(V x) const {
    if constexpr (Log) return (x - greatest) - scale;
    else return exponential(x) * scale;
  }
};

/// Tensors as [outer, n, inner] in memory. Rows (inner 1) of up to four vectors stay in registers; longer ones are read three
/// times. Sums: four registers in turn along a row, then (0 + 1) + (2 + 3) and across lanes as sum_of_lanes does; with inner
/// elements each result's sum runs in order.
template <class Isa, class Problem, bool Log>
struct softmax_rows : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr tensor_desc x_desc = Problem::in(0), y_desc = Problem::out();
  static constexpr int axis = anchor_value<Problem>().axis < 0 ? anchor_value<Problem>().axis + x_desc.rank() : anchor_value<Problem>().axis;
  static constexpr bool supports = is_vector_type(x_desc.type) && y_desc.type == x_desc.type && same_order(x_desc, y_desc) && x_desc.size() > 0;
  static constexpr index n = x_desc[axis];
  static constexpr index inner = strides_of(x_desc).dim[axis];
  static constexpr index outer = n * inner == 0 ? 0 : x_desc.size() / (n * inner);
  static constexpr std::string_view name = inner == 1 ? "softmax along vectors" : "softmax across rows";

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    auto const* const x = static_cast<element const*>(args.in[0]);
    auto* const y = static_cast<element*>(args.out[0]);
    auto const body = [x, y](index first, index last) noexcept {
      for (index i = first; i < last; ++i) {
        if constexpr (inner > 1) across(x + i / tiles * (n * inner) + i % tiles * tile, y + i / tiles * (n * inner) + i % tiles * tile, i % tiles);
        else if constexpr (n <= 4 * lanes) in_registers(x + i * n, y + i * n);
        else along(x + i * n, y + i * n);
      }
    };
    if constexpr (x_desc.size() > 10'000) context.team.for_each(outer * tiles, body);
    else body(0, outer * tiles);
  }

 private:
  using V = vec<Isa>;
  static constexpr int lanes = Isa::lanes;
  static constexpr index vectors = n / lanes, rest = n % lanes;
  static constexpr index tile = smaller(256, round_up(inner, lanes));
  static constexpr index tiles = inner > 1 ? ceil_div(inner, tile) : 1;
  static DSI_INLINE V lowest() { return V(-__builtin_inff()); }
  /// The last elements of a row; -inf, which counts for nothing, in the other lanes.
  static DSI_INLINE V load_rest(element const* p) { return select(first_lanes<Isa>(rest), load_row<Isa, false>(p, rest), lowest()); }

  DSI_INLINE static void in_registers(element const* x, element* y) {
    constexpr int count = static_cast<int>(ceil_div(n, lanes));
    V v[count];
    DSI_UNROLL
    for (int i = 0; i < static_cast<int>(vectors); ++i) v[i] = load_row<Isa, true>(x + i * lanes, lanes);
    if constexpr (rest > 0) v[count - 1] = load_rest(x + vectors * lanes);
    V m = v[0];
    DSI_UNROLL
    for (int i = 1; i < count; ++i) m = pick_greater(v[i], m);
    softmax_step<Isa, Log> s;
    s.greatest = V(greatest_lane(m));
    V e[count];
    DSI_UNROLL
    for (int i = 0; i < count; ++i) e[i] = s.exponential(v[i]);
    V sum = e[0];
    DSI_UNROLL
    for (int i = 1; i < count; ++i) sum = sum + e[i];
    s.finish(V(sum_of_lanes(sum)));
    DSI_UNROLL
    for (int i = 0; i < count; ++i) {
      V result;
      if constexpr (Log) result = s.result(v[i]);
      else result = e[i] * s.scale;
      if (i < static_cast<int>(vectors)) store_row<true>(result, y + i * lanes, lanes);
      else store_row<false>(result, y + i * lanes, rest);
    }
  }

  DSI_INLINE static void along(element const* x, element* y) {
    V m[4]{lowest(), lowest(), lowest(), lowest()};
    each_vector(x, [&](V v, int i) DSI_LAMBDA_INLINE { m[i] = pick_greater(v, m[i]); });
    softmax_step<Isa, Log> s;
    s.greatest = V(greatest_lane(pick_greater(pick_greater(m[0], m[1]), pick_greater(m[2], m[3]))));
    V sum[4]{V::zero(), V::zero(), V::zero(), V::zero()};
    // float results take the exponentials already; narrower ones would round them twice, logarithms need them only here.
    constexpr bool kept = !Log && std::is_same_v<element, float>;
    index at = 0;
    each_vector(x, [&](V v, int i) DSI_LAMBDA_INLINE {
      V const e = s.exponential(v);
      sum[i] = sum[i] + e;
      if constexpr (kept) {
        if (at < vectors * lanes) store_row<true>(e, y + at, lanes);
        else store_row<false>(e, y + at, rest);
        at += lanes;
      }
    });
    s.finish(V(sum_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]))));
    for (index i = 0; i < vectors * lanes; i += lanes) {
      if constexpr (kept) store_row<true>(load_row<Isa, true>(y + i, lanes) * s.scale, y + i, lanes);
      else store_row<true>(s.result(load_row<Isa, true>(x + i, lanes)), y + i, lanes);
    }
    if constexpr (rest > 0) {
      constexpr index i = vectors * lanes;
      if constexpr (kept) store_row<false>(load_row<Isa, false>(y + i, rest) * s.scale, y + i, rest);
      else store_row<false>(s.result(load_row<Isa, false>(x + i, rest)), y + i, rest);
    }
  }
  /// f(vector, number modulo 4) for a row's vectors in order.
  template <class F>
  DSI_INLINE static void each_vector(element const* x, F const& f) {
    for (index v = 0; v < vectors / 4; ++v, x += 4 * lanes) {
      DSI_UNROLL
      for (int i = 0; i < 4; ++i) f(load_row<Isa, true>(x + i * lanes, lanes), i);
    }
    DSI_UNROLL
    for (int i = 0; i < static_cast<int>(vectors % 4); ++i) f(load_row<Isa, true>(x + i * lanes, lanes), i);
    if constexpr (rest > 0) f(load_rest(x + (vectors % 4) * lanes), static_cast<int>(vectors % 4));
  }

  /// Goes along memory and not along the axis, whose steps may be of a size that the cache's sets cannot hold side by side.
  DSI_INLINE static void across(element const* x, element* y, index t) {
    alignas(alignment) float greatest[tile], scale[tile];
    index const width = smaller(tile, inner - t * tile);
    each_column(width, [&]<bool Whole>(std::bool_constant<Whole>, index c, index w) DSI_LAMBDA_INLINE {
      load_row<Isa, Whole>(x + c, w).store(greatest + c);
    });
    for (index i = 1; i < n; ++i)
      each_column(width, [&]<bool Whole>(std::bool_constant<Whole>, index c, index w) DSI_LAMBDA_INLINE {
        pick_greater(load_row<Isa, Whole>(x + i * inner + c, w), V::load(greatest + c)).store(greatest + c);
      });
    for (index c = 0; c < width; c += lanes) V::zero().store(scale + c);
    constexpr bool kept = !Log && std::is_same_v<element, float>;
    for (index i = 0; i < n; ++i)
      each_column(width, [&]<bool Whole>(std::bool_constant<Whole>, index c, index w) DSI_LAMBDA_INLINE {
        V const e = math::exp(load_row<Isa, Whole>(x + i * inner + c, w) - V::load(greatest + c));
        (V::load(scale + c) + e).store(scale + c);
        if constexpr (kept) store_row<Whole>(e, y + i * inner + c, w);
      });
    for (index c = 0; c < width; c += lanes) {
      softmax_step<Isa, Log> s;
      s.finish(V::load(scale + c));
      s.scale.store(scale + c);
    }
    for (index i = 0; i < n; ++i)
      each_column(width, [&]<bool Whole>(std::bool_constant<Whole>, index c, index w) DSI_LAMBDA_INLINE {
        V result;
        if constexpr (kept) result = load_row<Isa, Whole>(y + i * inner + c, w) * V::load(scale + c);
        else result = softmax_step<Isa, Log>{V::load(greatest + c), V::load(scale + c)}.result(load_row<Isa, Whole>(x + i * inner + c, w));
        store_row<Whole>(result, y + i * inner + c, w);
      });
  }
  /// f(true_type unless partial, column, width) for the vectors of a tile.
  template <class F>
  DSI_INLINE static void each_column(index width, F const& f) {
    index c = 0;
    for (; c + lanes <= width; c += lanes) f(std::true_type{}, c, lanes);
    if constexpr (inner % lanes > 0)
      if (c < width) f(std::false_type{}, c, width - c);
  }
};

}  // namespace DSI_NAMESPACE::simd

namespace DSI_NAMESPACE {

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, softmax_attributes, Problem> {
  using type = kernel_list<simd::softmax_rows<Isa, Problem, false>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, log_softmax_attributes, Problem> {
  using type = kernel_list<simd::softmax_rows<Isa, Problem, true>>;
};

}  // namespace DSI_NAMESPACE

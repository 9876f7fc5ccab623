// SPDX-License-Identifier: MIT
// Reductions over any axes and global pooling: along contiguous elements, or over rows with results side by side.
#pragma once

#include <dsi/backend/simd/reducer.hpp>
#include <dsi/backend/simd/row_epilogue.hpp>
#include <dsi/op/global_average_pool.hpp>
#include <dsi/op/global_max_pool.hpp>
#include <dsi/op/reduce_max.hpp>
#include <dsi/op/reduce_mean.hpp>
#include <dsi/op/reduce_min.hpp>
#include <dsi/op/reduce_prod.hpp>
#include <dsi/op/reduce_sum.hpp>

namespace DSI_NAMESPACE::simd {

/// A reduction as loops over memory: kept and reduced loops, both with the outermost first, around one contiguous run of
/// the input that is either reduced or kept.
struct reduction_loops {
  struct loop {
    index extent = 1, in = 0, out = 0;  // out: only of kept loops
  };
  loop kept[max_rank]{}, reduced[max_rank]{};
  int kept_count = 0, reduced_count = 0;
  bool inner_reduced = false;
  loop inner{1, 1, 1};

  constexpr index kept_size() const {
    index n = 1;
    for (int i = 0; i < kept_count; ++i) n *= kept[i].extent;
    return n;
  }
  /// Where the results of kept position k come from and go to.
  DSI_INLINE constexpr loop kept_at(index k) const {
    loop at{1, 0, 0};
    for (int i = kept_count - 1; i >= 0; --i) {
      index const digit = i == 0 ? k : k % kept[i].extent;
      at.in += digit * kept[i].in;
      at.out += digit * kept[i].out;
      k /= kept[i].extent;
    }
    return at;
  }
};
constexpr reduction_loops loops_of(tensor_desc const& x, tensor_desc const& y, unsigned dims, bool keepdims) {
  shape const in = strides_of(x), out = strides_of(y);
  int out_dim[max_rank]{};
  for (int d = 0, k = 0; d < x.rank(); ++d) {
    out_dim[d] = k;
    if (keepdims || !has_dim(dims, d)) ++k;
  }
  reduction_loops r;
  memory_order const m = memory_order_of(x);
  bool last_reduced = false, any = false;
  for (int i = 0; i < m.count; ++i) {
    int const d = m.dim[i];
    if (x[d] == 1) continue;
    bool const reduced = has_dim(dims, d);
    reduction_loops::loop const l{x[d], in.dim[d], reduced ? 0 : out.dim[out_dim[d]]};
    auto* const list = reduced ? r.reduced : r.kept;
    int& count = reduced ? r.reduced_count : r.kept_count;
    if (any && reduced == last_reduced && list[count - 1].out == l.out * l.extent) {
      list[count - 1] = {list[count - 1].extent * l.extent, l.in, l.out};
    } else {
      list[count++] = l;
    }
    last_reduced = reduced;
    any = true;
  }
  if (!any) return r;
  r.inner_reduced = last_reduced;
  r.inner = last_reduced ? r.reduced[--r.reduced_count] : r.kept[--r.kept_count];
  return r;
}

/// Order of a sum. Contiguous reduction: four registers take the run's vectors in turn, are added as (0 + 1) + (2 + 3) and
/// then across lanes as sum_of_lanes does. Kept run: each result takes its elements in memory order, with `phases` partial
/// results in turn, added in the order of their numbers.
template <class Isa, class Problem>
struct reduce_loops : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr auto op = anchor_value<Problem>();
  static constexpr reduction kind = decltype(op)::kind;
  static constexpr tensor_desc x_desc = Problem::in(0), y_desc = Problem::out();
  static constexpr reduction_loops loops = loops_of(x_desc, y_desc, reduced_dims(op.axes, x_desc.rank()), op.keepdims);
  static constexpr index columns = loops.inner_reduced ? 1 : loops.inner.extent;
  using epilogue = row_epilogue<Problem, Isa, columns>;
  static constexpr bool supports = is_vector_type(x_desc.type) && y_desc.type == x_desc.type && x_desc.size() > 0 && epilogue::own_inputs == 1 &&
                                   epilogue::supports && loops.inner.in == 1 && (loops.inner_reduced || loops.inner.out == 1);
  static constexpr std::string_view name = loops.inner_reduced ? "reduce along vectors" : "reduce across rows";

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    if constexpr (x_desc.size() > 50'000)
      context.team.for_each(items, [args](index first, index last) noexcept { run_items(args, first, last); });
    else run_items(args, 0, items);
  }

 private:
  using part = reducer<Isa, kind>;
  static constexpr int lanes = Isa::lanes;
  static constexpr index count = reduced_count(op.axes, x_desc);
  static constexpr index tile = 4 * lanes;
  static constexpr index tiles = loops.inner_reduced ? 1 : ceil_div(columns, tile);
  static constexpr index items = loops.kept_size() * tiles;

  /// Calls f(offset) for every position of the reduced loops from Level on, except the last `Inner` ones.
  template <int Level, int Inner, class F>
  DSI_INLINE static void over_reduced(index at, F const& f) {
    if constexpr (Level + Inner >= loops.reduced_count) {
      f(at);
    } else {
      for (index i = 0; i < loops.reduced[Level].extent; ++i) over_reduced<Level + 1, Inner>(at + i * loops.reduced[Level].in, f);
    }
  }

  template <bool Whole>
  DSI_INLINE static void finish(kernel_args const& args, vec<Isa> result, index at, index n) {
    if constexpr (kind == reduction::mean) result = result / vec<Isa>(static_cast<float>(count));
    result = epilogue::template apply<Whole>(args, result, at / columns, at % columns, n);
    store_row<Whole>(result, static_cast<element*>(args.out[0]) + at, n);
  }

  static void along(kernel_args const& args, index k) noexcept {
    constexpr index n = loops.inner.extent, vectors = n / lanes, rest = n % lanes;
    auto const at = loops.kept_at(k);
    element const* const x = static_cast<element const*>(args.in[0]) + at.in;
    part r[4];
    DSI_UNROLL
    for (int p = 0; p < 4; ++p) r[p].start();
    over_reduced<0, 0>(0, [&](index offset) DSI_LAMBDA_INLINE {
      element const* p = x + offset;
      for (index v = 0; v < vectors / 4; ++v, p += 4 * lanes) {
        DSI_UNROLL
        for (int i = 0; i < 4; ++i) r[i].take(load_row<Isa, true>(p + i * lanes, lanes));
      }
      DSI_UNROLL
      for (int i = 0; i < static_cast<int>(vectors % 4); ++i) r[i].take(load_row<Isa, true>(p + i * lanes, lanes));
      if constexpr (rest > 0) {
        vec<Isa> const last = load_row<Isa, false>(p + (vectors % 4) * lanes, rest);
        r[vectors % 4].take(select(first_lanes<Isa>(rest), last, part::neutral()));
      }
    });
    r[0].merge(r[1]);
    r[2].merge(r[3]);
    r[0].merge(r[2]);
    float result = r[0].total();
    if constexpr (kind == reduction::mean) result = result / static_cast<float>(count);
    static_cast<element*>(args.out[0])[at.out] = static_cast<element>(epilogue::apply(args, result, at.out));
  }

  /// Vectors registers of results side by side from column c on, or the last n columns.
  template <int Vectors, bool Whole>
  DSI_INLINE static void across(kernel_args const& args, element const* x, index out, index n) {
    constexpr int phases = 8 / Vectors;
    constexpr bool looped = loops.reduced_count > 0;
    constexpr index rows = looped ? loops.reduced[looped ? loops.reduced_count - 1 : 0].extent : 1;
    constexpr index stride = looped ? loops.reduced[looped ? loops.reduced_count - 1 : 0].in : 0;
    part r[phases][Vectors];
    DSI_UNROLL
    for (int p = 0; p < phases; ++p) {
      DSI_UNROLL
      for (int v = 0; v < Vectors; ++v) r[p][v].start();
    }
    over_reduced<0, 1>(0, [&](index offset) DSI_LAMBDA_INLINE {
      element const* p = x + offset;
      for (index row = 0; row < rows / phases; ++row) {
        DSI_UNROLL
        for (int i = 0; i < phases; ++i, p += stride) {
          DSI_UNROLL
          for (int v = 0; v < Vectors; ++v) r[i][v].take(load_row<Isa, Whole>(p + v * lanes, n));
        }
      }
      DSI_UNROLL
      for (int i = 0; i < static_cast<int>(rows % phases); ++i, p += stride) {
        DSI_UNROLL
        for (int v = 0; v < Vectors; ++v) r[i][v].take(load_row<Isa, Whole>(p + v * lanes, n));
      }
    });
    DSI_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      DSI_UNROLL
      for (int i = 1; i < phases; ++i) r[0][v].merge(r[i][v]);
      finish<Whole>(args, r[0][v].lanes(), out + v * lanes, n);
    }
  }

  static void run_items(kernel_args args, index first, index last) noexcept {
    if constexpr (loops.inner_reduced) {
      for (index k = first; k < last; ++k) along(args, k);
    } else {
      constexpr index left = columns - (tiles - 1) * tile, vectors = left / lanes, rest = left % lanes;
      for (index item = first; item < last; ++item) {
        index const t = item % tiles;
        auto const at = loops.kept_at(item / tiles);
        element const* const x = static_cast<element const*>(args.in[0]) + at.in + t * tile;
        index const out = at.out + t * tile;
        if (t < tiles - 1) {
          across<4, true>(args, x, out, lanes);
        } else {
          if constexpr (vectors == 4) across<4, true>(args, x, out, lanes);
          if constexpr (vectors % 4 >= 2) across<2, true>(args, x, out, lanes);
          if constexpr (vectors % 2 == 1) across<1, true>(args, x + (vectors - 1) * lanes, out + (vectors - 1) * lanes, lanes);
          if constexpr (rest > 0) across<1, false>(args, x + vectors * lanes, out + vectors * lanes, rest);
        }
      }
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

namespace DSI_NAMESPACE {

template <class Isa, class Value, class Problem>
  requires reduction_operator<Value>
struct candidates<simd_backend<Isa>, Value, Problem> {
  using type = kernel_list<simd::reduce_loops<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Padding and cropping: one pass over the output, by blocks of consecutive elements.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/strided_copy.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/pad.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// A padded tensor's dimensions in the order of its memory, outermost first; runs of dimensions without padding are one.
struct pad_plan {
  int rank = 0;
  index kept[max_rank]{}, before[max_rank]{}, after[max_rank]{};
  index from[max_rank]{};  ///< step of the source
  index to[max_rank]{};    ///< step of the target, which has no gaps: elements in all inner dimensions
  index from_start = 0;
};

constexpr pad_plan plan_pad(pad_attributes const& op, tensor_desc const& x, tensor_desc const& y) {
  pad_plan p;
  shape const from = strides_of(x), to = strides_of(y);
  bool taken[max_rank]{};
  for (int i = 0; i < y.rank(); ++i) {
    int d = -1;  // the largest step left; of equal steps only one dimension has more than one element, and is outside
    for (int k = 0; k < y.rank(); ++k)
      if (!taken[k] && (d < 0 || to[k] > to[d] || (to[k] == to[d] && y[k] > y[d]))) d = k;
    taken[d] = true;
    p.from_start += op.cut(d) * from[d];
    index const kept = op.kept(d, x[d]), before = larger(op.before[d], 0), after = larger(op.after[d], 0);
    bool const plain = before == 0 && after == 0;
    int const last = p.rank - 1;
    if (plain && kept == 1) continue;
    if (plain && last >= 0 && p.before[last] == 0 && p.after[last] == 0 && p.from[last] == from[d] * kept) {
      p.kept[last] *= kept;
      p.from[last] = from[d];
      p.to[last] = to[d];
      continue;
    }
    p.kept[p.rank] = kept;
    p.before[p.rank] = before;
    p.after[p.rank] = after;
    p.from[p.rank] = from[d];
    p.to[p.rank++] = to[d];
  }
  if (p.rank == 0) p = {1, {1}, {0}, {0}, {1}, {1}, p.from_start};
  return p;
}

/// Any element type; input and output in the same memory order.
template <class Isa, class Problem>
struct pad_kernel : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr std::string_view name = "pad by blocks";
  static constexpr bool supports = Problem::in(0).order == Problem::out().order;

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    if constexpr (Problem::out().size() > 0) {
      auto const* const from = static_cast<element const*>(args.in[0]) + plan.from_start;
      auto* const to = static_cast<element*>(args.out[0]);
      if constexpr (plan.rank < 2 || Problem::out().bytes() < 256 * 1024) {
        kept_of<0>(from, to, 0, plan.kept[0]);
      } else {
        context.team.for_each(plan.kept[0], [from, to](index first, index last) { kept_of<0>(from, to, first, last); });
      }
      padding_of<0>(to);
    }
  }

 private:
  static constexpr pad_attributes op = anchor_value<Problem>();
  static constexpr pad_plan plan = plan_pad(op, Problem::in(0), Problem::out());

  /// The kept elements [first, last) along dimension D, with all inner dimensions padded. `to` is the block's begin.
  template <int D>
  static DSI_INLINE void kept_of(element const* from, element* to, index first, index last) {
    element* const inside = to + plan.before[D] * plan.to[D];
    if constexpr (D + 1 < plan.rank) {
      for (index i = first; i < last; ++i) {
        kept_of<D + 1>(from + i * plan.from[D], inside + i * plan.to[D], 0, plan.kept[D + 1]);
        padding_of<D + 1>(inside + i * plan.to[D]);
      }
    } else if constexpr (plan.from[D] == 1 && plan.to[D] == 1) {
      copy_run<Isa>(inside + first, from + first, last - first);
    } else {
      for (index i = first; i < last; ++i) inside[i * plan.to[D]] = from[i * plan.from[D]];
    }
  }
  /// The padding along dimension D, from the constant or from blocks that are in place already.
  template <int D>
  static DSI_INLINE void padding_of(element* to) {
    constexpr index before = plan.before[D], kept = plan.kept[D], after = plan.after[D], block = plan.to[D];
    if constexpr (op.mode == pad_mode::constant) {
      element const value = convert<element>(op.value.value());
      if constexpr (before > 0) fill_run<Isa>(to, value, before * block);
      if constexpr (after > 0) fill_run<Isa>(to + (before + kept) * block, value, after * block);
    } else {
      for (index i = 0; i < before; ++i) copy_run<Isa>(to + i * block, to + (before + op.source(i - before, kept)) * block, block);
      for (index i = kept; i < kept + after; ++i) copy_run<Isa>(to + (before + i) * block, to + (before + op.source(i, kept)) * block, block);
    }
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, pad_attributes, Problem> {
  using type = kernel_list<simd::pad_kernel<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Resampling along one axis: lines behind the axis are combined as vectors, single elements along the last one as scalars.
#pragma once

#include <cstring>

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/vec.hpp>
#include <dsi/op/resize.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// The taps of every element along the axis are found at the start of a run and kept in the workspace: positions, then weights.
/// Interpolation of float, nearest of any type.
template <class Isa, class Problem>
struct resize_lines : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr auto op = anchor_value<Problem>();
  static constexpr tensor_desc const& x = Problem::in(0);
  static constexpr tensor_desc const& y = Problem::out();
  static constexpr bool moves = op.mode == resize_mode::nearest && op.coordinates != resize_coordinates::tf_crop_and_resize;
  static constexpr bool supports = Problem::input_count == 1 && x.order == y.order && (x.order == layout::row_major || x.order == layout::channels_last) && y.size() > 0 &&
                                   (moves || (std::is_same_v<element, float> && op.mode != resize_mode::nearest && op.coordinates != resize_coordinates::tf_crop_and_resize));
  static constexpr std::string_view name = moves ? "copies of lines" : "weighted lines";

  /// The tensor in memory: `outer` times n lines of `inner` elements.
  static constexpr int axis = supports ? static_cast<int>(op.axis_in(x.rank())) : 0;
  static constexpr index n = x[axis], size = y[axis];
  static constexpr index inner = supports ? strides_of(y).dim[axis] : 1;
  static constexpr index outer = supports ? y.size() / (size * inner) : 0;
  static constexpr index taps = !supports || moves ? 1 : taps_of(op, 0, n).count;
  static constexpr std::size_t workspace = static_cast<std::size_t>(supports ? size * taps : 0) * (sizeof(index) + sizeof(float));

  template <class Context>
  static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    auto const* const from = static_cast<element const*>(args.in[0]);
    auto* const to = static_cast<element*>(args.out[0]);
    auto* const at = static_cast<index*>(scratch);
    auto* const weight = reinterpret_cast<float*>(at + size * taps);
    for (index o = 0; o < size; ++o) {
      resize_taps const t = taps_of(op, o, n);
      for (index k = 0; k < taps; ++k) {
        index const i = t.first + k;
        at[o * taps + k] = i < 0 ? 0 : i >= n ? n - 1 : i;
        weight[o * taps + k] = static_cast<float>(resize_weight(op, t, k, n));
      }
    }
    auto const body = [=](index first, index last) {
      for (index i = first; i < last; ++i)
        for (index o = 0; o < size; ++o) line(from + i * n * inner, to + (i * size + o) * inner, at + o * taps, weight + o * taps);
    };
    if constexpr (y.size() >= 1 << 15) context.team.for_each(outer, body);
    else body(0, outer);
  }

 private:
  using V = vec<Isa>;
  static constexpr index lanes = Isa::lanes;

  static DSI_INLINE void line(element const* from, element* to, index const* at, float const* weight) {
    if constexpr (moves) {
      if constexpr (inner == 1) *to = from[at[0]];
      else std::memcpy(to, from + at[0] * inner, static_cast<std::size_t>(inner) * sizeof(element));
    } else if constexpr (inner == 1) {
      float sum = 0;
      for (index k = 0; k < taps; ++k) sum += weight[k] * from[at[k]];
      *to = sum;
    } else {
      for (index c = 0; c + lanes <= inner; c += lanes) combined<lanes>(from + c, at, weight).storeu(to + c);
      if constexpr (inner % lanes != 0) combined<inner % lanes>(from + inner / lanes * lanes, at, weight).store_n(to + inner / lanes * lanes, inner % lanes);
    }
  }
  template <index Count>
  static DSI_INLINE V combined(float const* from, index const* at, float const* weight) {
    V sum = V::zero();
    for (index k = 0; k < taps; ++k) {
      float const* const p = from + at[k] * inner;
      if constexpr (Count == lanes) sum = mul_add(V(weight[k]), V::loadu(p), sum);
      else sum = mul_add(V(weight[k]), V::load_n(p, Count), sum);
    }
    return sum;
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, resize_attributes, Problem> {
  using type = kernel_list<simd::resize_lines<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

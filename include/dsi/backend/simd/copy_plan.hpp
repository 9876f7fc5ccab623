// SPDX-License-Identifier: MIT
// Copies between strided tensors as nested loops, settled at compile time: what reorder, transpose, slice, concat, split,
// expand and tile have in common.
#pragma once

#include <dsi/tensor/tensor.hpp>

namespace DSI_NAMESPACE::simd {

/// Loops from the outermost to the innermost. Steps count elements; loop `i` moves the source by from[i], the target by to[i].
struct copy_plan {
  static constexpr int capacity = 2 * max_rank;
  int rank = 0;
  index extent[capacity]{};
  index from[capacity]{};
  index to[capacity]{};
  index from_start = 0;
  index to_start = 0;

  constexpr void push_back(index n, index from_step, index to_step) {
    extent[rank] = n;
    from[rank] = from_step;
    to[rank++] = to_step;
  }
  constexpr index size() const {
    index n = 1;
    for (int i = 0; i < rank; ++i) n *= extent[i];
    return n;
  }
  /// The loop other than the innermost along which the source is consecutive, or -1: then the two are a transposition.
  constexpr int crossing() const {
    if (rank < 2 || to[rank - 1] != 1 || from[rank - 1] <= 1) return -1;
    for (int i = rank - 2; i >= 0; --i)
      if (from[i] == 1) return i;
    return -1;
  }
  constexpr bool operator==(copy_plan const&) const = default;
};

/// The same copy with as few loops as possible: outermost the largest step of the target; loops that continue each other merged.
constexpr copy_plan simplified(copy_plan p) {
  copy_plan q;
  q.from_start = p.from_start;
  q.to_start = p.to_start;
  for (int i = 0; i < p.rank; ++i)
    if (p.extent[i] != 1) q.push_back(p.extent[i], p.from[i], p.to[i]);
  for (int i = 1; i < q.rank; ++i)
    for (int k = i; k > 0 && q.to[k] > q.to[k - 1]; --k) {
      index const e = q.extent[k], f = q.from[k], t = q.to[k];
      q.extent[k] = q.extent[k - 1], q.from[k] = q.from[k - 1], q.to[k] = q.to[k - 1];
      q.extent[k - 1] = e, q.from[k - 1] = f, q.to[k - 1] = t;
    }
  copy_plan r;
  r.from_start = q.from_start;
  r.to_start = q.to_start;
  for (int i = 0; i < q.rank; ++i) {
    bool const continues = r.rank > 0 && r.from[r.rank - 1] == q.from[i] * q.extent[i] && r.to[r.rank - 1] == q.to[i] * q.extent[i];
    if (continues) {
      r.extent[r.rank - 1] *= q.extent[i];
      r.from[r.rank - 1] = q.from[i];
      r.to[r.rank - 1] = q.to[i];
    } else {
      r.push_back(q.extent[i], q.from[i], q.to[i]);
    }
  }
  if (r.rank == 0) r.push_back(1, 1, 1);
  return r;
}

/// A copy of `extents` elements per dimension, with strides by dimension.
constexpr copy_plan plan_copy(shape const& extents, shape const& from, index from_start, shape const& to, index to_start) {
  copy_plan p;
  p.from_start = from_start;
  p.to_start = to_start;
  for (int d = 0; d < extents.rank; ++d) p.push_back(extents[d], from[d], to[d]);
  return simplified(p);
}

static_assert([] {  // row_major to channels_last of [1, 3, 4, 5]: two loops, a transposition
  tensor_desc x{dtype::f32, layout::row_major, shape(1, 3, 4, 5)}, y{dtype::f32, layout::channels_last, shape(1, 3, 4, 5)};
  copy_plan const p = plan_copy(x.extents, strides_of(x), 0, strides_of(y), 0);
  return p.rank == 2 && p.extent[0] == 20 && p.from[0] == 1 && p.to[0] == 3 && p.from[1] == 20 && p.crossing() == 0;
}());

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Running sums, products and extremes in registers, with NaN handled as IEEE has it.
#pragma once

#include <dsi/backend/simd/vec.hpp>
#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE::simd {

/// One register of partial results. start() is neutral; take(x) adds elements, merge(other) other partial results;
/// neutral() fills lanes that hold no element.
template <class Isa, reduction Kind>
struct reducer {  // sum and mean
  using V = vec<Isa>;
  V value;
  DSI_INLINE void start() { value = V::zero(); }
  DSI_INLINE void take(V x) { value = value + x; }
  DSI_INLINE void merge(reducer const& other) { value = value + other.value; }
  DSI_INLINE V lanes() const { return value; }
  DSI_INLINE float total() const { return sum_of_lanes(value); }
  static DSI_INLINE V neutral() { return V::zero(); }
};

template <class Isa>
struct reducer<Isa, reduction::prod> {
  using V = vec<Isa>;
  V value;
  DSI_INLINE void start() { value = neutral(); }
  DSI_INLINE void take(V x) { value = value * x; }
  DSI_INLINE void merge(reducer const& other) { value = value * other.value; }
  DSI_INLINE V lanes() const { return value; }
  DSI_INLINE float total() const {
    alignas(64) float lane[Isa::lanes];
    value.store(lane);
    for (int half = Isa::lanes / 2; half > 0; half /= 2)
      for (int k = 0; k < half; ++k) lane[k] *= lane[k + half];
    return lane[0];
  }
  static DSI_INLINE V neutral() { return V(1.f); }
};

/// Maximum (Sign 1) or minimum (Sign -1). The machine's instruction loses NaNs, so they are watched apart: three
/// instructions per element instead of six.
template <class Isa, int Sign>
struct extreme_reducer {
  using V = vec<Isa>;
  V value;
  mask<Isa> ordered;
  DSI_INLINE void start() {
    value = neutral();
    ordered = value == value;
  }
  DSI_INLINE void take(V x) {
    value = pick(value, x);
    ordered = ordered & (x == x);
  }
  DSI_INLINE void merge(extreme_reducer const& other) {
    value = pick(value, other.value);
    ordered = ordered & other.ordered;
  }
  DSI_INLINE V lanes() const { return select(ordered, value, V(__builtin_nanf(""))); }
  DSI_INLINE float total() const {
    if constexpr (Sign > 0) return greatest_lane(lanes());
    else return -greatest_lane(-lanes());
  }
  static DSI_INLINE V neutral() { return V(Sign > 0 ? -__builtin_inff() : __builtin_inff()); }

 private:
  static DSI_INLINE V pick(V a, V b) {
    if constexpr (Sign > 0) return pick_greater(a, b);
    else return pick_less(a, b);
  }
};
template <class Isa>
struct reducer<Isa, reduction::max> : extreme_reducer<Isa, 1> {};
template <class Isa>
struct reducer<Isa, reduction::min> : extreme_reducer<Isa, -1> {};

}  // namespace DSI_NAMESPACE::simd

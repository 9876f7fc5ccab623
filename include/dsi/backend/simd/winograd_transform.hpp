// SPDX-License-Identifier: MIT
// Winograd's transforms along one dimension, on vectors, with as few operations as the symmetry of the points allows.
#pragma once

#include <dsi/backend/simd/vec.hpp>
#include <dsi/kernel/winograd.hpp>

namespace DSI_NAMESPACE::simd {

/// bt and at of winograd<M> for columns of vectors. At most 4 roundings stand between an
/// input and a result, with or without fma.
template <class Isa, int M>
struct winograd_transform {
  using v = vec<Isa>;
  static constexpr int size = M + 2;
  static constexpr double a = winograd<M>::near_point, b = winograd<M>::far_point, aa = a * a, bb = b * b;


  DSI_INLINE static v times(double factor, v x) { return v(static_cast<float>(factor)) * x; }
  DSI_INLINE static v plus(v c, double factor, v x) { return mul_add(v(static_cast<float>(factor)), x, c); }

  /// to = bt x.
  DSI_INLINE static void input(v const (&x)[size], v (&to)[size]) {
    if constexpr (M == 2) {
      to[0] = x[2] - x[0];
      to[1] = x[2] + x[1];
      to[2] = x[2] - x[1];
      to[3] = x[3] - x[1];
    } else {
      v const even_a = plus(x[4], -bb, x[2]), odd_a = plus(x[3], -bb, x[1]);
      v const even_b = plus(x[4], -aa, x[2]), odd_b = plus(x[3], -aa, x[1]);
      to[0] = plus(plus(x[4], -(aa + bb), x[2]), aa * bb, x[0]);
      to[1] = plus(even_a, a, odd_a);
      to[2] = plus(even_a, -a, odd_a);
      to[3] = plus(even_b, b, odd_b);
      to[4] = plus(even_b, -b, odd_b);
      to[5] = plus(plus(x[5], -(aa + bb), x[3]), aa * bb, x[1]);
    }
  }

  /// to = at x.
  DSI_INLINE static void output(v const (&x)[size], v (&to)[M]) {
    v const sum_a = x[1] + x[2], difference_a = x[1] - x[2];
    if constexpr (M == 2) {
      to[0] = x[0] + sum_a;
      to[1] = difference_a + x[3];
    } else {
      v const sum_b = x[3] + x[4], difference_b = x[3] - x[4];
      to[0] = x[0] + sum_a + sum_b;
      to[1] = plus(times(a, difference_a), b, difference_b);
      to[2] = plus(times(aa, sum_a), bb, sum_b);
      to[3] = plus(plus(x[5], a * aa, difference_a), b * bb, difference_b);
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

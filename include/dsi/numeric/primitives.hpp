// SPDX-License-Identifier: MIT
// What a type must offer so that the scalar functions of math.hpp work on it; float and double offer it here.
#pragma once

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::math {

/// Customization point: primitives<V> tells math.hpp how to compute on V, a float or a vector of floats. A backend
/// specializes it for its vector type (backend/simd/vec.hpp does). V itself must have V(float) that broadcasts, the
/// operators + - * / unary - and the comparisons < <= > >= == that give primitives<V>::mask; masks have & | !.
///
/// integer    32-bit pattern per lane: integer(std::uint32_t) broadcasts, + and - wrap, & | ^ work on bits
/// mask       bool per lane
/// fma(a, b, c)           a*b + c with one rounding, everywhere: what makes all vectors give the same bits
/// sqrt, abs, floor, ceil, trunc, round_even(a), copysign(magnitude, sign)
/// max(a, b), min(a, b)   IEEE 754-2019 maximum and minimum: NaN if either is NaN, -0 < +0
/// pick_greater(a, b)     a > b ? a : b, so b when either is NaN; pick_less(a, b) is a < b ? a : b
/// select(m, a, b)        m ? a : b, lane by lane; any(m), all(m)
/// scale(m, n)            m * 2^n rounded once, for |m| in [0.5, 2] and integral n in [-250, 250]
/// bits(v), from_bits(i)  the same bits; to_float(i) converts a signed integer
/// shift_left<N>, shift_right<N> (zeros enter), shift_right_signed<N>
/// test(i, j)             mask of (i & j) != 0
/// repair(m, x, r, q, f)  for each lane where m: f(float x, float& r, std::uint32_t& q)
template <class V>
struct primitives;

/// A type that math.hpp computes on.
template <class V>
concept lanes = requires { typename primitives<V>::integer; };

template <class V>
using integer_t = typename primitives<V>::integer;
template <class V>
using mask_t = typename primitives<V>::mask;

namespace detail {

/// Adding it to |x| < 2^22 rounds x to an integer, which then stands in the low bits of the sum.
inline constexpr float integer_magic = 0x1.8p23f;

/// primitives<V>::scale for machines without such an instruction, in two steps of n/2 each: the first product cannot leave
/// the normal range and is exact, the second rounds.
template <class V>
DSI_HD DSI_INLINE V scale_in_two_steps(V m, V n) {
  using p = primitives<V>;
  auto const i = p::bits(n + V(integer_magic));
  auto const first = p::template shift_left<23>(p::template shift_right<1>(i));
  auto const second = p::template shift_left<23>(i) - first;
  integer_t<V> const one(0x3f800000u);
  return m * p::from_bits(first + one) * p::from_bits(second + one);
}

// The C library's functions: builtins on the host, so that <cmath> need not be read; CUDA's own on the device.
#if defined(__CUDA_ARCH__)
DSI_INLINE __device__ float fma_of(float a, float b, float c) { return ::fmaf(a, b, c); }
DSI_INLINE __device__ float sqrt_of(float a) { return ::__fsqrt_rn(a); }
DSI_INLINE __device__ float floor_of(float a) { return ::floorf(a); }
DSI_INLINE __device__ float ceil_of(float a) { return ::ceilf(a); }
DSI_INLINE __device__ float trunc_of(float a) { return ::truncf(a); }
DSI_INLINE __device__ float round_even_of(float a) { return ::rintf(a); }
DSI_INLINE __device__ double fma_of(double a, double b, double c) { return ::fma(a, b, c); }
DSI_INLINE __device__ double sqrt_of(double a) { return ::sqrt(a); }
DSI_INLINE __device__ double floor_of(double a) { return ::floor(a); }
DSI_INLINE __device__ double ceil_of(double a) { return ::ceil(a); }
DSI_INLINE __device__ double trunc_of(double a) { return ::trunc(a); }
DSI_INLINE __device__ double round_even_of(double a) { return ::rint(a); }
#else
DSI_HD DSI_INLINE float fma_of(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DSI_HD DSI_INLINE float sqrt_of(float a) { return __builtin_sqrtf(a); }
DSI_HD DSI_INLINE float floor_of(float a) { return __builtin_floorf(a); }
DSI_HD DSI_INLINE float ceil_of(float a) { return __builtin_ceilf(a); }
DSI_HD DSI_INLINE float trunc_of(float a) { return __builtin_truncf(a); }
DSI_HD DSI_INLINE float round_even_of(float a) { return __builtin_rintf(a); }
DSI_HD DSI_INLINE double fma_of(double a, double b, double c) { return __builtin_fma(a, b, c); }
DSI_HD DSI_INLINE double sqrt_of(double a) { return __builtin_sqrt(a); }
DSI_HD DSI_INLINE double floor_of(double a) { return __builtin_floor(a); }
DSI_HD DSI_INLINE double ceil_of(double a) { return __builtin_ceil(a); }
DSI_HD DSI_INLINE double trunc_of(double a) { return __builtin_trunc(a); }
DSI_HD DSI_INLINE double round_even_of(double a) { return __builtin_rint(a); }
#endif

/// float and double differ only in their integer.
template <class T, class Integer, class Signed>
struct scalar_primitives {
  using integer = Integer;
  using mask = bool;
  static constexpr Integer sign_bit = Integer(1) << (8 * sizeof(T) - 1);

  DSI_HD static DSI_INLINE Integer bits(T v) { return __builtin_bit_cast(Integer, v); }
  DSI_HD static DSI_INLINE T from_bits(Integer i) { return __builtin_bit_cast(T, i); }
  DSI_HD static DSI_INLINE T to_float(Integer i) { return static_cast<T>(static_cast<Signed>(i)); }
  template <int N>
  DSI_HD static DSI_INLINE Integer shift_left(Integer i) { return i << N; }
  template <int N>
  DSI_HD static DSI_INLINE Integer shift_right(Integer i) { return i >> N; }
  template <int N>
  DSI_HD static DSI_INLINE Integer shift_right_signed(Integer i) { return static_cast<Integer>(static_cast<Signed>(i) >> N); }
  DSI_HD static DSI_INLINE bool test(Integer i, Integer j) { return (i & j) != 0; }
  DSI_HD static DSI_INLINE bool any(bool m) { return m; }
  DSI_HD static DSI_INLINE bool all(bool m) { return m; }

  DSI_HD static DSI_INLINE T fma(T a, T b, T c) { return fma_of(a, b, c); }
  DSI_HD static DSI_INLINE T sqrt(T a) { return sqrt_of(a); }
  DSI_HD static DSI_INLINE T floor(T a) { return floor_of(a); }
  DSI_HD static DSI_INLINE T ceil(T a) { return ceil_of(a); }
  DSI_HD static DSI_INLINE T trunc(T a) { return trunc_of(a); }
  DSI_HD static DSI_INLINE T round_even(T a) { return round_even_of(a); }
  DSI_HD static DSI_INLINE T abs(T a) { return from_bits(bits(a) & ~sign_bit); }
  DSI_HD static DSI_INLINE T copysign(T magnitude, T sign) {
    return from_bits((bits(magnitude) & ~sign_bit) | (bits(sign) & sign_bit));
  }
  DSI_HD static DSI_INLINE T pick_greater(T a, T b) { return a > b ? a : b; }
  DSI_HD static DSI_INLINE T pick_less(T a, T b) { return a < b ? a : b; }
  DSI_HD static DSI_INLINE T max(T a, T b) {
    if (!(a == a) || !(b == b)) return a + b;
    return a == b ? from_bits(bits(a) & bits(b)) : pick_greater(a, b);  // equal with different bits: the zeros
  }
  DSI_HD static DSI_INLINE T min(T a, T b) {
    if (!(a == a) || !(b == b)) return a + b;
    return a == b ? from_bits(bits(a) | bits(b)) : pick_less(a, b);
  }
  DSI_HD static DSI_INLINE T select(bool m, T a, T b) { return m ? a : b; }
  DSI_HD static DSI_INLINE Integer select(bool m, Integer a, Integer b) { return m ? a : b; }
};

}  // namespace detail

template <>
struct primitives<float> : detail::scalar_primitives<float, std::uint32_t, std::int32_t> {
  DSI_HD static DSI_INLINE float scale(float m, float n) { return detail::scale_in_two_steps<float>(m, n); }
  template <class F>
  DSI_HD static DSI_INLINE void repair(bool m, float x, float& r, std::uint32_t& q, F f) {
    if (m) f(x, r, q);
  }
};

/// double computes with the C library: it is what the others are measured against.
template <>
struct primitives<double> : detail::scalar_primitives<double, std::uint64_t, std::int64_t> {};

}  // namespace DSI_NAMESPACE::math

// SPDX-License-Identifier: MIT
// Tangent, the inverse trigonometric functions, and the hyperbolic ones with their inverses; what math.hpp says holds here.
#pragma once

#include <dsi/numeric/math.hpp>

namespace DSI_NAMESPACE::math {

namespace detail {

/// e^x / 2 for x in [-104, 90], infinity only where that overflows.
template <class V>
DSI_HD DSI_INLINE V half_exp(V x) {
  using p = primitives<V>;
  constexpr float c[] = {1.f,          1.f,          0x1.fffffcp-2f, 0x1.555492p-3f,
                         0x1.5558b0p-5f, 0x1.12398ep-7f, 0x1.6a4d60p-10f};
  V const n = p::fma(x, V(log2_e), V(integer_magic)) - V(integer_magic);
  V const r = p::fma(n, V(-ln2_low), p::fma(n, V(-ln2_high), x));
  return p::scale(polynomial(r, c), n - V(1.f));
}

/// log(1 + y) for y >= 0, as log u with u = 1 + y rounded, and what the rounding took; log y for y > 2^24, where 1 is nothing.
/// Adds `more` to it.
template <class V>
DSI_HD DSI_INLINE V log1p_of(V y, V more) {
  using p = primitives<V>;
  V const u = V(1.f) + y;
  V const lost = (y - (u - V(1.f))) / u;
  return math::log(u) + (p::select(y > V(0x1p24f), V(0.f), lost) + more);
}

/// arcsin x - x for |x| <= 1/2; error 2^-27.4 relative to arcsin x.
template <class V>
DSI_HD DSI_INLINE V arcsine_tail(V x) {
  constexpr float c[] = {0x1.5555c8p-3f, 0x1.3301e4p-4f, 0x1.747e4cp-5f, 0x1.8c282ep-6f, 0x1.596d36p-5f};
  V const t = x * x;
  return (x * t) * polynomial(t, c);
}

inline constexpr float half_pi_high = 0x1.921fb6p+0f, half_pi_low = -0x1.777a5cp-25f;

}  // namespace detail

/// Tangent of x in radians. Error <= 3.5 ulp for every x; lanes with |x| >= 2^15 are slow. NaN for infinities, tan(+-0) is +-0.
template <lanes V>
DSI_HD DSI_INLINE V tan(V x) { return detail::sine<0>(x) / detail::sine<1>(x); }

/// Arc sine. Error <= 2 ulp, odd to the bit; NaN outside [-1, 1].
template <lanes V>
DSI_HD DSI_INLINE V asin(V x) {
  using p = primitives<V>;
  V const a = p::abs(x);
  mask_t<V> const inner = a <= V(0.5f);
  // Beyond 1/2: arcsin a = pi/2 - 2 arcsin s, s = sqrt((1 - a) / 2); 1 - a is exact there.
  V const s = p::select(inner, a, p::sqrt((V(1.f) - a) * V(0.5f)));
  V const tail = detail::arcsine_tail(s);
  V const outer = V(detail::half_pi_high) - (p::fma(V(2.f), tail, V(-detail::half_pi_low)) + (s + s));
  return p::copysign(p::select(inner, s + tail, outer), x);
}

/// Arc cosine. Error <= 2 ulp; acos(1) is +0; NaN outside [-1, 1].
template <lanes V>
DSI_HD DSI_INLINE V acos(V x) {
  using p = primitives<V>;
  V const a = p::abs(x);
  mask_t<V> const inner = a <= V(0.5f);
  V const s = p::select(inner, x, p::sqrt((V(1.f) - a) * V(0.5f)));
  V const tail = detail::arcsine_tail(s);
  V const middle = V(detail::half_pi_high) - (s + (tail - V(detail::half_pi_low)));
  V const near_one = p::fma(V(2.f), tail, s + s);
  V const near_minus_one = V(2 * detail::half_pi_high) - (near_one - V(2 * detail::half_pi_low));
  return p::select(inner, middle, p::select(x < V(0.f), near_minus_one, near_one));
}

/// Arc tangent. Error <= 2 ulp, odd to the bit; atan(+-inf) is +-pi/2.
template <lanes V>
DSI_HD DSI_INLINE V atan(V x) {
  using p = primitives<V>;
  // (atan(z)/z - 1)/z^2 in z^2 on |z| <= tan(pi/8), error 2^-28.4
  constexpr float c[] = {-0x1.55554ap-2f, 0x1.999196p-3f, -0x1.23b514p-3f, 0x1.b1eb44p-4f, -0x1.f1e8a6p-5f};
  V const a = p::abs(x);
  mask_t<V> const high = a > V(0x1.3504f4p+1f), middle = a > V(0x1.a8279ap-2f);  // tan(3 pi/8), tan(pi/8)
  // atan a = pi/2 + atan(-1 / a) = pi/4 + atan((a - 1) / (a + 1))
  V const top = p::select(high, V(-1.f), p::select(middle, a - V(1.f), a));
  V const bottom = p::select(high, a, p::select(middle, a + V(1.f), V(1.f)));
  V const z = top / bottom;
  V const t = z * z;
  V const base = p::select(high, V(detail::half_pi_high), p::select(middle, V(detail::half_pi_high / 2), V(0.f)));
  V const base_low = p::select(high, V(detail::half_pi_low), p::select(middle, V(detail::half_pi_low / 2), V(0.f)));
  V const y = base + (z + p::fma(z * t, detail::polynomial(t, c), base_low));
  return p::copysign(y, x);
}

/// Hyperbolic sine. Error <= 2 ulp, odd to the bit; overflows to infinity above 89.41.
template <lanes V>
DSI_HD DSI_INLINE V sinh(V x) {
  using p = primitives<V>;
  // (sinh(x)/x - 1)/x^2 in x^2 on |x| <= 1, error 2^-27.5
  constexpr float c[] = {0x1.555556p-3f, 0x1.111134p-7f, 0x1.9ffe92p-13f, 0x1.7a15b6p-19f};
  V const a = p::abs(x);
  V const t = a * a;
  V const inner = p::fma(a * t, detail::polynomial(t, c), a);
  V const e = detail::half_exp(p::pick_less(V(90.f), a));
  return p::copysign(p::select(a < V(1.f), inner, e - V(0.25f) / e), x);
}

/// Hyperbolic cosine. Error <= 2 ulp; overflows to infinity above 89.41.
template <lanes V>
DSI_HD DSI_INLINE V cosh(V x) {
  using p = primitives<V>;
  V const e = detail::half_exp(p::pick_less(V(90.f), p::abs(x)));
  return e + V(0.25f) / e;
}

/// Inverse hyperbolic sine. Error <= 3 ulp, odd to the bit.
template <lanes V>
DSI_HD DSI_INLINE V asinh(V x) {
  using p = primitives<V>;
  V const a = p::abs(x);
  // log(a + sqrt(a^2 + 1)), written so that nothing cancels; log 2a where 1 is nothing beside a
  mask_t<V> const large = a > V(0x1p25f);
  V const t = p::select(large, V(0.f), a * a);
  V const y = a + t / (V(1.f) + p::sqrt(V(1.f) + t));
  return p::copysign(detail::log1p_of(y, p::select(large, V(detail::ln2_high), V(0.f))), x);
}

/// Inverse hyperbolic cosine. Error <= 3 ulp; NaN below 1.
template <lanes V>
DSI_HD DSI_INLINE V acosh(V x) {
  using p = primitives<V>;
  mask_t<V> const large = x > V(0x1p25f);
  V const t = x - V(1.f);
  V const y = p::select(large, x, t + p::sqrt(t * p::select(large, V(0.f), x + V(1.f))));
  return p::select(x < V(1.f), V(__builtin_nanf("")), detail::log1p_of(y, p::select(large, V(detail::ln2_high), V(0.f))));
}

/// Inverse hyperbolic tangent. Error <= 3 ulp, odd to the bit; atanh(+-1) is +-inf; NaN outside.
template <lanes V>
DSI_HD DSI_INLINE V atanh(V x) {
  using p = primitives<V>;
  V const a = p::abs(x);
  V const y = (a + a) / (V(1.f) - a);
  return p::copysign(V(0.5f) * detail::log1p_of(y, V(0.f)), x);
}

// ---- double: the C library ----------------------------------------------------------------------------------------

#if defined(__CUDA_ARCH__)
#define DSI_X(Name) \
  DSI_INLINE __device__ double Name(double x) { return ::Name(x); }
#else
#define DSI_X(Name) \
  DSI_HD DSI_INLINE double Name(double x) { return __builtin_##Name(x); }
#endif
DSI_X(tan)
DSI_X(asin)
DSI_X(acos)
DSI_X(atan)
DSI_X(sinh)
DSI_X(cosh)
DSI_X(asinh)
DSI_X(acosh)
DSI_X(atanh)
#undef DSI_X

}  // namespace DSI_NAMESPACE::math

// SPDX-License-Identifier: MIT
// The closed vocabulary of scalar functions, written once for float and for every vector of floats.
#pragma once

#include <type_traits>

#include <dsi/numeric/primitives.hpp>

/// Every function takes V = float, double, or a vector type that specializes math::primitives.
/// Same bits: float and all vectors of floats go through one template over operations that are exact or rounded once, so
/// they agree bit for bit on every instruction set (a NaN's sign and payload excepted). A compiler may replace a product and a sum
/// by one operation that rounds once (contraction): g++ does so by default where the flags allow fma, in C++ with -std=c++20 too
/// and through intrinsics; clang within one expression. So here every sum of a product is an explicit fma, but for pow's products
/// in two floats, which g++ leaves alone because they are used otherwise as well. What callers add to a result of mul or of
/// an operator is theirs: the same bits everywhere want -ffp-contract=off, which dsi_add_model sets for its units.
/// The error bounds hold without that flag, too: tests/numeric/contraction.cpp measures them so.
/// double calls the C library: it is the reference, not fast.
/// ulp bounds are over all 2^32 floats against double (pow: over samples), measured by tests/numeric/math_test.cpp; one ulp
/// is the distance of the floats beside the exact result, subnormal ones included.
/// Cycles per vector, Zen 4, g++ 12 -O2, from and to L1 (AVX-512, 16 floats / AVX2, 8 floats / SSE, 4 floats with fma in
/// software): exp 10 / 9 / 310, tanh 14 / 10 / 270, sigmoid 15 / 13 / 310, log 20 / 13 / 370, erf 23 / 15 / 620, sin and cos
/// 19 / 11 / 390.
/// NaN in gives NaN out, pow's two exceptions apart. Rounding mode to nearest, subnormals on (no FTZ, no DAZ).
namespace DSI_NAMESPACE::math {

/// A constant in V's precision: double keeps all of it, float and vectors of floats round it.
template <lanes V>
DSI_HD DSI_INLINE constexpr V constant_of(double value) {
  if constexpr (std::is_same_v<V, double>) return value;
  else return V(static_cast<float>(value));
}

// ---- exact functions -----------------------------------------------------------------------------------------------

/// a*b + c, rounded once.
template <lanes V>
DSI_HD DSI_INLINE V fma(V a, V b, V c) { return primitives<V>::fma(a, b, c); }
/// |x|; abs(-0) is +0.
template <lanes V>
DSI_HD DSI_INLINE V abs(V x) { return primitives<V>::abs(x); }
template <lanes V>
DSI_HD DSI_INLINE V copysign(V magnitude, V sign) { return primitives<V>::copysign(magnitude, sign); }
/// Correctly rounded; NaN below -0, sqrt(-0) is -0.
template <lanes V>
DSI_HD DSI_INLINE V sqrt(V x) { return primitives<V>::sqrt(x); }
/// The four keep -0, infinities and NaN; a zero result has x's sign.
template <lanes V>
DSI_HD DSI_INLINE V floor(V x) { return primitives<V>::floor(x); }
template <lanes V>
DSI_HD DSI_INLINE V ceil(V x) { return primitives<V>::ceil(x); }
template <lanes V>
DSI_HD DSI_INLINE V trunc(V x) { return primitives<V>::trunc(x); }
/// To the nearest integer, ties to even: ONNX Round.
template <lanes V>
DSI_HD DSI_INLINE V round_even(V x) { return primitives<V>::round_even(x); }
/// IEEE 754-2019 maximum and minimum: NaN if either argument is NaN; -0 < +0. (std::max loses NaNs.)
template <lanes V>
DSI_HD DSI_INLINE V max(V a, V b) { return primitives<V>::max(a, b); }
template <lanes V>
DSI_HD DSI_INLINE V min(V a, V b) { return primitives<V>::min(a, b); }
/// a > b ? a : b, so b when either is NaN: one instruction on x86. With the constant first it propagates x's NaN.
template <lanes V>
DSI_HD DSI_INLINE V pick_greater(V a, V b) { return primitives<V>::pick_greater(a, b); }
/// a < b ? a : b, so b when either is NaN.
template <lanes V>
DSI_HD DSI_INLINE V pick_less(V a, V b) { return primitives<V>::pick_less(a, b); }
/// max(x, 0) as ONNX means it: relu(NaN) is NaN, relu(-0) is -0.
template <lanes V>
DSI_HD DSI_INLINE V relu(V x) { return primitives<V>::pick_greater(V(0.f), x); }
/// x between low and high, neither of them NaN; NaN stays NaN.
template <lanes V>
DSI_HD DSI_INLINE V clamp(V x, V low, V high) {
  return primitives<V>::pick_less(high, primitives<V>::pick_greater(low, x));
}
/// m ? a : b, lane by lane. Conditions come from the operators < <= > >= == and is_nan, and combine with & | !.
template <lanes V>
DSI_HD DSI_INLINE V select(mask_t<V> m, V a, V b) { return primitives<V>::select(m, a, b); }
template <lanes V>
DSI_HD DSI_INLINE mask_t<V> is_nan(V x) { return !(x == x); }

// ---- rounded functions ---------------------------------------------------------------------------------------------

namespace detail {

inline constexpr float log2_e = 0x1.715476p+0f;
inline constexpr float ln2_high = 0x1.62e430p-1f;  // ln 2 = ln2_high + ln2_low, error 2^-56
inline constexpr float ln2_low = -0x1.05c610p-29f;

/// c[0] + c[1] x + ... by Horner's rule.
template <class V, int N>
DSI_HD DSI_INLINE V polynomial(V x, float const (&c)[N]) {
  V sum(c[N - 1]);
  DSI_UNROLL
  for (int i = N - 2; i >= 0; --i) sum = primitives<V>::fma(sum, x, V(c[i]));
  return sum;
}

/// 2^n for integral n in [-126, 127], from n + integer_magic.
template <class V>
DSI_HD DSI_INLINE V power_of_two(V shifted) {
  using p = primitives<V>;
  return p::from_bits(p::template shift_left<23>(p::bits(shifted)) + integer_t<V>(0x3f800000u));
}

/// v with the sign of s, for v >= +0 or NaN.
template <class V>
DSI_HD DSI_INLINE V with_sign_of(V v, V s) {
  using p = primitives<V>;
  return p::from_bits(p::bits(v) | (p::bits(s) & integer_t<V>(0x80000000u)));
}

/// e^x for x in [-104, 89]: x = n ln 2 + r, |r| <= ln2 / 2; minimax polynomial in r, relative error 2^-28.2.
template <class V>
DSI_HD DSI_INLINE V exp_bounded(V x) {
  using p = primitives<V>;
  constexpr float c[] = {1.f,          1.f,          0x1.fffffcp-2f, 0x1.555492p-3f,
                         0x1.5558b0p-5f, 0x1.12398ep-7f, 0x1.6a4d60p-10f};
  V const n = p::fma(x, V(log2_e), V(integer_magic)) - V(integer_magic);
  V const r = p::fma(n, V(-ln2_low), p::fma(n, V(-ln2_high), x));
  return p::scale(polynomial(r, c), n);
}

}  // namespace detail

/// e^x. Error <= 0.90 ulp. exp(+-0) is 1, exp(-inf) is 0, exp(+inf) is inf; underflow is gradual (0 below -103.98),
/// overflow to inf above 88.72.
template <lanes V>
DSI_HD DSI_INLINE V exp(V x) {
  return detail::exp_bounded(clamp(x, V(-104.f), V(89.f)));
}

/// Hyperbolic tangent. Error <= 2.54 ulp, odd to the bit, never beyond +-1; tanh(+-0) is +-0, tanh(+-inf) is +-1.
/// tanh a = m / (m + 2) with m = e^2a - 1, which for small a needs no branch: m is then r times a polynomial.
template <lanes V>
DSI_HD DSI_INLINE V tanh(V x) {
  using p = primitives<V>;
  // (e^2r - 1 - 2r) / r^2 on |r| <= ln2 / 4, error 2^-26.1 relative to e^2r - 1. One constant for ln2 / 2 is enough: its
  // error 2^-30.5 is multiplied by n e^-2a / (1 - e^-4a).
  constexpr float c[] = {0x1.fffffep+0f, 0x1.5554b4p+0f, 0x1.5556f2p-1f, 0x1.12254ap-2f, 0x1.6b9c68p-4f};
  V const a = p::pick_less(V(10.f), p::abs(x));  // tanh(10) rounds to 1
  V const shifted = p::fma(a, V(2 * detail::log2_e), V(detail::integer_magic));
  V const n = shifted - V(detail::integer_magic);
  V const r = p::fma(n, V(-detail::ln2_high / 2), a);
  V const s = detail::power_of_two(shifted);
  V const m = p::fma(s, p::fma(r, r * detail::polynomial(r, c), r + r), s - V(1.f));
  return detail::with_sign_of(m / (m + V(2.f)), x);
}

/// 1 / (1 + e^-x). Error <= 2.41 ulp also where the result is tiny or subnormal; sigmoid(-inf) is 0, sigmoid(inf) is 1.
template <lanes V>
DSI_HD DSI_INLINE V sigmoid(V x) {
  using p = primitives<V>;
  V const e = detail::exp_bounded(-p::pick_less(V(104.f), p::abs(x)));
  return p::select(x >= V(0.f), V(1.f), e) / (V(1.f) + e);
}

/// Natural logarithm. Error <= 0.94 ulp. log(+-0) is -inf, log(inf) is inf, log of a negative number is NaN.
template <lanes V>
DSI_HD DSI_INLINE V log(V x) {
  using p = primitives<V>;
  using i = integer_t<V>;
  // (log(1 + f) - f) / f^2 on |f| <= 1/3, error 2^-27.7 relative to log(1 + f)
  constexpr float c[] = {-0.5f,           0x1.555506p-2f, -0x1.fffef6p-3f, 0x1.99d05ep-3f, -0x1.559d04p-3f,
                         0x1.1ed3f2p-3f, -0x1.f32312p-4f, 0x1.1e75c0p-3f, -0x1.07e4a6p-3f};
  mask_t<V> const small = x < V(0x1p-126f);
  V const normal = p::select(small, x * V(0x1p23f), x);
  i const b = p::bits(normal);
  i const exponent = (b - i(0x3f2aaaabu)) & i(0xff800000u);  // 2^k, so that normal / 2^k is in [2/3, 4/3)
  V const f = p::from_bits(b - exponent) - V(1.f);
  V const k = p::fma(p::to_float(exponent), V(0x1p-23f), p::select(small, V(-23.f), V(0.f)));
  V const mantissa = p::fma(f * f, detail::polynomial(f, c), f);
  V const finite = p::fma(k, V(detail::ln2_high), mantissa);
  V const inf(__builtin_inff());
  V const other = p::select(x == V(0.f), -inf, p::select(x < V(0.f), V(__builtin_nanf("")), x));
  return p::select((x > V(0.f)) & (x < inf), finite, other);
}

/// Error function. Error <= 1.56 ulp, odd to the bit; erf(+-0) is +-0, erf(+-inf) is +-1.
template <lanes V>
DSI_HD DSI_INLINE V erf(V x) {
  using p = primitives<V>;
  // erf(x) / x - 1 in x^2 on |x| <= 0.84375, error 2^-27.3; log2(1 - erf(a)) on [0.84375, 4], error of erf 2^-28.9;
  // 2^r on |r| <= 1/2, error 2^-23.4, here multiplied by 1 - erf(a) < 0.233
  constexpr float near[] = {0x1.06eba8p-3f,  -0x1.812728p-2f, 0x1.ce25e8p-4f,
                            -0x1.b73f58p-6f, 0x1.4bbc48p-8f,  -0x1.4e3b52p-11f};
  constexpr float far[] = {-0x1.466974p-13f, -0x1.a09ee8p+0f, -0x1.d631acp-1f, -0x1.34beb0p-3f,
                           0x1.09f204p-5f,   -0x1.2659c6p-8f, 0x1.335650p-12f};
  constexpr float exp2[] = {1.f, 0x1.62e42ap-1f, 0x1.ebf9c0p-3f, 0x1.c6b6d8p-5f, 0x1.3ce984p-7f, 0x1.5bdb7cp-10f};
  V const a = p::abs(x);
  V const inner = p::fma(x, detail::polynomial(x * x, near), x);
  V const y = detail::polynomial(p::pick_less(V(4.f), a), far);  // erf(4) rounds to 1
  V const shifted = y + V(detail::integer_magic);
  V const r = y - (shifted - V(detail::integer_magic));
  V const outer = p::fma(-detail::power_of_two(shifted), detail::polynomial(r, exp2), V(1.f));
  return p::select(a < V(0.84375f), inner, detail::with_sign_of(outer, x));
}

namespace detail {

/// x mod pi/2 for one large |x|, exactly (Payne and Hanek): 96 bits of 2/pi, those whose product with x matters modulo 4.
struct reduce_large {
  DSI_HD void operator()(float x, float& r, std::uint32_t& quadrant) const {
    constexpr std::uint32_t two_over_pi[] = {0,          0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                                             0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u};
    std::uint32_t const b = __builtin_bit_cast(std::uint32_t, x);
    std::uint32_t const biased = (b >> 23) & 0xffu;
    if (biased == 255u) {
      r = x - x;  // infinity: NaN
      return;
    }
    std::uint64_t const significand = (b & 0x7fffffu) | 0x800000u;  // |x| = significand * 2^(biased - 150)
    std::uint32_t const first = biased - 120u;                       // bit of the table with weight 2^(151 - biased)
    std::uint32_t const* const word = two_over_pi + (first >> 5);
    std::uint32_t part[3];
    for (int k = 0; k < 3; ++k) {
      std::uint64_t const two = (static_cast<std::uint64_t>(word[k]) << 32) | word[k + 1];
      part[k] = static_cast<std::uint32_t>(two >> (32u - (first & 31u)));
    }
    std::uint64_t const product = ((significand * part[0]) << 32) + significand * part[1] + ((significand * part[2]) >> 32);
    std::uint64_t const q = (product + (1ull << 61)) >> 62;  // product is |x| * 2/pi modulo 4, times 2^62
    auto const rest = static_cast<std::int64_t>(product - (q << 62));
    auto const angle = static_cast<float>(static_cast<double>(rest) * 0x1.921fb54442d18p-62);
    r = (b >> 31) != 0 ? -angle : angle;
    quadrant = static_cast<std::uint32_t>((b >> 31) != 0 ? 0u - q : q);
  }
};

/// sin(x + Quarter * pi/2)
template <unsigned Quarter, class V>
DSI_HD DSI_INLINE V sine(V x) {
  using p = primitives<V>;
  using i = integer_t<V>;
  // (sin(r)/r - 1)/r^2 and (cos(r) - 1)/r^2 in r^2 on |r| <= pi/4, relative errors of sin and cos 2^-32.5 and 2^-33.0
  constexpr float s[] = {-0x1.555556p-3f, 0x1.111174p-7f, -0x1.a0595ep-13f, 0x1.7c3226p-19f};
  constexpr float c[] = {-0.5f, 0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f};
  V const shifted = p::fma(x, V(0x1.45f306p-1f), V(integer_magic));
  V const n = shifted - V(integer_magic);
  i quadrant = p::bits(shifted);
  V r = p::fma(n, V(-0x1.921fb4p+0f), x);  // pi/2 in three positive parts: so -0 stays -0
  r = p::fma(n, V(-0x1.4442d0p-24f), r);
  r = p::fma(n, V(-0x1.846988p-48f), r);
  mask_t<V> const large = p::abs(x) >= V(0x1p15f);
  if (p::any(large)) p::repair(large, x, r, quadrant, reduce_large{});
  quadrant = quadrant + i(Quarter);
  V const t = r * r;
  V const sin_r = p::copysign(p::fma(r * t, polynomial(t, s), r), r);  // copysign for -0
  V const cos_r = p::fma(t, polynomial(t, c), V(1.f));
  V const v = p::select(p::test(quadrant, i(1u)), cos_r, sin_r);
  return p::from_bits(p::bits(v) ^ p::template shift_left<30>(quadrant & i(2u)));
}

}  // namespace detail

/// Sine of x in radians. Error <= 1.5 ulp for every x; lanes with |x| >= 2^15 are slow. NaN for infinities, sin(+-0) is +-0.
template <lanes V>
DSI_HD DSI_INLINE V sin(V x) { return detail::sine<0>(x); }
/// Cosine of x in radians. Error <= 1.5 ulp for every x; lanes with |x| >= 2^15 are slow. NaN for infinities.
template <lanes V>
DSI_HD DSI_INLINE V cos(V x) { return detail::sine<1>(x); }

namespace detail {

/// a^y for normal or subnormal a > 0, as 2^(y log2 a) with log2 a held in two floats (error about 2^-34).
template <class V>
DSI_HD DSI_INLINE V power(V a, V y) {
  using p = primitives<V>;
  using i = integer_t<V>;
  constexpr float third_high = 0x1.555556p-2f, third_low = -0x1.555556p-27f;
  constexpr float scale_high = 0x1.715476p+1f, scale_low = 0x1.4ae0c0p-25f;  // 2 / ln 2
  constexpr float tail[] = {0x1.999996p-3f, 0x1.249500p-3f, 0x1.c5bfccp-4f, 0x1.97eab8p-4f};  // atanh, error 2^-41
  constexpr float exp2[] = {1.f,           0x1.62e430p-1f,  0x1.ebfbdcp-3f, 0x1.c6af76p-5f,
                            0x1.3b2ddep-7f, 0x1.5f0c90p-10f, 0x1.4172aep-13f};  // 2^r on |r| <= 0.503, error 2^-28.3
  mask_t<V> const small = a < V(0x1p-126f);
  V const normal = p::select(small, a * V(0x1p23f), a);
  i const b = p::bits(normal);
  i const exponent = (b - i(0x3f2aaaabu)) & i(0xff800000u);
  V const m = p::from_bits(b - exponent);
  V const k = p::fma(p::to_float(exponent), V(0x1p-23f), p::select(small, V(-23.f), V(0.f)));
  // log m = 2 atanh q, q = (m - 1) / (m + 1); the quotient's remainder gives its low part
  V const top = m - V(1.f);
  V const bottom = m + V(1.f);
  V const bottom_low = m - (bottom - V(1.f));
  V const q = top / bottom;
  V const q_low = p::fma(-q, bottom_low, p::fma(-q, bottom, top)) / bottom;
  V const u = q * q;
  V const u_low = p::fma(q + q, q_low, p::fma(q, q, -u));
  // w = u (1/3 + u tail(u)), atanh q = q + q w
  V const tail_u = polynomial(u, tail);
  V const t = p::fma(u, tail_u, V(third_high));
  V const t_low = p::fma(u, tail_u, V(third_high) - t) + V(third_low);
  V const w = u * t;
  V const w_low = p::fma(u, t_low, p::fma(u_low, t, p::fma(u, t, -w)));
  V const v = q * w;
  V const v_low = p::fma(q, w_low, p::fma(q_low, w, p::fma(q, w, -v)));
  V const s = q + v;
  V const s_low = (q - s) + v + (v_low + q_low);
  V const l = s * V(scale_high);
  V const l_low = p::fma(s, V(scale_low), p::fma(s_low, V(scale_high), p::fma(s, V(scale_high), -l)));
  V const log2 = k + l;
  V const log2_low = (k - log2) + l + l_low;
  V const e = y * log2;
  V const e_low = p::fma(y, log2_low, p::fma(y, log2, -e));
  V const bounded = clamp(e, V(-160.f), V(160.f));
  V const n = (bounded + V(integer_magic)) - V(integer_magic);
  V const r = (bounded - n) + p::select(bounded == e, e_low, V(0.f));
  return p::scale(polynomial(r, exp2), n);
}

}  // namespace detail

/// x^y with C's special cases: pow(x, 0) and pow(1, y) are 1 even for NaN; a negative x needs an integral y, else NaN.
/// Error <= 2 ulp; gradual underflow.
template <lanes V>
DSI_HD DSI_INLINE V pow(V x, V y) {
  using p = primitives<V>;
  V const zero(0.f), one(1.f), inf(__builtin_inff());
  V const a = p::abs(x);
  V const half_y = y * V(0.5f);
  mask_t<V> const integral = p::trunc(y) == y;
  mask_t<V> const odd = integral & !(p::trunc(half_y) == half_y);
  mask_t<V> const negative = x < zero, finite = a < inf, unit = a == one, y_infinite = p::abs(y) == inf;
  mask_t<V> const grows = a > one, shrinks = a < one, up = y > zero, down = y < zero;
  mask_t<V> const a_is_end = (a == zero) | !finite, x_nan = is_nan(x), y_nan = is_nan(y), x_one = x == one, y_zero = y == zero;
  V result = detail::power(a, y);
  V const at_end = p::select((grows & up) | (shrinks & down), inf, zero);  // |x| is 0 or inf, or y inf
  result = p::select(a_is_end | y_infinite, at_end, result);
  result = p::select(negative & finite & !integral, V(__builtin_nanf("")), result);
  result = p::select(odd, detail::with_sign_of(result, x), result);
  result = p::select(x_nan | y_nan, x + y, result);
  return p::select(x_one | y_zero | (unit & y_infinite), one, result);
}

// ---- double: the C library ----------------------------------------------------------------------------------------

#if defined(__CUDA_ARCH__)
DSI_INLINE __device__ double exp(double x) { return ::exp(x); }
DSI_INLINE __device__ double tanh(double x) { return ::tanh(x); }
DSI_INLINE __device__ double log(double x) { return ::log(x); }
DSI_INLINE __device__ double erf(double x) { return ::erf(x); }
DSI_INLINE __device__ double erfc(double x) { return ::erfc(x); }
DSI_INLINE __device__ double sin(double x) { return ::sin(x); }
DSI_INLINE __device__ double cos(double x) { return ::cos(x); }
DSI_INLINE __device__ double pow(double x, double y) { return ::pow(x, y); }
#else
DSI_HD DSI_INLINE double exp(double x) { return __builtin_exp(x); }
DSI_HD DSI_INLINE double tanh(double x) { return __builtin_tanh(x); }
DSI_HD DSI_INLINE double log(double x) { return __builtin_log(x); }
DSI_HD DSI_INLINE double erf(double x) { return __builtin_erf(x); }
DSI_HD DSI_INLINE double erfc(double x) { return __builtin_erfc(x); }  // 1 - erf(x) without its cancellation
DSI_HD DSI_INLINE double sin(double x) { return __builtin_sin(x); }
DSI_HD DSI_INLINE double cos(double x) { return __builtin_cos(x); }
DSI_HD DSI_INLINE double pow(double x, double y) { return __builtin_pow(x, y); }
#endif
DSI_HD DSI_INLINE double sigmoid(double x) {
  double const e = exp(-primitives<double>::abs(x));
  return (x >= 0 ? 1.0 : e) / (1.0 + e);
}

}  // namespace DSI_NAMESPACE::math

// SPDX-License-Identifier: MIT
// Register operations of 128-bit x86 vectors: SSE2 alone, and with SSE4.1 for x86-64-v2.
#pragma once

#include <cstring>

#include <dsi/backend/simd/xsimd_compat.hpp>
#include <dsi/numeric/half.hpp>

#if defined(__SSE2__)
namespace DSI_NAMESPACE::simd::detail {

/// f holds 4 floats, i 4 integers, m all ones or all zeros per lane.
template <bool Sse41>
struct sse_ops {
  using f = __m128;
  using i = __m128i;
  using m = __m128;
  static constexpr bool narrow_partial = false;

  static DSI_INLINE i bits(f a) { return _mm_castps_si128(a); }
  static DSI_INLINE f from_bits(i a) { return _mm_castsi128_ps(a); }
  static DSI_INLINE f to_float(i a) { return _mm_cvtepi32_ps(a); }
  static DSI_INLINE i to_int(f a) { return _mm_cvtps_epi32(a); }
  static DSI_INLINE m equal(i a, i b) { return from_bits(_mm_cmpeq_epi32(a, b)); }
  static DSI_INLINE m greater(i a, i b) { return from_bits(_mm_cmpgt_epi32(a, b)); }
  static DSI_INLINE m test(i a, i b) {
    i const none = _mm_cmpeq_epi32(_mm_and_si128(a, b), _mm_setzero_si128());
    return from_bits(_mm_cmpeq_epi32(none, _mm_setzero_si128()));
  }
  static DSI_INLINE unsigned mask_bits(m a) { return static_cast<unsigned>(_mm_movemask_ps(a)); }
  static DSI_INLINE i select(m c, i a, i b) { return bits(blend(c, from_bits(a), from_bits(b))); }
  static DSI_INLINE f div(f a, f b) { return _mm_div_ps(a, b); }
  static DSI_INLINE f sqrt(f a) { return _mm_sqrt_ps(a); }
  template <int N>
  static DSI_INLINE i shift_left(i a) { return _mm_slli_epi32(a, N); }
  template <int N>
  static DSI_INLINE i shift_right(i a) { return _mm_srli_epi32(a, N); }
  template <int N>
  static DSI_INLINE i shift_right_signed(i a) { return _mm_srai_epi32(a, N); }

  /// a*b + c with one rounding although there is no such instruction: the product is exact in double, the sum is rounded
  /// to odd there, and rounding that to float is then correct (Boldo and Melquiond, IEEE TC 57(4), 2008).
  static DSI_INLINE f fma(f a, f b, f c) {
    __m128 const low = _mm_cvtpd_ps(fma_to_odd(_mm_cvtps_pd(a), _mm_cvtps_pd(b), _mm_cvtps_pd(c)));
    __m128 const high = _mm_cvtpd_ps(fma_to_odd(upper(a), upper(b), upper(c)));
    return _mm_movelh_ps(low, high);
  }
  static DSI_INLINE f fnma(f a, f b, f c) { return fma(_mm_xor_ps(a, _mm_set1_ps(-0.f)), b, c); }

  static DSI_INLINE f trunc(f a) {
    if constexpr (Sse41) return _mm_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    else return integral_or(a, _mm_cvtepi32_ps(_mm_cvttps_epi32(a)));
  }
  static DSI_INLINE f round_even(f a) {
    if constexpr (Sse41) return _mm_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    else return integral_or(a, _mm_cvtepi32_ps(_mm_cvtps_epi32(a)));
  }
  static DSI_INLINE f floor(f a) {
    if constexpr (Sse41) return _mm_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    f const t = _mm_cvtepi32_ps(_mm_cvttps_epi32(a));
    return integral_or(a, _mm_sub_ps(t, _mm_and_ps(_mm_cmpgt_ps(t, a), _mm_set1_ps(1.f))));
  }
  static DSI_INLINE f ceil(f a) {
    if constexpr (Sse41) return _mm_round_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
    f const t = _mm_cvtepi32_ps(_mm_cvttps_epi32(a));
    return integral_or(a, _mm_add_ps(t, _mm_and_ps(_mm_cmplt_ps(t, a), _mm_set1_ps(1.f))));
  }

  static DSI_INLINE f pick_greater(f a, f b) { return _mm_max_ps(a, b); }
  static DSI_INLINE f pick_less(f a, f b) { return _mm_min_ps(a, b); }
  static DSI_INLINE f max(f a, f b) {  // equal arguments with different bits are zeros: and gives +0, or gives -0
    return sum_if_nan(a, b, _mm_and_ps(_mm_max_ps(a, b), _mm_max_ps(b, a)));
  }
  static DSI_INLINE f min(f a, f b) { return sum_if_nan(a, b, _mm_or_ps(_mm_min_ps(a, b), _mm_min_ps(b, a))); }

  static DSI_INLINE f load_n(float const* p, index n) { return from_bits(load_words(p, n)); }
  static DSI_INLINE i load_n(std::int32_t const* p, index n) { return load_words(p, n); }
  static DSI_INLINE void store_n(float* p, index n, f a) { store_words(p, n, bits(a)); }
  static DSI_INLINE void store_n(std::int32_t* p, index n, i a) { store_words(p, n, a); }

  static DSI_INLINE f load(half const* p) {
    return _mm_set_ps(static_cast<float>(p[3]), static_cast<float>(p[2]), static_cast<float>(p[1]),
                      static_cast<float>(p[0]));
  }
  static DSI_INLINE void store(half* p, f a) {
    alignas(16) float lane[4];
    _mm_store_ps(lane, a);
    for (int k = 0; k < 4; ++k) p[k] = half(lane[k]);
  }
  static DSI_INLINE f load(bfloat16 const* p) {
    return from_bits(_mm_unpacklo_epi16(_mm_setzero_si128(), _mm_loadl_epi64(reinterpret_cast<i const*>(p))));
  }
  static DSI_INLINE void store(bfloat16* p, f a) {
    i const u = bits(a);
    i const odd = _mm_and_si128(_mm_srli_epi32(u, 16), _mm_set1_epi32(1));
    i const rounded = _mm_add_epi32(u, _mm_add_epi32(_mm_set1_epi32(0x7fff), odd));
    i const quiet = _mm_or_si128(u, _mm_set1_epi32(0x400000));
    i const upper_half = _mm_srai_epi32(select(_mm_cmpunord_ps(a, a), quiet, rounded), 16);  // signed, as packs wants it
    _mm_storel_epi64(reinterpret_cast<i*>(p), _mm_packs_epi32(upper_half, upper_half));
  }
  static DSI_INLINE i load(std::uint8_t const* p) {
    i const zero = _mm_setzero_si128();
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(load_word(p), zero), zero);
  }
  static DSI_INLINE i load(std::int8_t const* p) {
    i const b = load_word(p);
    i const w = _mm_unpacklo_epi8(b, b);
    return _mm_srai_epi32(_mm_unpacklo_epi16(w, w), 24);
  }
  static DSI_INLINE void store(std::uint8_t* p, i a) {
    i const w = _mm_packs_epi32(a, a);
    store_word(p, _mm_packus_epi16(w, w));
  }
  static DSI_INLINE void store(std::int8_t* p, i a) {
    i const w = _mm_packs_epi32(a, a);
    store_word(p, _mm_packs_epi16(w, w));
  }

  /// Products of even and of odd bytes in 16-bit lanes: pmaddwd is exact where pmaddubsw would saturate.
  static DSI_INLINE i dot4(i acc, i u, i s) {
    i const even = _mm_madd_epi16(_mm_and_si128(u, _mm_set1_epi16(0xff)), _mm_srai_epi16(_mm_slli_epi16(s, 8), 8));
    i const odd = _mm_madd_epi16(_mm_srli_epi16(u, 8), _mm_srai_epi16(s, 8));
    return _mm_add_epi32(acc, _mm_add_epi32(even, odd));
  }

  template <class Add>
  static DSI_INLINE float reduce(f a, Add add) {
    f const two = add(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(add(two, _mm_shuffle_ps(two, two, 1)));
  }

 private:
  static DSI_INLINE f blend(m c, f a, f b) {
    if constexpr (Sse41) return _mm_blendv_ps(b, a, c);
    else return _mm_or_ps(_mm_and_ps(c, a), _mm_andnot_ps(c, b));
  }
  static DSI_INLINE f sum_if_nan(f a, f b, f otherwise) {
    return blend(_mm_cmpunord_ps(a, b), _mm_add_ps(a, b), otherwise);
  }
  /// The rounded value with a's sign where |a| < 2^23; a itself where it has no fraction, and NaN.
  static DSI_INLINE f integral_or(f a, f rounded) {
    f const sign = _mm_and_ps(a, _mm_set1_ps(-0.f));
    return blend(_mm_cmplt_ps(_mm_xor_ps(a, sign), _mm_set1_ps(0x1p23f)), _mm_or_ps(rounded, sign), a);
  }
  static DSI_INLINE __m128d upper(f a) { return _mm_cvtps_pd(_mm_movehl_ps(a, a)); }
  static DSI_INLINE __m128d fma_to_odd(__m128d a, __m128d b, __m128d c) {
    __m128d const p = _mm_mul_pd(a, b);
    __m128d const s = _mm_add_pd(p, c);
    __m128d const c_part = _mm_sub_pd(s, p);
    __m128d const e = _mm_add_pd(_mm_sub_pd(p, _mm_sub_pd(s, c_part)), _mm_sub_pd(c, c_part));  // s + e = a*b + c exactly
    __m128d const zero = _mm_setzero_pd();
    __m128d const inexact = _mm_or_pd(_mm_cmplt_pd(e, zero), _mm_cmpgt_pd(e, zero));  // false for NaN: s is inf or NaN
    i const sb = _mm_castpd_si128(s);
    i const one = _mm_set_epi32(0, 1, 0, 1);
    i const even = _mm_sub_epi64(_mm_and_si128(sb, one), one);
    i const apart = _mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(e, s)), 63);  // 1 when the exact sum is nearer to zero
    i const step = _mm_sub_epi64(one, _mm_add_epi64(apart, apart));
    return _mm_castsi128_pd(_mm_add_epi64(sb, _mm_and_si128(step, _mm_and_si128(even, _mm_castpd_si128(inexact)))));
  }
  static DSI_INLINE i load_word(void const* p) {
    int word;
    std::memcpy(&word, p, 4);
    return _mm_cvtsi32_si128(word);
  }
  static DSI_INLINE void store_word(void* p, i a) {
    int const word = _mm_cvtsi128_si32(a);
    std::memcpy(p, &word, 4);
  }
  static DSI_INLINE i load_words(void const* p, index n) {
    if (n >= 4) return _mm_loadu_si128(static_cast<i const*>(p));
    if (n <= 0) return _mm_setzero_si128();
    if (n == 1) return load_word(p);
    i const two = _mm_loadl_epi64(static_cast<i const*>(p));
    return n == 2 ? two : _mm_unpacklo_epi64(two, load_word(static_cast<char const*>(p) + 8));
  }
  static DSI_INLINE void store_words(void* p, index n, i a) {
    if (n >= 4) return _mm_storeu_si128(static_cast<i*>(p), a);
    if (n == 1) return store_word(p, a);
    if (n <= 0) return;
    _mm_storel_epi64(static_cast<i*>(p), a);
    if (n == 3) store_word(static_cast<char*>(p) + 8, _mm_unpackhi_epi64(a, a));
  }
};

template <class Isa>
struct ops;
template <>
struct ops<isa::base> : sse_ops<false> {};
template <>
struct ops<isa::v2> : sse_ops<true> {};

}  // namespace DSI_NAMESPACE::simd::detail
#endif

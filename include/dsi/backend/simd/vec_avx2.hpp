// SPDX-License-Identifier: MIT
// Register operations of 256-bit x86 vectors: AVX2 with FMA and F16C (x86-64-v3).
#pragma once

#include <dsi/backend/simd/xsimd_compat.hpp>
#include <dsi/numeric/half.hpp>

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
namespace DSI_NAMESPACE::simd::detail {

/// f holds 8 floats, i 8 integers, m all ones or all zeros per lane.
struct avx2_ops {
  using f = __m256;
  using i = __m256i;
  using m = __m256;
  static constexpr bool narrow_partial = false;

  static DSI_INLINE i bits(f a) { return _mm256_castps_si256(a); }
  static DSI_INLINE f from_bits(i a) { return _mm256_castsi256_ps(a); }
  static DSI_INLINE f to_float(i a) { return _mm256_cvtepi32_ps(a); }
  static DSI_INLINE i to_int(f a) { return _mm256_cvtps_epi32(a); }
  static DSI_INLINE m equal(i a, i b) { return from_bits(_mm256_cmpeq_epi32(a, b)); }
  static DSI_INLINE m greater(i a, i b) { return from_bits(_mm256_cmpgt_epi32(a, b)); }
  static DSI_INLINE m test(i a, i b) {
    i const none = _mm256_cmpeq_epi32(_mm256_and_si256(a, b), _mm256_setzero_si256());
    return from_bits(_mm256_cmpeq_epi32(none, _mm256_setzero_si256()));
  }
  static DSI_INLINE unsigned mask_bits(m a) { return static_cast<unsigned>(_mm256_movemask_ps(a)); }
  /// Not _mm256_blendv_epi8: with AVX-512 flags g++ 12.2 drops the complement of its mask (~m and m give the same code).
  static DSI_INLINE i select(m c, i a, i b) { return bits(_mm256_blendv_ps(from_bits(b), from_bits(a), c)); }
  static DSI_INLINE f div(f a, f b) { return _mm256_div_ps(a, b); }
  static DSI_INLINE f sqrt(f a) { return _mm256_sqrt_ps(a); }
  template <int N>
  static DSI_INLINE i shift_left(i a) { return _mm256_slli_epi32(a, N); }
  template <int N>
  static DSI_INLINE i shift_right(i a) { return _mm256_srli_epi32(a, N); }
  template <int N>
  static DSI_INLINE i shift_right_signed(i a) { return _mm256_srai_epi32(a, N); }

  static DSI_INLINE f fma(f a, f b, f c) { return _mm256_fmadd_ps(a, b, c); }
  static DSI_INLINE f fnma(f a, f b, f c) { return _mm256_fnmadd_ps(a, b, c); }
  static DSI_INLINE f trunc(f a) { return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
  static DSI_INLINE f round_even(f a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static DSI_INLINE f floor(f a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
  static DSI_INLINE f ceil(f a) { return _mm256_round_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }

  static DSI_INLINE f pick_greater(f a, f b) { return _mm256_max_ps(a, b); }
  static DSI_INLINE f pick_less(f a, f b) { return _mm256_min_ps(a, b); }
  static DSI_INLINE f max(f a, f b) {  // equal arguments with different bits are zeros: and gives +0, or gives -0
    return sum_if_nan(a, b, _mm256_and_ps(_mm256_max_ps(a, b), _mm256_max_ps(b, a)));
  }
  static DSI_INLINE f min(f a, f b) {
    return sum_if_nan(a, b, _mm256_or_ps(_mm256_min_ps(a, b), _mm256_min_ps(b, a)));
  }

  static DSI_INLINE f load_n(float const* p, index n) { return _mm256_maskload_ps(p, first(n)); }
  static DSI_INLINE i load_n(std::int32_t const* p, index n) { return _mm256_maskload_epi32(p, first(n)); }
  static DSI_INLINE void store_n(float* p, index n, f a) { _mm256_maskstore_ps(p, first(n), a); }
  static DSI_INLINE void store_n(std::int32_t* p, index n, i a) { _mm256_maskstore_epi32(p, first(n), a); }

  static DSI_INLINE f load(half const* p) { return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p))); }
  static DSI_INLINE void store(half* p, f a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
  }
  static DSI_INLINE f load(bfloat16 const* p) {
    i const wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)));
    return from_bits(_mm256_slli_epi32(wide, 16));
  }
  static DSI_INLINE void store(bfloat16* p, f a) {
    i const u = bits(a);
    i const odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
    i const rounded = _mm256_add_epi32(u, _mm256_add_epi32(_mm256_set1_epi32(0x7fff), odd));
    i const quiet = _mm256_or_si256(u, _mm256_set1_epi32(0x400000));
    i const upper = _mm256_srli_epi32(select(_mm256_cmp_ps(a, a, _CMP_UNORD_Q), quiet, rounded), 16);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(low_half(upper), high_half(upper)));
  }
  static DSI_INLINE i load(std::uint8_t const* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(p)));
  }
  static DSI_INLINE i load(std::int8_t const* p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(p)));
  }
  static DSI_INLINE void store(std::uint8_t* p, i a) {
    __m128i const w = _mm_packs_epi32(low_half(a), high_half(a));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(w, w));
  }
  static DSI_INLINE void store(std::int8_t* p, i a) {
    __m128i const w = _mm_packs_epi32(low_half(a), high_half(a));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(w, w));
  }

  /// Products of even and of odd bytes in 16-bit lanes: vpmaddwd is exact where vpmaddubsw would saturate.
  static DSI_INLINE i dot4(i acc, i u, i s) {
    i const even =
        _mm256_madd_epi16(_mm256_and_si256(u, _mm256_set1_epi16(0xff)), _mm256_srai_epi16(_mm256_slli_epi16(s, 8), 8));
    i const odd = _mm256_madd_epi16(_mm256_srli_epi16(u, 8), _mm256_srai_epi16(s, 8));
    return _mm256_add_epi32(acc, _mm256_add_epi32(even, odd));
  }

  template <class Add>
  static DSI_INLINE float reduce(f a, Add add) {
    f const four = add(a, _mm256_permute2f128_ps(a, a, 1));
    f const two = add(four, _mm256_permute_ps(four, 0b01001110));
    return _mm256_cvtss_f32(add(two, _mm256_permute_ps(two, 0b10110001)));
  }

 private:
  static DSI_INLINE f sum_if_nan(f a, f b, f otherwise) {
    return _mm256_blendv_ps(otherwise, _mm256_add_ps(a, b), _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
  }
  static DSI_INLINE i first(index n) {
    int const count = n > 8 ? 8 : static_cast<int>(n);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static DSI_INLINE __m128i low_half(i a) { return _mm256_castsi256_si128(a); }
  static DSI_INLINE __m128i high_half(i a) { return _mm256_extracti128_si256(a, 1); }
};

template <class Isa>
struct ops;
template <>
struct ops<isa::v3> : avx2_ops {};

}  // namespace DSI_NAMESPACE::simd::detail
#endif

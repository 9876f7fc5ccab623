// SPDX-License-Identifier: MIT
// Register operations of 512-bit x86 vectors (x86-64-v4), with VNNI where the instruction set has it.
#pragma once

#include <dsi/backend/simd/xsimd_compat.hpp>
#include <dsi/numeric/half.hpp>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
namespace DSI_NAMESPACE::simd::detail {

/// f holds 16 floats, i 16 integers, m one bit per lane.
struct avx512_ops {
  using f = __m512;
  using i = __m512i;
  using m = __mmask16;
  static constexpr bool narrow_partial = true;
  /// g++ 12 warns of an uninitialized value inside its own unmasked intrinsics; masked by a constant of ones they compile
  /// to the same instructions without a mask.
  static constexpr m every = 0xffff;

  static DSI_INLINE i bits(f a) { return _mm512_castps_si512(a); }
  static DSI_INLINE f from_bits(i a) { return _mm512_castsi512_ps(a); }
  static DSI_INLINE f to_float(i a) { return _mm512_maskz_cvtepi32_ps(every, a); }
  static DSI_INLINE i to_int(f a) { return _mm512_maskz_cvtps_epi32(every, a); }
  static DSI_INLINE m equal(i a, i b) { return _mm512_cmpeq_epi32_mask(a, b); }
  static DSI_INLINE m greater(i a, i b) { return _mm512_cmpgt_epi32_mask(a, b); }
  static DSI_INLINE m test(i a, i b) { return _mm512_test_epi32_mask(a, b); }
  static DSI_INLINE unsigned mask_bits(m a) { return a; }
  static DSI_INLINE i select(m c, i a, i b) { return _mm512_mask_blend_epi32(c, b, a); }

  static DSI_INLINE f div(f a, f b) { return _mm512_div_ps(a, b); }
  static DSI_INLINE f sqrt(f a) { return _mm512_maskz_sqrt_ps(every, a); }
  template <int N>
  static DSI_INLINE i shift_left(i a) { return _mm512_maskz_slli_epi32(every, a, N); }
  template <int N>
  static DSI_INLINE i shift_right(i a) { return _mm512_maskz_srli_epi32(every, a, N); }
  template <int N>
  static DSI_INLINE i shift_right_signed(i a) { return _mm512_maskz_srai_epi32(every, a, N); }

  static DSI_INLINE f fma(f a, f b, f c) { return _mm512_fmadd_ps(a, b, c); }
  static DSI_INLINE f fnma(f a, f b, f c) { return _mm512_fnmadd_ps(a, b, c); }
  static DSI_INLINE f scale(f a, f n) { return _mm512_maskz_scalef_ps(every, a, n); }
  static DSI_INLINE f trunc(f a) { return _mm512_maskz_roundscale_ps(every, a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
  static DSI_INLINE f round_even(f a) {
    return _mm512_maskz_roundscale_ps(every, a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static DSI_INLINE f floor(f a) { return _mm512_maskz_roundscale_ps(every, a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
  static DSI_INLINE f ceil(f a) { return _mm512_maskz_roundscale_ps(every, a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }

  static DSI_INLINE f pick_greater(f a, f b) { return _mm512_maskz_max_ps(every, a, b); }
  static DSI_INLINE f pick_less(f a, f b) { return _mm512_maskz_min_ps(every, a, b); }
  static DSI_INLINE f max(f a, f b) {  // vrangeps orders the zeros, but a number wins over a NaN
    return _mm512_mask_add_ps(_mm512_maskz_range_ps(every, a, b, 0b0101), _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q), a, b);
  }
  static DSI_INLINE f min(f a, f b) {
    return _mm512_mask_add_ps(_mm512_maskz_range_ps(every, a, b, 0b0100), _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q), a, b);
  }

  static DSI_INLINE f load_n(float const* p, index n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static DSI_INLINE i load_n(std::int32_t const* p, index n) { return _mm512_maskz_loadu_epi32(first(n), p); }
  static DSI_INLINE void store_n(float* p, index n, f a) { _mm512_mask_storeu_ps(p, first(n), a); }
  static DSI_INLINE void store_n(std::int32_t* p, index n, i a) { _mm512_mask_storeu_epi32(p, first(n), a); }

  static DSI_INLINE f load(half const* p) { return _mm512_maskz_cvtph_ps(every, load16(p)); }
  static DSI_INLINE f load_n(half const* p, index n) {
    return _mm512_maskz_cvtph_ps(every, _mm256_maskz_loadu_epi16(first(n), p));
  }
  static DSI_INLINE void store(half* p, f a) { store16(p, _mm512_maskz_cvtps_ph(every, a, _MM_FROUND_TO_NEAREST_INT)); }
  static DSI_INLINE void store_n(half* p, index n, f a) {
    _mm256_mask_storeu_epi16(p, first(n), _mm512_maskz_cvtps_ph(every, a, _MM_FROUND_TO_NEAREST_INT));
  }
  static DSI_INLINE f load(bfloat16 const* p) { return widen(load16(p)); }
  static DSI_INLINE f load_n(bfloat16 const* p, index n) { return widen(_mm256_maskz_loadu_epi16(first(n), p)); }
  static DSI_INLINE void store(bfloat16* p, f a) { store16(p, to_bfloat16(a)); }
  static DSI_INLINE void store_n(bfloat16* p, index n, f a) { _mm256_mask_storeu_epi16(p, first(n), to_bfloat16(a)); }

  static DSI_INLINE i load(std::uint8_t const* p) { return _mm512_maskz_cvtepu8_epi32(every, load8(p)); }
  static DSI_INLINE i load(std::int8_t const* p) { return _mm512_maskz_cvtepi8_epi32(every, load8(p)); }
  static DSI_INLINE i load_n(std::uint8_t const* p, index n) {
    return _mm512_maskz_cvtepu8_epi32(every, _mm_maskz_loadu_epi8(first(n), p));
  }
  static DSI_INLINE i load_n(std::int8_t const* p, index n) {
    return _mm512_maskz_cvtepi8_epi32(every, _mm_maskz_loadu_epi8(first(n), p));
  }
  static DSI_INLINE void store(std::uint8_t* p, i a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow_unsigned(a)); }
  static DSI_INLINE void store(std::int8_t* p, i a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtsepi32_epi8(every, a));
  }
  static DSI_INLINE void store_n(std::uint8_t* p, index n, i a) { _mm_mask_storeu_epi8(p, first(n), narrow_unsigned(a)); }
  static DSI_INLINE void store_n(std::int8_t* p, index n, i a) {
    _mm_mask_storeu_epi8(p, first(n), _mm512_maskz_cvtsepi32_epi8(every, a));
  }

  /// Products of even and of odd bytes in 16-bit lanes: vpmaddwd is exact where vpmaddubsw would saturate.
  static DSI_INLINE i dot4(i acc, i u, i s) {
    i const even =
        _mm512_madd_epi16(_mm512_and_si512(u, _mm512_set1_epi16(0xff)), _mm512_srai_epi16(_mm512_slli_epi16(s, 8), 8));
    i const odd = _mm512_madd_epi16(_mm512_srli_epi16(u, 8), _mm512_srai_epi16(s, 8));
    return _mm512_add_epi32(acc, _mm512_add_epi32(even, odd));
  }

  template <class Add>
  static DSI_INLINE float reduce(f a, Add add) {
    f const eight = add(a, _mm512_maskz_shuffle_f32x4(every, a, a, 0b01001110));
    f const four = add(eight, _mm512_maskz_shuffle_f32x4(every, eight, eight, 0b10110001));
    f const two = add(four, _mm512_maskz_permute_ps(every, four, 0b01001110));
    return _mm512_cvtss_f32(add(two, _mm512_maskz_permute_ps(every, two, 0b10110001)));
  }

 private:
  static DSI_INLINE m first(index n) {
    return n >= 16 ? static_cast<m>(0xffff) : static_cast<m>((1u << static_cast<unsigned>(n)) - 1u);
  }
  static DSI_INLINE __m256i load16(void const* p) { return _mm256_loadu_si256(static_cast<__m256i const*>(p)); }
  static DSI_INLINE void store16(void* p, __m256i a) { _mm256_storeu_si256(static_cast<__m256i*>(p), a); }
  static DSI_INLINE __m128i load8(void const* p) { return _mm_loadu_si128(static_cast<__m128i const*>(p)); }
  static DSI_INLINE __m128i narrow_unsigned(i a) {
    return _mm512_maskz_cvtusepi32_epi8(every, _mm512_maskz_max_epi32(every, a, _mm512_setzero_si512()));
  }
  static DSI_INLINE f widen(__m256i a) {
    return from_bits(_mm512_maskz_slli_epi32(every, _mm512_maskz_cvtepu16_epi32(every, a), 16));
  }
  /// By shifts although there is an instruction: vcvtneps2bf16 flushes subnormals to zero.
  static DSI_INLINE __m256i to_bfloat16(f a) {
    i const u = bits(a);
    i const odd = _mm512_and_si512(_mm512_maskz_srli_epi32(every, u, 16), _mm512_set1_epi32(1));
    i const rounded = _mm512_add_epi32(u, _mm512_add_epi32(_mm512_set1_epi32(0x7fff), odd));
    i const kept = _mm512_mask_or_epi32(rounded, _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), u, _mm512_set1_epi32(0x400000));
    return _mm512_maskz_cvtepi32_epi16(every, _mm512_maskz_srli_epi32(every, kept, 16));
  }
};

#if defined(__AVX512VNNI__)
struct avx512_vnni_ops : avx512_ops {
  static DSI_INLINE i dot4(i acc, i u, i s) { return _mm512_dpbusd_epi32(acc, u, s); }
};
#endif

template <class Isa>
struct ops;
template <>
struct ops<isa::v4> : avx512_ops {};
#if defined(__AVX512VNNI__)
template <>
struct ops<isa::v4_vnni> : avx512_vnni_ops {};
template <>
struct ops<isa::v4_bf16> : avx512_vnni_ops {};
#endif

}  // namespace DSI_NAMESPACE::simd::detail
#endif

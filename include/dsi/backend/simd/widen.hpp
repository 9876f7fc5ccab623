// SPDX-License-Identifier: MIT
// Packed weights as vectors of floats: 16-bit types lie in pairs of consecutive inputs and are taken apart while they load.
#pragma once

#include <dsi/backend/simd/vec.hpp>

namespace DSI_NAMESPACE::simd {

namespace detail {

/// Two vectors of floats from pairs of half: the first and the second of each pair. Exact, subnormals and NaN too.
template <class Isa>
DSI_INLINE void split_halves(half const* p, vec<Isa>& first, vec<Isa>& second) {
  using raw [[maybe_unused]] = typename vec<Isa>::raw;
#if defined(__AVX512F__)
  if constexpr (Isa::kind == isa::family::avx512) {
    constexpr __mmask16 every = 0xffff;
    // Lane k of `apart` holds element 2k, lane 16 + k element 2k + 1.
    alignas(64) static constexpr std::uint16_t apart[32] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
                                                            1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
    __m512i const w = _mm512_maskz_permutexvar_epi16(0xffffffffu, _mm512_load_si512(apart), _mm512_loadu_si512(p));
    first = raw(_mm512_maskz_cvtph_ps(every, _mm512_maskz_extracti64x4_epi64(0xff, w, 0)));
    second = raw(_mm512_maskz_cvtph_ps(every, _mm512_maskz_extracti64x4_epi64(0xff, w, 1)));
    return;
  }
#endif
#if defined(__AVX2__) && defined(__F16C__)
  if constexpr (Isa::kind == isa::family::avx2) {
    __m256i const w = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p));
    auto const pack = [](__m256i u) DSI_LAMBDA_INLINE {
      return raw(_mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(u), _mm256_extracti128_si256(u, 1))));
    };
    first = pack(_mm256_and_si256(w, _mm256_set1_epi32(0xffff)));
    second = pack(_mm256_srli_epi32(w, 16));
    return;
  }
#endif
#if defined(__aarch64__)
  if constexpr (Isa::kind == isa::family::neon) {
    uint16x4x2_t const w = vld2_u16(reinterpret_cast<std::uint16_t const*>(p));
    first = raw(vcvt_f32_f16(vreinterpret_f16_u16(w.val[0])));
    second = raw(vcvt_f32_f16(vreinterpret_f16_u16(w.val[1])));
    return;
  }
#endif
  using integer = ivec<Isa>;
  auto const widen = [](integer h) DSI_LAMBDA_INLINE {
    integer const magnitude = (h & integer(0x7fffu)).template shift_left<13>();
    integer const sign = (h & integer(0x8000u)).template shift_left<16>();
    integer const scaled = bits_of(from_bits(magnitude) * vec<Isa>(0x1p112f));  // exponent bias 15 -> 127, exact
    integer const special = magnitude | integer(0x7f800000u);
    return from_bits(select(magnitude > integer(0x0f7fffffu), special, scaled) | sign);
  };
  integer w;
  if constexpr (Isa::kind == isa::family::sse) {
    w = integer::loadu(reinterpret_cast<std::int32_t const*>(p));
    first = widen(w & integer(0xffffu));
    second = widen(w.template shift_right<16>());
  }
}

}  // namespace detail

/// One vector of weights.
template <class Isa>
DSI_INLINE void load_weights(float const* p, vec<Isa> (&to)[1]) { to[0] = vec<Isa>::load(p); }
template <class Isa>
DSI_INLINE void load_weights(half const* p, vec<Isa> (&to)[2]) { detail::split_halves<Isa>(p, to[0], to[1]); }
template <class Isa>
DSI_INLINE void load_weights(bfloat16 const* p, vec<Isa> (&to)[2]) {
  auto const w = ivec<Isa>::loadu(reinterpret_cast<std::int32_t const*>(p));
  to[0] = from_bits(w.template shift_left<16>());
  to[1] = from_bits(w & ivec<Isa>(0xffff0000u));
}

/// Copies n elements as floats.
template <class Isa, class T>
DSI_INLINE void widen(T const* from, float* to, index n) {
  index i = 0;
  for (; i + Isa::lanes <= n; i += Isa::lanes) vec<Isa>::loadu(from + i).storeu(to + i);
  if (i < n) vec<Isa>::load_n(from + i, n - i).store_n(to + i, n - i);
}

}  // namespace DSI_NAMESPACE::simd

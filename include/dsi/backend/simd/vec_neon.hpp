// SPDX-License-Identifier: MIT
// Register operations of 128-bit AArch64 vectors (Advanced SIMD).
#pragma once

#include <cstring>

#include <dsi/backend/simd/xsimd_compat.hpp>
#include <dsi/numeric/half.hpp>

#if defined(__aarch64__)
namespace DSI_NAMESPACE::simd::detail {

/// f holds 4 floats, i 4 integers, m all ones or all zeros per lane.
struct neon_ops {
  using f = float32x4_t;
  using i = int32x4_t;
  using m = uint32x4_t;
  static constexpr bool narrow_partial = false;

  static DSI_INLINE i bits(f a) { return vreinterpretq_s32_f32(a); }
  static DSI_INLINE f from_bits(i a) { return vreinterpretq_f32_s32(a); }
  static DSI_INLINE f to_float(i a) { return vcvtq_f32_s32(a); }
  static DSI_INLINE i to_int(f a) { return vcvtnq_s32_f32(a); }
  static DSI_INLINE m equal(i a, i b) { return vceqq_s32(a, b); }
  static DSI_INLINE m greater(i a, i b) { return vcgtq_s32(a, b); }
  static DSI_INLINE m test(i a, i b) { return vtstq_s32(a, b); }
  static DSI_INLINE unsigned mask_bits(m a) {
    std::uint32_t const weight[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(a, vld1q_u32(weight)));
  }
  static DSI_INLINE i select(m c, i a, i b) { return vbslq_s32(c, a, b); }
  static DSI_INLINE f div(f a, f b) { return vdivq_f32(a, b); }
  static DSI_INLINE f sqrt(f a) { return vsqrtq_f32(a); }
  template <int N>
  static DSI_INLINE i shift_left(i a) { return vshlq_n_s32(a, N); }
  template <int N>
  static DSI_INLINE i shift_right(i a) { return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), N)); }
  template <int N>
  static DSI_INLINE i shift_right_signed(i a) { return vshrq_n_s32(a, N); }

  static DSI_INLINE f fma(f a, f b, f c) { return vfmaq_f32(c, a, b); }
  static DSI_INLINE f fnma(f a, f b, f c) { return vfmsq_f32(c, a, b); }
  static DSI_INLINE f trunc(f a) { return vrndq_f32(a); }
  static DSI_INLINE f round_even(f a) { return vrndnq_f32(a); }
  static DSI_INLINE f floor(f a) { return vrndmq_f32(a); }
  static DSI_INLINE f ceil(f a) { return vrndpq_f32(a); }
  static DSI_INLINE f pick_greater(f a, f b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
  static DSI_INLINE f pick_less(f a, f b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
  static DSI_INLINE f max(f a, f b) { return vmaxq_f32(a, b); }
  static DSI_INLINE f min(f a, f b) { return vminq_f32(a, b); }

  static DSI_INLINE f load_n(float const* p, index n) { return from_bits(load_words(p, n)); }
  static DSI_INLINE i load_n(std::int32_t const* p, index n) { return load_words(p, n); }
  static DSI_INLINE void store_n(float* p, index n, f a) { store_words(p, n, bits(a)); }
  static DSI_INLINE void store_n(std::int32_t* p, index n, i a) { store_words(p, n, a); }

  static DSI_INLINE f load(half const* p) { return vcvt_f32_f16(vreinterpret_f16_u16(load16(p))); }
  static DSI_INLINE void store(half* p, f a) { store16(p, vreinterpret_u16_f16(vcvt_f16_f32(a))); }
  static DSI_INLINE f load(bfloat16 const* p) { return vreinterpretq_f32_u32(vshll_n_u16(load16(p), 16)); }
  static DSI_INLINE void store(bfloat16* p, f a) {
    uint32x4_t const u = vreinterpretq_u32_f32(a);
    uint32x4_t const odd = vandq_u32(vshrq_n_u32(u, 16), vdupq_n_u32(1));
    uint32x4_t const rounded = vaddq_u32(u, vaddq_u32(vdupq_n_u32(0x7fff), odd));
    uint32x4_t const quiet = vorrq_u32(u, vdupq_n_u32(0x400000));
    store16(p, vshrn_n_u32(vbslq_u32(vceqq_f32(a, a), rounded, quiet), 16));
  }
  static DSI_INLINE i load(std::uint8_t const* p) {
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(load_word(p))))));
  }
  static DSI_INLINE i load(std::int8_t const* p) { return vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(load_word(p))))); }
  static DSI_INLINE void store(std::uint8_t* p, i a) {
    uint16x4_t const w = vqmovun_s32(a);
    store_word(p, vget_lane_u32(vreinterpret_u32_u8(vqmovn_u16(vcombine_u16(w, w))), 0));
  }
  static DSI_INLINE void store(std::int8_t* p, i a) {
    int16x4_t const w = vqmovn_s32(a);
    store_word(p, vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(w, w))), 0));
  }

  /// A product of u8 and s8 is in [-32640, 32385]: 16 bits hold it exactly.
  static DSI_INLINE i dot4(i acc, i u, i s) {
    uint8x16_t const a = vreinterpretq_u8_s32(u);
    int8x16_t const b = vreinterpretq_s8_s32(s);
    int16x8_t const low = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(a))), vmovl_s8(vget_low_s8(b)));
    int16x8_t const high = vmulq_s16(vreinterpretq_s16_u16(vmovl_high_u8(a)), vmovl_high_s8(b));
    return vaddq_s32(acc, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
  }

  template <class Add>
  static DSI_INLINE float reduce(f a, Add add) {
    f const two = add(a, vextq_f32(a, a, 2));
    return vgetq_lane_f32(add(two, vextq_f32(two, two, 1)), 0);
  }

 private:
  static DSI_INLINE std::uint32_t load_word(void const* p) {
    std::uint32_t word;
    std::memcpy(&word, p, 4);
    return word;
  }
  static DSI_INLINE void store_word(void* p, std::uint32_t word) { std::memcpy(p, &word, 4); }
  static DSI_INLINE uint16x4_t load16(void const* p) {
    std::uint64_t four;
    std::memcpy(&four, p, 8);
    return vcreate_u16(four);
  }
  static DSI_INLINE void store16(void* p, uint16x4_t a) {
    std::uint64_t const four = vget_lane_u64(vreinterpret_u64_u16(a), 0);
    std::memcpy(p, &four, 8);
  }
  static DSI_INLINE i load_words(void const* p, index n) {
    std::int32_t word[4] = {0, 0, 0, 0};
    if (n >= 4) std::memcpy(word, p, 16);
    else if (n == 3) std::memcpy(word, p, 12);
    else if (n == 2) std::memcpy(word, p, 8);
    else if (n == 1) std::memcpy(word, p, 4);
    return vld1q_s32(word);
  }
  static DSI_INLINE void store_words(void* p, index n, i a) {
    std::int32_t word[4];
    vst1q_s32(word, a);
    if (n >= 4) std::memcpy(p, word, 16);
    else if (n == 3) std::memcpy(p, word, 12);
    else if (n == 2) std::memcpy(p, word, 8);
    else if (n == 1) std::memcpy(p, word, 4);
  }
};

template <class Isa>
struct ops;
template <>
struct ops<isa::neon> : neon_ops {};

}  // namespace DSI_NAMESPACE::simd::detail
#endif

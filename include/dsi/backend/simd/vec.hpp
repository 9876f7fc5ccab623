// SPDX-License-Identifier: MIT
// vec, ivec and mask: one register of floats, of 32-bit integers, of conditions, for an instruction set given as a type.
#pragma once

#include <concepts>

#include <dsi/backend/simd/vec_avx2.hpp>
#include <dsi/backend/simd/vec_avx512.hpp>
#include <dsi/backend/simd/vec_neon.hpp>
#include <dsi/backend/simd/vec_sse.hpp>
#include <dsi/numeric/primitives.hpp>

namespace DSI_NAMESPACE::simd {

namespace detail {
/// Element types that a vec converts from and to, and those that an ivec does.
template <class T>
concept float_storage = std::same_as<T, half> || std::same_as<T, bfloat16>;
template <class T>
concept byte_storage = std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t>;

template <class Ops, class T>
DSI_INLINE auto load_first(T const* p, index n) {
  if constexpr (Ops::narrow_partial) {
    return Ops::load_n(p, n);
  } else {
    T buffer[8]{};  // no narrow masked loads here; the widest such vector has 8 lanes
    for (index k = 0; k < n && k < 8; ++k) buffer[k] = p[k];
    return Ops::load(buffer);
  }
}
template <class Ops, class T, class Register>
DSI_INLINE void store_first(T* p, index n, Register a) {
  if constexpr (Ops::narrow_partial) {
    Ops::store_n(p, n, a);
  } else {
    T buffer[8];
    Ops::store(buffer, a);
    constexpr index lanes = sizeof(Register) / 4;
    for (index k = 0; k < n && k < lanes; ++k) p[k] = buffer[k];
  }
}
}  // namespace detail

/// A condition per lane.
template <class Isa>
struct mask {
  using raw = xsimd::batch_bool<float, arch_t<Isa>>;
  using ops = detail::ops<Isa>;
  raw value;

  mask() = default;
  DSI_INLINE mask(raw v) : value(v) {}  // NOLINT(google-explicit-constructor)
  DSI_INLINE typename ops::m reg() const { return value; }
  /// Lane k in bit k.
  DSI_INLINE unsigned bits() const { return ops::mask_bits(value); }

  friend DSI_INLINE mask operator&(mask a, mask b) { return raw(a.value & b.value); }
  friend DSI_INLINE mask operator|(mask a, mask b) { return raw(a.value | b.value); }
  friend DSI_INLINE mask operator!(mask a) { return raw(~a.value); }
  friend DSI_INLINE bool any(mask a) { return a.bits() != 0; }
  friend DSI_INLINE bool all(mask a) { return a.bits() == (1u << Isa::lanes) - 1u; }
};

/// Isa::lanes integers of 32 bits. Sums wrap. Bytes for dot4 are held four to a lane.
template <class Isa>
struct ivec {
  static constexpr int lanes = Isa::lanes;
  using raw = xsimd::batch<std::int32_t, arch_t<Isa>>;
  using ops = detail::ops<Isa>;
  raw value;

  ivec() = default;
  DSI_INLINE ivec(raw v) : value(v) {}  // NOLINT(google-explicit-constructor)
  DSI_INLINE explicit ivec(std::int32_t v) : value(v) {}
  DSI_INLINE explicit ivec(std::uint32_t pattern) : value(static_cast<std::int32_t>(pattern)) {}
  DSI_INLINE typename ops::i reg() const { return value; }

  static DSI_INLINE ivec zero() { return ivec(std::int32_t{0}); }
  static DSI_INLINE ivec load(std::int32_t const* p) { return raw::load_aligned(p); }
  static DSI_INLINE ivec loadu(std::int32_t const* p) { return raw::load_unaligned(p); }
  /// One byte per lane, widened.
  template <detail::byte_storage T>
  static DSI_INLINE ivec loadu(T const* p) { return raw(ops::load(p)); }
  /// The first n elements, other lanes 0; n < lanes reads nothing behind them, n >= lanes is a full load.
  static DSI_INLINE ivec load_n(std::int32_t const* p, index n) { return raw(ops::load_n(p, n)); }
  template <detail::byte_storage T>
  static DSI_INLINE ivec load_n(T const* p, index n) { return raw(detail::load_first<ops>(p, n)); }
  /// 4 * lanes bytes as they are, for dot4; p needs no alignment.
  template <detail::byte_storage T>
  static DSI_INLINE ivec load_bytes(T const* p) { return raw::load_unaligned(reinterpret_cast<std::int32_t const*>(p)); }
  /// The same 4 bytes in every lane; p needs no alignment.
  template <detail::byte_storage T>
  static DSI_INLINE ivec broadcast_bytes(T const* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, 4);
    return ivec(four);
  }

  DSI_INLINE void store(std::int32_t* p) const { value.store_aligned(p); }
  DSI_INLINE void storeu(std::int32_t* p) const { value.store_unaligned(p); }
  /// One byte per lane; values outside its range become the nearest end.
  template <detail::byte_storage T>
  DSI_INLINE void storeu(T* p) const { ops::store(p, reg()); }
  DSI_INLINE void store_n(std::int32_t* p, index n) const { ops::store_n(p, n, reg()); }
  template <detail::byte_storage T>
  DSI_INLINE void store_n(T* p, index n) const { detail::store_first<ops>(p, n, reg()); }

  friend DSI_INLINE ivec operator+(ivec a, ivec b) { return a.value + b.value; }
  friend DSI_INLINE ivec operator-(ivec a, ivec b) { return a.value - b.value; }
  friend DSI_INLINE ivec operator&(ivec a, ivec b) { return a.value & b.value; }
  friend DSI_INLINE ivec operator|(ivec a, ivec b) { return a.value | b.value; }
  friend DSI_INLINE ivec operator^(ivec a, ivec b) { return a.value ^ b.value; }
  friend DSI_INLINE mask<Isa> operator==(ivec a, ivec b) { return wrap(ops::equal(a.reg(), b.reg())); }
  friend DSI_INLINE mask<Isa> operator>(ivec a, ivec b) { return wrap(ops::greater(a.reg(), b.reg())); }
  friend DSI_INLINE mask<Isa> operator<(ivec a, ivec b) { return b > a; }
  friend DSI_INLINE ivec select(mask<Isa> m, ivec a, ivec b) { return raw(ops::select(m.reg(), a.reg(), b.reg())); }
  friend DSI_INLINE ivec max(ivec a, ivec b) { return select(a > b, a, b); }
  friend DSI_INLINE ivec min(ivec a, ivec b) { return select(a > b, b, a); }
  /// (a & b) != 0
  friend DSI_INLINE mask<Isa> test(ivec a, ivec b) { return wrap(ops::test(a.reg(), b.reg())); }
  template <int N>
  DSI_INLINE ivec shift_left() const { return raw(ops::template shift_left<N>(reg())); }
  /// Copies of the sign enter.
  template <int N>
  DSI_INLINE ivec shift_right_signed() const { return raw(ops::template shift_right_signed<N>(reg())); }
  /// Zeros enter.
  template <int N>
  DSI_INLINE ivec shift_right() const { return raw(ops::template shift_right<N>(reg())); }
  /// acc + u0*s0 + u1*s1 + u2*s2 + u3*s3 per lane, u unsigned bytes, s signed bytes; exact, the sum wraps.
  friend DSI_INLINE ivec dot4(ivec acc, ivec u, ivec s) { return raw(ops::dot4(acc.reg(), u.reg(), s.reg())); }

 private:
  static DSI_INLINE mask<Isa> wrap(typename ops::m m) { return typename mask<Isa>::raw(m); }
};

template <class Isa>
struct vec;
/// The same bits as floats.
template <class Isa>
DSI_INLINE vec<Isa> from_bits(ivec<Isa> a);
/// Rounds to nearest even.
template <class Isa>
DSI_INLINE vec<Isa> to_float(ivec<Isa> a);

/// Isa::lanes floats. Results do not depend on Isa, except those of reductions and of mul_add.
template <class Isa>
struct vec {
  static_assert(isa::compiled<Isa>,
                "dsi::simd::vec<Isa>: this translation unit's flags do not allow the instruction set Isa; compile it with "
                "the matching -march (x86-64-v2, x86-64-v3, x86-64-v4 [-mavx512vnni [-mavx512bf16]]) or use isa::native");
  using isa_type = Isa;
  using scalar = float;
  using integer = ivec<Isa>;
  using condition = mask<Isa>;
  using raw = xsimd::batch<float, arch_t<Isa>>;
  using ops = detail::ops<Isa>;
  static constexpr int lanes = Isa::lanes;
  raw value;

  vec() = default;
  DSI_INLINE vec(raw v) : value(v) {}  // NOLINT(google-explicit-constructor)
  DSI_INLINE explicit vec(float v) : value(v) {}
  DSI_INLINE typename ops::f reg() const { return value; }

  static DSI_INLINE vec zero() { return vec(0.f); }
  static DSI_INLINE vec broadcast(float v) { return vec(v); }
  static DSI_INLINE vec broadcast(float const* p) { return vec(*p); }
  /// p aligned to 4 * lanes bytes.
  static DSI_INLINE vec load(float const* p) { return raw::load_aligned(p); }
  static DSI_INLINE vec loadu(float const* p) { return raw::load_unaligned(p); }
  /// half and bfloat16 convert exactly, bytes and integers round to nearest even.
  template <detail::float_storage T>
  static DSI_INLINE vec loadu(T const* p) { return raw(ops::load(p)); }
  template <detail::byte_storage T>
  static DSI_INLINE vec loadu(T const* p) { return to_float(integer::loadu(p)); }
  static DSI_INLINE vec loadu(std::int32_t const* p) { return to_float(integer::loadu(p)); }
  /// The first n elements, other lanes 0; n < lanes touches nothing behind them, n >= lanes is a full load.
  static DSI_INLINE vec load_n(float const* p, index n) { return raw(ops::load_n(p, n)); }
  template <detail::float_storage T>
  static DSI_INLINE vec load_n(T const* p, index n) { return raw(detail::load_first<ops>(p, n)); }
  template <detail::byte_storage T>
  static DSI_INLINE vec load_n(T const* p, index n) { return to_float(integer::load_n(p, n)); }
  static DSI_INLINE vec load_n(std::int32_t const* p, index n) { return to_float(integer::load_n(p, n)); }

  DSI_INLINE void store(float* p) const { value.store_aligned(p); }
  DSI_INLINE void storeu(float* p) const { value.store_unaligned(p); }
  /// Rounds to nearest even; overflow gives infinity, NaN stays a quiet NaN.
  template <detail::float_storage T>
  DSI_INLINE void storeu(T* p) const { ops::store(p, reg()); }
  DSI_INLINE void store_n(float* p, index n) const { ops::store_n(p, n, reg()); }
  template <detail::float_storage T>
  DSI_INLINE void store_n(T* p, index n) const { detail::store_first<ops>(p, n, reg()); }

  friend DSI_INLINE vec operator+(vec a, vec b) { return a.value + b.value; }
  friend DSI_INLINE vec operator-(vec a, vec b) { return a.value - b.value; }
  friend DSI_INLINE vec operator*(vec a, vec b) { return a.value * b.value; }
  friend DSI_INLINE vec operator/(vec a, vec b) { return raw(ops::div(a.reg(), b.reg())); }
  friend DSI_INLINE vec operator-(vec a) { return a ^ vec(-0.f); }
  DSI_INLINE vec& operator+=(vec b) { return *this = *this + b; }
  DSI_INLINE vec& operator-=(vec b) { return *this = *this - b; }
  DSI_INLINE vec& operator*=(vec b) { return *this = *this * b; }
  /// On the bits.
  friend DSI_INLINE vec operator&(vec a, vec b) { return a.value & b.value; }
  friend DSI_INLINE vec operator|(vec a, vec b) { return a.value | b.value; }
  friend DSI_INLINE vec operator^(vec a, vec b) { return a.value ^ b.value; }

  friend DSI_INLINE condition operator<(vec a, vec b) { return a.value < b.value; }
  friend DSI_INLINE condition operator<=(vec a, vec b) { return a.value <= b.value; }
  friend DSI_INLINE condition operator>(vec a, vec b) { return a.value > b.value; }
  friend DSI_INLINE condition operator>=(vec a, vec b) { return a.value >= b.value; }
  friend DSI_INLINE condition operator==(vec a, vec b) { return a.value == b.value; }
  friend DSI_INLINE condition operator!=(vec a, vec b) { return !(a == b); }
  friend DSI_INLINE condition is_nan(vec a) { return !(a == a); }
  /// m ? a : b
  friend DSI_INLINE vec select(condition m, vec a, vec b) { return xsimd::select(m.value, a.value, b.value); }

  /// a*b + c with one rounding. On sse, which has no such instruction, some 40 instructions: kernels use mul_add.
  friend DSI_INLINE vec fma(vec a, vec b, vec c) { return raw(ops::fma(a.reg(), b.reg(), c.reg())); }
  /// c - a*b with one rounding.
  friend DSI_INLINE vec fnma(vec a, vec b, vec c) { return raw(ops::fnma(a.reg(), b.reg(), c.reg())); }
  /// a*b + c by the fastest means: one rounding where Isa::has_fma, else two.
  friend DSI_INLINE vec mul_add(vec a, vec b, vec c) {
    if constexpr (Isa::has_fma) return fma(a, b, c);
    else return a * b + c;
  }
  friend DSI_INLINE vec abs(vec a) { return a & vec(__builtin_bit_cast(float, 0x7fffffffu)); }
  friend DSI_INLINE vec copysign(vec magnitude, vec sign) { return abs(magnitude) | (sign & vec(-0.f)); }
  friend DSI_INLINE vec sqrt(vec a) { return raw(ops::sqrt(a.reg())); }
  friend DSI_INLINE vec floor(vec a) { return raw(ops::floor(a.reg())); }
  friend DSI_INLINE vec ceil(vec a) { return raw(ops::ceil(a.reg())); }
  friend DSI_INLINE vec trunc(vec a) { return raw(ops::trunc(a.reg())); }
  friend DSI_INLINE vec round_even(vec a) { return raw(ops::round_even(a.reg())); }
  /// IEEE 754-2019 maximum and minimum: NaN if either is NaN, -0 < +0. 1 instruction on NEON, 3 on AVX-512, 6 elsewhere.
  friend DSI_INLINE vec max(vec a, vec b) { return raw(ops::max(a.reg(), b.reg())); }
  friend DSI_INLINE vec min(vec a, vec b) { return raw(ops::min(a.reg(), b.reg())); }
  /// a > b ? a : b, hence b when either is NaN: pick_greater(constant, x) propagates NaN with one instruction on x86.
  friend DSI_INLINE vec pick_greater(vec a, vec b) { return raw(ops::pick_greater(a.reg(), b.reg())); }
  /// a < b ? a : b, hence b when either is NaN.
  friend DSI_INLINE vec pick_less(vec a, vec b) { return raw(ops::pick_less(a.reg(), b.reg())); }

  friend DSI_INLINE integer bits_of(vec a) { return typename integer::raw(ops::bits(a.reg())); }
  /// Rounds to nearest even. Precondition: |a| < 2^31, not NaN.
  friend DSI_INLINE integer to_int(vec a) { return typename integer::raw(ops::to_int(a.reg())); }

  /// Sum of the lanes in a fixed order: halves are added lane by lane (k and k + lanes/2) until one is left.
  friend DSI_INLINE float sum_of_lanes(vec a) {
    return ops::reduce(a.reg(), [](typename ops::f x, typename ops::f y) DSI_LAMBDA_INLINE {
      return (vec(raw(x)) + vec(raw(y))).reg();
    });
  }
  /// Greatest lane, in the same order; NaN if one is NaN.
  friend DSI_INLINE float greatest_lane(vec a) {
    return ops::reduce(a.reg(), [](typename ops::f x, typename ops::f y) DSI_LAMBDA_INLINE { return ops::max(x, y); });
  }
};

template <class Isa>
DSI_INLINE vec<Isa> from_bits(ivec<Isa> a) {
  return typename vec<Isa>::raw(detail::ops<Isa>::from_bits(a.reg()));
}
template <class Isa>
DSI_INLINE vec<Isa> to_float(ivec<Isa> a) {
  return typename vec<Isa>::raw(detail::ops<Isa>::to_float(a.reg()));
}

}  // namespace DSI_NAMESPACE::simd

namespace DSI_NAMESPACE::math {

/// vec for the functions of math.hpp.
template <class Isa>
struct primitives<simd::vec<Isa>> {
  using vec = simd::vec<Isa>;
  using ops = simd::detail::ops<Isa>;
  using raw = typename vec::raw;
  using integer = simd::ivec<Isa>;
  using mask = simd::mask<Isa>;

  static DSI_INLINE vec fma(vec a, vec b, vec c) { return raw(ops::fma(a.reg(), b.reg(), c.reg())); }
  static DSI_INLINE vec sqrt(vec a) { return raw(ops::sqrt(a.reg())); }
  static DSI_INLINE vec floor(vec a) { return raw(ops::floor(a.reg())); }
  static DSI_INLINE vec ceil(vec a) { return raw(ops::ceil(a.reg())); }
  static DSI_INLINE vec trunc(vec a) { return raw(ops::trunc(a.reg())); }
  static DSI_INLINE vec round_even(vec a) { return raw(ops::round_even(a.reg())); }
  static DSI_INLINE vec max(vec a, vec b) { return raw(ops::max(a.reg(), b.reg())); }
  static DSI_INLINE vec min(vec a, vec b) { return raw(ops::min(a.reg(), b.reg())); }
  static DSI_INLINE vec pick_greater(vec a, vec b) { return raw(ops::pick_greater(a.reg(), b.reg())); }
  static DSI_INLINE vec pick_less(vec a, vec b) { return raw(ops::pick_less(a.reg(), b.reg())); }
  static DSI_INLINE vec abs(vec a) { return a & vec(__builtin_bit_cast(float, 0x7fffffffu)); }
  static DSI_INLINE vec copysign(vec magnitude, vec sign) { return abs(magnitude) | (sign & vec(-0.f)); }
  static DSI_INLINE vec select(mask m, vec a, vec b) { return raw(xsimd::select(m.value, a.value, b.value)); }
  static DSI_INLINE integer select(mask m, integer a, integer b) {
    return typename integer::raw(ops::select(m.reg(), a.reg(), b.reg()));
  }
  static DSI_INLINE bool any(mask m) { return m.bits() != 0; }
  static DSI_INLINE bool all(mask m) { return m.bits() == (1u << Isa::lanes) - 1u; }
  static DSI_INLINE mask test(integer a, integer b) { return typename mask::raw(ops::test(a.reg(), b.reg())); }
  static DSI_INLINE integer bits(vec a) { return typename integer::raw(ops::bits(a.reg())); }
  static DSI_INLINE vec from_bits(integer a) { return raw(ops::from_bits(a.reg())); }
  static DSI_INLINE vec to_float(integer a) { return raw(ops::to_float(a.reg())); }
  template <int N>
  static DSI_INLINE integer shift_left(integer a) { return a.template shift_left<N>(); }
  template <int N>
  static DSI_INLINE integer shift_right(integer a) { return a.template shift_right<N>(); }
  template <int N>
  static DSI_INLINE integer shift_right_signed(integer a) { return a.template shift_right_signed<N>(); }
  static DSI_INLINE vec scale(vec m, vec n) {
    if constexpr (requires { ops::scale(m.reg(), n.reg()); }) return raw(ops::scale(m.reg(), n.reg()));
    else return detail::scale_in_two_steps<vec>(m, n);
  }
  /// Rare lanes one by one; kept out of line so that the common path stays small.
  template <class F>
  static DSI_NOINLINE void repair(mask m, vec x, vec& r, integer& q, F f) {
    alignas(64) float xs[Isa::lanes], rs[Isa::lanes];
    alignas(64) std::int32_t qs[Isa::lanes];
    x.store(xs);
    r.store(rs);
    q.store(qs);
    for (int k = 0; k < Isa::lanes; ++k) {
      if ((m.bits() >> k & 1u) == 0) continue;
      auto quadrant = static_cast<std::uint32_t>(qs[k]);
      f(xs[k], rs[k], quadrant);
      qs[k] = static_cast<std::int32_t>(quadrant);
    }
    r = vec::load(rs);
    q = integer::load(qs);
  }
};

}  // namespace DSI_NAMESPACE::math

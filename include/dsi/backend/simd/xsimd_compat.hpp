// SPDX-License-Identifier: MIT
// The only includer of xsimd and of the intrinsics headers; hides what differs between xsimd 8.1 and 13.
#pragma once

#include <xsimd/xsimd.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <dsi/backend/simd/isa.hpp>

namespace DSI_NAMESPACE::simd {

namespace detail {
template <class Isa>
struct arch_of;
template <> struct arch_of<isa::base> { using type = xsimd::sse2; };
template <> struct arch_of<isa::v2> { using type = xsimd::sse4_2; };
template <> struct arch_of<isa::v3> { using type = xsimd::fma3<xsimd::avx2>; };
// Named by hand, not default_arch: with VNNI flags xsimd 13 makes that avx512vnni<avx512bw>, another type.
template <> struct arch_of<isa::v4> { using type = xsimd::avx512bw; };
template <> struct arch_of<isa::v4_vnni> { using type = xsimd::avx512bw; };
template <> struct arch_of<isa::v4_bf16> { using type = xsimd::avx512bw; };
template <> struct arch_of<isa::neon> { using type = xsimd::neon64; };
}  // namespace detail

/// The xsimd architecture that Isa's vectors are made of.
template <class Isa>
using arch_t = typename detail::arch_of<Isa>::type;

// Not taken from xsimd, because one version lacks it or has it wrong: fma (8.1 on AVX-512 multiplies and adds), / (8.1 on
// NEON iterates from an estimate and is not correctly rounded), != (8.1 on AVX-512 gives false for NaN), max and min (the second argument wins over a NaN), reductions (8.1 lacks reduce_max,
// the order differs), bitwise_cast (another signature), .mask() (8.1 lacks it). vec.hpp and vec_*.hpp have their own.

}  // namespace DSI_NAMESPACE::simd

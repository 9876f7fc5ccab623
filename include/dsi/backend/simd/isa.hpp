// SPDX-License-Identifier: MIT
// Instruction sets as types, and the best one that this translation unit is compiled for.
#pragma once

#include <string_view>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::simd::isa {

/// Instruction sets that share registers and most instructions.
enum class family : std::uint8_t { sse, avx2, avx512, neon };

/// x86-64 as every compiler assumes it without flags: SSE2.
struct base {
  static constexpr std::string_view name = "base";
  static constexpr family kind = family::sse;
  static constexpr int registers = 16;
  static constexpr int lanes = 4;  // floats in a vector
  static constexpr bool has_fma = false;
  static constexpr bool has_vnni = false;
  static constexpr bool has_bf16 = false;
};

/// x86-64-v2: SSE4.2.
struct v2 : base {
  static constexpr std::string_view name = "v2";
};

/// x86-64-v3: AVX2, FMA, F16C.
struct v3 {
  static constexpr std::string_view name = "v3";
  static constexpr family kind = family::avx2;
  static constexpr int registers = 16;
  static constexpr int lanes = 8;
  static constexpr bool has_fma = true;
  static constexpr bool has_vnni = false;
  static constexpr bool has_bf16 = false;
};

/// x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
struct v4 {
  static constexpr std::string_view name = "v4";
  static constexpr family kind = family::avx512;
  static constexpr int registers = 32;
  static constexpr int lanes = 16;
  static constexpr bool has_fma = true;
  static constexpr bool has_vnni = false;
  static constexpr bool has_bf16 = false;
};

/// v4 with 8-bit dot products, as on Ice Lake.
struct v4_vnni : v4 {
  static constexpr std::string_view name = "v4_vnni";
  static constexpr bool has_vnni = true;
};

/// v4_vnni with bfloat16 dot products, as on Zen 4 and Sapphire Rapids.
struct v4_bf16 : v4_vnni {
  static constexpr std::string_view name = "v4_bf16";
  static constexpr bool has_bf16 = true;
};

/// AArch64 with Advanced SIMD, which every such processor has.
struct neon {
  static constexpr std::string_view name = "neon";
  static constexpr family kind = family::neon;
  static constexpr int registers = 32;
  static constexpr int lanes = 4;
  static constexpr bool has_fma = true;
  static constexpr bool has_vnni = false;
  static constexpr bool has_bf16 = false;
};

/// True when this translation unit's flags allow code for Isa.
template <class Isa>
inline constexpr bool compiled = false;
#if defined(DSI_ISA_BASE)
template <>
inline constexpr bool compiled<base> = true;
#endif
#if defined(DSI_ISA_V2)
template <>
inline constexpr bool compiled<v2> = true;
#endif
#if defined(DSI_ISA_V3)
template <>
inline constexpr bool compiled<v3> = true;
#endif
#if defined(DSI_ISA_V4)
template <>
inline constexpr bool compiled<v4> = true;
#endif
#if defined(DSI_ISA_V4_VNNI)
template <>
inline constexpr bool compiled<v4_vnni> = true;
#endif
#if defined(DSI_ISA_V4_BF16)
template <>
inline constexpr bool compiled<v4_bf16> = true;
#endif
#if defined(DSI_ISA_NEON)
template <>
inline constexpr bool compiled<neon> = true;
#endif

namespace detail {
template <class...>
struct first_compiled {
  using type = void;
};
template <class First, class... Rest>
struct first_compiled<First, Rest...> : first_compiled<Rest...> {};
template <class First, class... Rest>
  requires compiled<First>
struct first_compiled<First, Rest...> {
  using type = First;
};
}  // namespace detail

/// The best instruction set that this translation unit's flags allow; void where dsi has no vectors.
using native = typename detail::first_compiled<v4_bf16, v4_vnni, v4, v3, v2, base, neon>::type;

}  // namespace DSI_NAMESPACE::simd::isa

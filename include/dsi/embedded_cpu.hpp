// SPDX-License-Identifier: MIT
// Which instruction sets a unit was compiled for, and which this processor and operating system can run.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <dsi/embedded.hpp>

namespace dsi::embed {

/// Bits of unit::features. x86-64's levels are those of its psABI; the others are single extensions beyond a level.
enum feature : std::uint64_t {
  x86_v2 = 1u << 0,
  x86_avx = 1u << 1,
  x86_v3 = 1u << 2,
  x86_v4 = 1u << 3,
  x86_vnni = 1u << 4,
  x86_bf16 = 1u << 5,
  x86_ifma = 1u << 6,
  x86_vbmi = 1u << 7,
  x86_vbmi2 = 1u << 8,
  x86_bitalg = 1u << 9,
  x86_popcnt512 = 1u << 10,
  x86_gfni = 1u << 11,
  x86_vaes = 1u << 12,
  x86_avx_vnni = 1u << 13,
  x86_fp16 = 1u << 14,
  x86_amx = 1u << 15,
  x86_sse4a = 1u << 16,
  x86_xop = 1u << 17,
  x86_fma4 = 1u << 18,
  x86_tbm = 1u << 19,
  arm_dotprod = 1u << 20,
  arm_fp16 = 1u << 21,
  arm_i8mm = 1u << 22,
  arm_bf16 = 1u << 23,
  arm_sve = 1u << 24,
};

/// What the compiler was allowed to use in this translation unit, from its own macros: so that a unit built with
/// -march=native or a user's flags says what it needs. consteval, hence never a symbol that the linker could merge.
consteval std::uint64_t compiled_features() {
  std::uint64_t f = 0;
  // A part of a level is claimed as the whole: no processor in question has one without the other.
#if defined(__x86_64__) && (defined(__SSE3__) || defined(__SSSE3__) || defined(__SSE4_1__) || defined(__SSE4_2__) || defined(__POPCNT__) || \
                            defined(__LAHF_SAHF__) || defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16))
  f |= x86_v2;
#endif
#if defined(__AVX__)
  f |= x86_avx;
#endif
#if defined(__AVX2__) || defined(__FMA__) || defined(__BMI__) || defined(__BMI2__) || defined(__F16C__) || defined(__LZCNT__) || defined(__MOVBE__)
  f |= x86_v3;
#endif
#if defined(__AVX512F__)
  f |= x86_v4;
#endif
#if defined(__AVX512VNNI__)
  f |= x86_vnni;
#endif
#if defined(__AVX512BF16__)
  f |= x86_bf16;
#endif
#if defined(__AVX512IFMA__)
  f |= x86_ifma;
#endif
#if defined(__AVX512VBMI__)
  f |= x86_vbmi;
#endif
#if defined(__AVX512VBMI2__)
  f |= x86_vbmi2;
#endif
#if defined(__AVX512BITALG__)
  f |= x86_bitalg;
#endif
#if defined(__AVX512VPOPCNTDQ__)
  f |= x86_popcnt512;
#endif
#if defined(__GFNI__)
  f |= x86_gfni;
#endif
#if defined(__VAES__)
  f |= x86_vaes;
#endif
#if defined(__AVXVNNI__)
  f |= x86_avx_vnni;
#endif
#if defined(__AVX512FP16__)
  f |= x86_fp16;
#endif
#if defined(__AMX_TILE__)
  f |= x86_amx;
#endif
#if defined(__SSE4A__)
  f |= x86_sse4a;
#endif
#if defined(__XOP__)
  f |= x86_xop;
#endif
#if defined(__FMA4__)
  f |= x86_fma4;
#endif
#if defined(__TBM__)
  f |= x86_tbm;
#endif
#if defined(__ARM_FEATURE_DOTPROD)
  f |= arm_dotprod;
#endif
#if defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
  f |= arm_fp16;
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
  f |= arm_i8mm;
#endif
#if defined(__ARM_FEATURE_BF16)
  f |= arm_bf16;
#endif
#if defined(__ARM_FEATURE_SVE)
  f |= arm_sve;
#endif
  return f;
}

/// The unit, with what its flags need filled in. Used by the generated unit file.
consteval unit for_these_flags(unit u) {
  u.features = compiled_features();
  return u;
}

/// What this processor has and the operating system saves and restores.
inline std::uint64_t cpu_features() noexcept {
  std::uint64_t f = 0;
#if defined(__x86_64__)
  auto const bit = [](unsigned word, int position) { return ((word >> position) & 1u) != 0; };
  unsigned a = 0, b1 = 0, c1 = 0, d1 = 0, b7 = 0, c7 = 0, d7 = 0, a71 = 0, cx = 0, unused = 0;
  if (!__get_cpuid(1, &a, &b1, &c1, &d1)) return 0;
  unsigned subleaves = 0;
  __get_cpuid_count(7, 0, &subleaves, &b7, &c7, &d7);
  if (subleaves >= 1) __get_cpuid_count(7, 1, &a71, &a, &a, &unused);
  __get_cpuid(0x80000001u, &a, &unused, &cx, &unused);

  // cx16, lahf, popcnt, sse3, sse4.1, sse4.2, ssse3
  if (bit(c1, 13) && bit(cx, 0) && bit(c1, 23) && bit(c1, 0) && bit(c1, 19) && bit(c1, 20) && bit(c1, 9)) f |= x86_v2;
  if (bit(cx, 6)) f |= x86_sse4a;
  if (bit(cx, 21)) f |= x86_tbm;
  if (!bit(c1, 27)) return f;  // without osxsave no wider register survives a context switch
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0x06u) != 0x06u) return f;  // xmm and ymm state
  if (bit(c1, 28)) f |= x86_avx;
  if (bit(cx, 11)) f |= x86_xop;
  if (bit(cx, 16)) f |= x86_fma4;
  // avx2, bmi1, bmi2; f16c, fma, movbe; lzcnt
  bool const v3 = (f & x86_v2) && bit(c1, 28) && bit(b7, 5) && bit(b7, 3) && bit(b7, 8) && bit(c1, 29) && bit(c1, 12) &&
                  bit(c1, 22) && bit(cx, 5);
  if (!v3) return f;
  f |= x86_v3;
  if (bit(a71, 4)) f |= x86_avx_vnni;
  if (bit(c7, 8)) f |= x86_gfni;
  if (bit(c7, 9)) f |= x86_vaes;
  if ((low & 0xe0u) != 0xe0u) return f;  // opmask, upper halves of zmm0-15, zmm16-31
  bool const v4 = bit(b7, 16) && bit(b7, 17) && bit(b7, 28) && bit(b7, 30) && bit(b7, 31);  // f, dq, cd, bw, vl
  if (!v4) return f;
  f |= x86_v4;
  if (bit(c7, 11)) f |= x86_vnni;
  if (bit(a71, 5)) f |= x86_bf16;
  if (bit(b7, 21)) f |= x86_ifma;
  if (bit(c7, 1)) f |= x86_vbmi;
  if (bit(c7, 6)) f |= x86_vbmi2;
  if (bit(c7, 12)) f |= x86_bitalg;
  if (bit(c7, 14)) f |= x86_popcnt512;
  if (bit(d7, 23)) f |= x86_fp16;
  if (bit(d7, 24) && (low & 0x60000u) == 0x60000u) f |= x86_amx;
#elif defined(__aarch64__)
  unsigned long const first = getauxval(AT_HWCAP);
  unsigned long const second = getauxval(AT_HWCAP2);
  if ((first >> 20) & 1u) f |= arm_dotprod;  // the numbers are the kernel's interface: HWCAP_ASIMDDP and so on
  if (((first >> 9) & 1u) && ((first >> 10) & 1u)) f |= arm_fp16;
  if ((first >> 22) & 1u) f |= arm_sve;
  if ((second >> 13) & 1u) f |= arm_i8mm;
  if ((second >> 14) & 1u) f |= arm_bf16;
#endif
  return f;
}

/// A name that units and DSI_ISA have, and all that code of that level may use.
struct isa_level {
  char const* name;
  std::uint64_t features;
};
/// x86-64's levels, from low to high.
inline constexpr isa_level isa_levels[]{
    {"v2", x86_v2},
    {"v3", x86_v2 | x86_avx | x86_v3},
    {"v4", x86_v2 | x86_avx | x86_v3 | x86_v4},
    {"v4_vnni", x86_v2 | x86_avx | x86_v3 | x86_v4 | x86_vnni},
    {"v4_bf16", x86_v2 | x86_avx | x86_v3 | x86_v4 | x86_vnni | x86_bf16},
};
inline constexpr int isa_level_count = sizeof(isa_levels) / sizeof(isa_levels[0]);

/// The highest x86-64 level in a set of features, for messages.
constexpr char const* level_name(std::uint64_t f) {
  for (int i = isa_level_count - 1; i >= 0; --i)
    if ((isa_levels[i].features & ~f) == 0) return isa_levels[i].name;
#if defined(__x86_64__)
  return "the x86-64 baseline";
#else
  return "the baseline";
#endif
}

}  // namespace dsi::embed

// SPDX-License-Identifier: MIT
// Compiler facts and the only macros of the library.
#pragma once

#include <version>

#define DSI_VERSION_MAJOR 0
#define DSI_VERSION_MINOR 1
#define DSI_VERSION_PATCH 0

#if __cplusplus < 202002L
#error "dsi: C++20 is required; compile with -std=c++20 or set CMAKE_CXX_STANDARD 20"
#endif

// The instruction sets that this translation unit's flags allow; simd/isa.hpp has a type for each.
#if defined(__SSE2__)
#define DSI_ISA_BASE 1
#endif
#if defined(__SSE4_2__)
#define DSI_ISA_V2 1
#endif
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define DSI_ISA_V3 1
#endif
#if defined(DSI_ISA_V3) && defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define DSI_ISA_V4 1
#if defined(__AVX512VNNI__)
#define DSI_ISA_V4_VNNI 1
#if defined(__AVX512BF16__)
#define DSI_ISA_V4_BF16 1
#endif
#endif
#endif
#if defined(__aarch64__)
#define DSI_ISA_NEON 1
#endif

/// Opens the library's namespace: `namespace DSI_NAMESPACE { ... }`, `namespace DSI_NAMESPACE::simd { ... }`.
/// The inline part names the best of these instruction sets, wider registers beyond it (-mavx512f alone: v2_avx512) and the checked
/// mode, so that translation units of one program that differ in these never share a symbol (one definition rule). Units that
/// differ in other flags do share them: in -mgfni and the like, in contraction, in exceptions. What depends on exceptions is
/// always inlined; for the rest compile all files that include kernels with equal flags, or use dsi_add_model, whose units are
/// isolated by the linker as well.
#if defined(DSI_ISA_V4_BF16)
#define DSI_ABI_ISA v4_bf16
#elif defined(DSI_ISA_V4_VNNI)
#define DSI_ABI_ISA v4_vnni
#elif defined(DSI_ISA_V4)
#define DSI_ABI_ISA v4
#elif defined(DSI_ISA_V3) && defined(__AVX512F__)
#define DSI_ABI_ISA v3_avx512
#elif defined(DSI_ISA_V3)
#define DSI_ABI_ISA v3
#elif defined(__AVX512F__)
#define DSI_ABI_ISA v2_avx512
#elif defined(__AVX2__)
#define DSI_ABI_ISA v2_avx2
#elif defined(__AVX__)
#define DSI_ABI_ISA v2_avx
#elif defined(DSI_ISA_V2)
#define DSI_ABI_ISA v2
#elif defined(DSI_ISA_BASE)
#define DSI_ABI_ISA base
#elif defined(DSI_ISA_NEON)
#define DSI_ABI_ISA neon
#else
#define DSI_ABI_ISA scalar
#endif
#if defined(DSI_CHECKED)
#define DSI_ABI_JOIN(Isa) abi0_##Isa##_checked
#else
#define DSI_ABI_JOIN(Isa) abi0_##Isa
#endif
#define DSI_ABI_EXPAND(Isa) DSI_ABI_JOIN(Isa)
#define DSI_NAMESPACE dsi::inline DSI_ABI_EXPAND(DSI_ABI_ISA)

/// Callable on host and device when nvcc compiles the file.
#if defined(__CUDACC__)
#define DSI_HD __host__ __device__
#else
#define DSI_HD
#endif

/// Before the template of a DSI_HD function that calls what it is given: a host function on the host, a device function there.
#if defined(__CUDACC__)
#define DSI_HD_AS_GIVEN _Pragma("nv_exec_check_disable")
#else
#define DSI_HD_AS_GIVEN
#endif

#if defined(__CUDA_ARCH__)
#define DSI_INLINE __forceinline__
#else
#define DSI_INLINE inline __attribute__((always_inline))
#endif
/// The same for a lambda: `[&](int i) DSI_LAMBDA_INLINE { ... }`.
#define DSI_LAMBDA_INLINE __attribute__((always_inline))
#define DSI_NOINLINE __attribute__((noinline))

/// Fully unrolls the next loop, whose trip count is a constant. Half the compile time of a fold over lambdas, same code.
#if defined(__CUDA_ARCH__)
#define DSI_UNROLL _Pragma("unroll")
#elif defined(__CUDACC__)
#define DSI_UNROLL
#elif defined(__clang__)
#define DSI_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define DSI_UNROLL _Pragma("GCC unroll 64")
#else
#define DSI_UNROLL
#endif

/// Contract checks at run time (shapes, aliasing, alignment), on only with DSI_CHECKED, never by NDEBUG.
#if defined(DSI_CHECKED)
#include <cstdio>
#include <cstdlib>
#define DSI_CHECK(Condition, Text) ((Condition) ? void(0) : ::dsi::contract_violation(__FILE__, __LINE__, Text))
namespace DSI_NAMESPACE {
/// Called when a contract is broken in checked mode; ends the program with a message on standard error.
[[noreturn]] inline void contract_violation(char const* file, int line, char const* text) noexcept {
  std::fprintf(stderr, "%s:%d: dsi contract violated: %s\n", file, line, text);
  std::abort();
}
}  // namespace DSI_NAMESPACE
#else
#define DSI_CHECK(Condition, Text) void(0)
#endif

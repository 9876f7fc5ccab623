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

/// Opens the library's namespace: `namespace DSI_NAMESPACE { ... }`, `namespace DSI_NAMESPACE::simd { ... }`.
/// The inline part names the instruction set and the checked mode, so that translation units of one program that
/// were compiled with different flags never share a symbol (one definition rule). Units made by dsi_add_model are
/// isolated by the linker as well.
#if defined(__AVX512BF16__)
#define DSI_ABI_ISA v4_bf16
#elif defined(__AVX512VNNI__)
#define DSI_ABI_ISA v4_vnni
#elif defined(__AVX512F__)
#define DSI_ABI_ISA v4
#elif defined(__AVX2__) && defined(__FMA__)
#define DSI_ABI_ISA v3
#elif defined(__AVX__)
#define DSI_ABI_ISA avx
#elif defined(__SSE4_2__)
#define DSI_ABI_ISA v2
#elif defined(__aarch64__)
#define DSI_ABI_ISA aarch64
#else
#define DSI_ABI_ISA base
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

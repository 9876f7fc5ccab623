// SPDX-License-Identifier: MIT
#include "probe.hpp"

// -ffp-contract=fast for this file alone: a * b + c below is the target's fma.
#if defined(__AVX512F__)
#define BENCH_NAME v4
inline constexpr int vector_bytes = 64, chains = 24, tile_rows = 6, tile_vectors = 4;
static constexpr char tile_text[] = "6x64";
#elif defined(__AVX2__)
#define BENCH_NAME v3
inline constexpr int vector_bytes = 32, chains = 12, tile_rows = 6, tile_vectors = 2;
static constexpr char tile_text[] = "6x16";
#elif defined(__x86_64__)
#define BENCH_NAME v2
inline constexpr int vector_bytes = 16, chains = 12, tile_rows = 2, tile_vectors = 4;
static constexpr char tile_text[] = "2x16";
#else
#define BENCH_NAME baseline
inline constexpr int vector_bytes = 16, chains = 24, tile_rows = 5, tile_vectors = 4;
static constexpr char tile_text[] = "5x16";
#endif
#define BENCH_TEXT_OF(x) #x
#define BENCH_TEXT(x) BENCH_TEXT_OF(x)
#define BENCH_JOIN_OF(a, b) a##b
#define BENCH_JOIN(a, b) BENCH_JOIN_OF(a, b)
#if defined(__AVX512F__)
#define BENCH_KEEP(v) asm volatile("" : "+v"(v))  // in any of the 32 registers
#elif defined(__x86_64__)
#define BENCH_KEEP(v) asm volatile("" : "+x"(v))  // in a register: computed or loaded, and no more
#elif defined(__aarch64__)
#define BENCH_KEEP(v) asm volatile("" : "+w"(v))
#else
#define BENCH_KEEP(v) asm volatile("" : "+m"(v))
#endif

namespace {

typedef float vec __attribute__((vector_size(vector_bytes)));
constexpr int lanes = vector_bytes / 4;

/// x in every lane. Of "x - 0" and "x + 0" compilers drop only the first, since -0 + 0 is +0.
inline vec all(float x) { return x - vec{}; }

double multiply_add(long rounds) {
  vec sum[chains], a = all(0.5f), b = all(0.25f);
  BENCH_KEEP(a);
  BENCH_KEEP(b);
#pragma GCC unroll 24
  for (int i = 0; i < chains; ++i) sum[i] = all(static_cast<float>(i));
  for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 24
    for (int i = 0; i < chains; ++i) sum[i] = sum[i] * a + b;
  }
#pragma GCC unroll 24
  for (int i = 0; i < chains; ++i) BENCH_KEEP(sum[i]);
  return 2.0 * chains * lanes * static_cast<double>(rounds);
}

constexpr int depth = 64;  // B is 16 KB with AVX-512, 4 KB otherwise: half of the smallest L1 or less
alignas(64) float a_columns[depth * tile_rows], b_rows[depth * tile_vectors * lanes];

double product_tile(long rounds) {
  for (long r = 0; r < rounds; ++r) {
    vec sum[tile_rows][tile_vectors];
#pragma GCC unroll 8
    for (int i = 0; i < tile_rows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < tile_vectors; ++j) sum[i][j] = vec{};
    }
    float const *a = a_columns, *b = b_rows;
    asm volatile("" : "+r"(a), "+r"(b) : : "memory");
    for (int k = 0; k < depth; ++k, a += tile_rows, b += tile_vectors * lanes) {
      vec row[tile_vectors];
#pragma GCC unroll 8
      for (int j = 0; j < tile_vectors; ++j) row[j] = *reinterpret_cast<vec const*>(b + j * lanes);
#pragma GCC unroll 8
      for (int i = 0; i < tile_rows; ++i) {
        vec const x = all(a[i]);
#pragma GCC unroll 8
        for (int j = 0; j < tile_vectors; ++j) sum[i][j] = x * row[j] + sum[i][j];
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < tile_rows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < tile_vectors; ++j) BENCH_KEEP(sum[i][j]);
    }
  }
  return 2.0 * tile_rows * tile_vectors * lanes * depth * static_cast<double>(rounds);
}

void read(void const* from, std::size_t bytes) {
  auto const* p = static_cast<char const*>(from);
  for (char const* const end = p + bytes; p < end; p += 8 * vector_bytes) {
    vec v[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      v[i] = *reinterpret_cast<vec const*>(p + i * vector_bytes);
      BENCH_KEEP(v[i]);
    }
  }
}

}  // namespace

namespace bench {
extern "C" {
constinit probe_table const BENCH_JOIN(bench_probe_, BENCH_NAME){BENCH_TEXT(BENCH_NAME), &multiply_add, &product_tile, tile_text, &read};
}
}  // namespace bench

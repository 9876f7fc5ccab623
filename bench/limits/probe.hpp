// SPDX-License-Identifier: MIT
// Loops that do one thing as fast as this machine can. probe.cpp is compiled once per instruction set; each exports one table.
//
// Plain data and functions without anything from the standard library: nothing that a linker could merge between the copies,
// which are compiled for different processors.
#pragma once

#include <cstddef>

namespace bench {

struct probe_table {
  char const* isa;
  /// Multiply-adds in registers, as many independent chains as hide the instruction's latency. Returns the operations (2 per multiply-add and lane).
  double (*multiply_add)(long rounds);
  /// The inner loop of a matrix product whose operands lie in L1: per step 1 column of A (rows broadcast) times 1 row of B.
  double (*product_tile)(long rounds);
  char const* tile;  ///< its size, "6x64"
  /// Reads bytes, a multiple of 1024, and does nothing with them.
  void (*read)(void const* from, std::size_t bytes);
};

#if defined(__x86_64__)
extern "C" probe_table const bench_probe_v2, bench_probe_v3, bench_probe_v4;
#else
extern "C" probe_table const bench_probe_baseline;
#endif

}  // namespace bench

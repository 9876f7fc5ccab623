// SPDX-License-Identifier: MIT
// Clocks: a counter that costs some nanoseconds to read, wall time, and the processor time of the calling thread.
#pragma once

#include <time.h>

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

inline double seconds(clockid_t clock) noexcept {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
inline double wall_seconds() noexcept { return seconds(CLOCK_MONOTONIC); }
/// What other programs take from this core does not count.
inline double thread_seconds() noexcept { return seconds(CLOCK_THREAD_CPUTIME_ID); }

/// A counter of constant rate. rdtsc is not ordered with the instructions around it; a call between two reads is.
inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t t;
  asm volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
#else
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(t.tv_nsec);
#endif
}

/// Measured once, over 20 ms.
inline double seconds_per_tick() noexcept {
  static double const value = [] {
    double const begin = wall_seconds();
    std::uint64_t const first = ticks();
    double end = begin;
    while (end - begin < 0.02) end = wall_seconds();
    return (end - begin) / static_cast<double>(ticks() - first);
  }();
  return value;
}

/// Keeps the compiler from deleting work whose result nobody reads.
inline void escape(void const* p) noexcept { asm volatile("" : : "g"(p) : "memory"); }

}  // namespace bench

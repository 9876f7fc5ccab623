// SPDX-License-Identifier: MIT
// A slice: a contender runs for a millisecond or two, and it is known whether the machine took time away meanwhile.
#pragma once

#include <sys/resource.h>

#include <vector>

#include "clock.hpp"
#include "statistics.hpp"

namespace bench {

/// What one slice saw.
struct slice_result {
  double seconds = 0;   ///< of one run: the median over the slice's batches
  bool stolen = false;  ///< another program or the hypervisor ran meanwhile: the slice does not count
};

/// Involuntary context switches of this thread so far.
inline long preemptions() noexcept {
  rusage u;
  getrusage(RUSAGE_THREAD, &u);
  return u.ru_nivcsw;
}

/// A gap shows in three ways: the kernel counts a preemption; wall time runs ahead of the thread's processor time (the kernel's
/// paravirtual clock leaves out what the hypervisor took); or one batch takes much longer than its neighbours. The last is all
/// that a guest without such a clock sees, and needs batches that are short beside the gap.
inline bool shows_gap(std::vector<double> const& batches, double wall, double processor, long preempted) {
  if (preempted > 0 || wall - processor > 20e-6 + 0.01 * wall) return true;
  if (batches.size() < 4) return false;
  double const usual = median(batches);
  for (double b : batches)
    if (b > 2 * usual + 5e-6) return true;
  return false;
}

/// Runs batches of `batch` calls for at least `duration` seconds, at least one batch. run() is a call that the compiler cannot see into.
template <class Run>
slice_result time_slice(Run&& run, long batch, double duration) {
  static thread_local std::vector<double> batches;
  batches.clear();
  long const preempted = preemptions();
  double const processor = thread_seconds(), begin = wall_seconds(), tick = seconds_per_tick();
  double wall = 0;
  do {
    std::uint64_t const first = ticks();
    for (long i = 0; i < batch; ++i) run();
    batches.push_back(static_cast<double>(ticks() - first) * tick);
    wall = wall_seconds() - begin;
  } while (wall < duration);
  return {median(batches) / static_cast<double>(batch), shows_gap(batches, wall, thread_seconds() - processor, preemptions() - preempted)};
}

/// How many calls make a batch of at least 20 us, beside which reading the clock is nothing.
template <class Run>
long batch_for(Run&& run) {
  for (long n = 1;; n *= 2) {
    double const begin = wall_seconds();
    for (long i = 0; i < n; ++i) run();
    if (wall_seconds() - begin > 20e-6) return n;
  }
}

}  // namespace bench

// SPDX-License-Identifier: MIT
// The thread policy over OpenMP's own pool. Present only when the compiler has OpenMP on (_OPENMP).
#pragma once

#include <dsi/parallel/thread_policy.hpp>

#if defined(_OPENMP)

namespace DSI_NAMESPACE {

/// N threads of OpenMP's pool, for programs that use it already: both then share one set of threads.
/// The parts depend on N alone; the runtime may give fewer threads than N, never other parts.
/// The runtime creates its threads in the first loop and may sleep, lock and make system calls in every loop:
/// where the run path must not, use spin<N>.
template <int N>
struct openmp {
  static_assert(1 <= N && N <= max_threads, "dsi::openmp<N>: N counts all threads, from 1 to dsi::max_threads");

  static constexpr int size() noexcept { return N; }

  template <class Body>
  void for_each(index count, Body body) const noexcept {
    DSI_CHECK(count >= 0, "openmp::for_each: negative count");
    Body const& shared_body = body;
    int const parts = static_cast<int>(smaller(count, N));
    if (parts <= 1) {
      if (count > 0) shared_body(index{0}, count);
      return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(parts)
    for (int i = 0; i < parts; ++i) {
      index_range const part = part_of(count, N, i);
      shared_body(part.first, part.last);
    }
  }

  /// OpenMP decides itself when its threads sleep (OMP_WAIT_POLICY).
  static constexpr void park() noexcept {}
  static constexpr void unpark() noexcept {}
};

static_assert(parkable<openmp<2>>);

}  // namespace DSI_NAMESPACE

#endif

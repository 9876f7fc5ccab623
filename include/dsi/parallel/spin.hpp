// SPDX-License-Identifier: MIT
// The thread policy for latency: helpers that spin between loops, so that a loop starts and joins in about 100 ns.
#pragma once

#include <dsi/parallel/thread_policy.hpp>

#if defined(__linux__)

#include <atomic>
#include <initializer_list>

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace DSI_NAMESPACE {

namespace detail {

/// Tells the core that this is a waiting loop.
DSI_INLINE void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

/// Everything of spin<N> that does not depend on N or on the loop's body.
///
/// A loop is announced by one store to `word_`, which shares a cache line with the job. Part 0 belongs to the caller;
/// every other part has a slot on lines of its own, and is run by whoever moves the slot's state to the announced word
/// first: its helper, or the caller when it has nothing else left to do. So a helper that the scheduler took away, that
/// sleeps, that could not be created or that a fork left behind delays no loop; only a helper that is taken away inside
/// a body does. A job is read only after its part was won, and the caller returns only when every part is done:
/// therefore a job is never overwritten while it is read, and a late helper touches nothing.
class spin_core {
 public:
  using word = std::uint64_t;
  using part_function = void (*)(void const* body, index first, index last) noexcept;

  struct job {
    part_function run = nullptr;
    void const* body = nullptr;
    index quotient = 0;
    index remainder = 0;
    DSI_INLINE void run_part(index which) const noexcept {
      index const first = which * quotient + smaller(which, remainder);
      run(body, first, first + quotient + (which < remainder ? 1 : 0));
    }
  };

  /// 128 bytes: the adjacent-line prefetcher fetches pairs of lines.
  struct alignas(alignment) slot {
    std::atomic<word> state{0};  // the last word whose part was won; bit 0: that part is done
    spin_core* team = nullptr;
    int part = 0;
    pthread_t thread{};
    std::byte padding[128 - 24 - sizeof(pthread_t)]{};
  };
  static_assert(sizeof(slot) == 128);

  spin_core() noexcept = default;
  spin_core(spin_core const&) = delete;
  spin_core& operator=(spin_core const&) = delete;

  /// Starts a helper per slot and waits until each runs. Where the system refuses a thread, the team has fewer helpers.
  DSI_NOINLINE void start(slot* slots, int count) noexcept {
    slots_ = slots;
    // Helpers leave signals to the program's own threads, except those that a fault in a body raises.
    sigset_t blocked;
    sigset_t before;
    sigfillset(&blocked);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) sigdelset(&blocked, fault);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    for (; helpers_ < count; ++helpers_) {
      slot& mine = slots[helpers_];
      mine.team = this;
      mine.part = helpers_ + 1;
      if (pthread_create(&mine.thread, nullptr, &helper_main, &mine) != 0) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    wait_until_awake(helpers_);
    alone_ = helpers_ == 0;
  }

  DSI_NOINLINE void stop() noexcept {
    announce(stop_bit);
    open_gate();
    for (int i = 0; i < helpers_; ++i) pthread_join(slots_[i].thread, nullptr);
    helpers_ = 0;
  }

  DSI_NOINLINE void park() noexcept {
    if (alone_) return;
    alone_ = true;
    gate_.store(closed, std::memory_order_relaxed);
    announce(park_bit);
    wait_until_awake(0);
  }

  DSI_NOINLINE void unpark() noexcept {
    if (!alone_ || helpers_ == 0) return;
    open_gate();
    wait_until_awake(helpers_);
    alone_ = false;
  }

  bool parked() const noexcept { return alone_ && helpers_ > 0; }
  int helpers() const noexcept { return helpers_; }

  /// Runs parts 0 to parts - 1 of the job; parts >= 2. Makes no system call.
  DSI_NOINLINE void run(job const& work, int parts) noexcept {
#if defined(DSI_CHECKED)
    DSI_CHECK(!running_.exchange(true), "spin::for_each: called inside a body, or by two threads at once");
#endif
    if (alone_) {
      for (int i = 0; i < parts; ++i) work.run_part(i);
    } else {
      job_ = work;
      word const announced = announce(static_cast<word>(parts) << parts_shift);
      work.run_part(0);
      for (int i = 1; i < parts; ++i) {
        std::atomic<word>& state = slots_[i - 1].state;
        word before = state.load(std::memory_order_relaxed);
        if ((before & ~done_bit) == announced) continue;
        // The helper has not begun. The caller marks the part as done at once: nobody else waits for it.
        if (state.compare_exchange_strong(before, announced | done_bit, std::memory_order_relaxed)) work.run_part(i);
      }
      for (int i = 1; i < parts; ++i)
        while (slots_[i - 1].state.load(std::memory_order_acquire) != (announced | done_bit)) relax();
    }
#if defined(DSI_CHECKED)
    running_.store(false);
#endif
  }

 private:
  // A word: bit 0 done (in a slot's state only), bit 1 stop, bit 2 park, bits 4 to 15 the number of parts, then a
  // sequence number of 48 bits, which lasts 325 days at 100 ns a loop before it wraps; order is by signed difference.
  static constexpr word done_bit = 1;
  static constexpr word stop_bit = 2;
  static constexpr word park_bit = 4;
  static constexpr int parts_shift = 4;
  static constexpr int sequence_shift = 16;
  static_assert(max_threads < 1 << (sequence_shift - parts_shift));

  static constexpr std::uint32_t open = 0;
  static constexpr std::uint32_t closed = 1;

  /// A helper makes no system call for this many pauses after its last loop (40 to 200 us, longer than the serial
  /// stretches of a network), then offers its core to others once every `idle_pauses`.
  static constexpr int hot_pauses = 4096;
  static constexpr int idle_pauses = 32;

  word announce(word content) noexcept {
    word const next = (((word_.load(std::memory_order_relaxed) >> sequence_shift) + 1) << sequence_shift) | content;
    word_.store(next, std::memory_order_release);
    return next;
  }

  void open_gate() noexcept {
    gate_.store(open, std::memory_order_release);
    syscall(SYS_futex, &gate_, FUTEX_WAKE_PRIVATE, helpers_, nullptr, nullptr, 0);
  }

  void wait_until_awake(int count) const noexcept {
    while (awake_.load(std::memory_order_acquire) != count) sched_yield();
  }

  /// Runs the part of `mine` unless the caller was faster.
  void help(slot& mine, word announced) const noexcept {
    if (mine.part >= static_cast<int>((announced >> parts_shift) & 0xfff)) return;
    word before = mine.state.load(std::memory_order_relaxed);
    if (static_cast<std::int64_t>(announced - (before & ~done_bit)) <= 0) return;
    if (!mine.state.compare_exchange_strong(before, announced, std::memory_order_relaxed)) return;
    job_.run_part(mine.part);
    mine.state.store(announced | done_bit, std::memory_order_release);
  }

  void sleep() noexcept {
    awake_.fetch_sub(1, std::memory_order_acq_rel);
    while (gate_.load(std::memory_order_acquire) == closed)
      syscall(SYS_futex, &gate_, FUTEX_WAIT_PRIVATE, closed, nullptr, nullptr, 0);
    awake_.fetch_add(1, std::memory_order_acq_rel);
  }

  static void* helper_main(void* argument) noexcept {
    slot& mine = *static_cast<slot*>(argument);
    spin_core& team = *mine.team;
    team.awake_.fetch_add(1, std::memory_order_acq_rel);
    word seen = 0;
    for (int pauses = 0;;) {
      word const announced = team.word_.load(std::memory_order_acquire);
      if (announced == seen) {
        relax();
        if (++pauses < hot_pauses) continue;
        sched_yield();
        pauses = hot_pauses - idle_pauses;
        continue;
      }
      seen = announced;
      pauses = 0;
      if ((announced & stop_bit) != 0) return nullptr;
      if ((announced & park_bit) != 0) team.sleep();
      else team.help(mine, announced);
    }
  }

  alignas(alignment) std::atomic<word> word_{0};
  job job_{};
  alignas(alignment) std::atomic<std::uint32_t> gate_{open};  // the kernel compares it: 32 bits
  std::atomic<int> awake_{0};
  slot* slots_ = nullptr;
  int helpers_ = 0;
  bool alone_ = true;  // the caller runs every part: parked, or no helper
#if defined(DSI_CHECKED)
  std::atomic<bool> running_{false};
#endif
};

}  // namespace detail

/// N threads in all: the caller and N - 1 helpers, which live and spin as long as the object.
///
/// Run path  for_each allocates nothing, takes no lock and makes no system call in the caller. A helper makes one only
///           when it has had no work for some thousand pauses (sched_yield), never between the loops of one run.
/// Cores     meant for N cores of its own. With fewer, loops still finish: the caller runs what no helper has begun. It
///           waits only for a helper that was descheduled inside a body, at most until the scheduler runs it again.
/// Placement no memory beside the object: may be constructed in sizeof(spin<N>) raw bytes aligned to alignof(spin<N>).
///           Helpers inherit the constructing thread's affinity and priority; 128 bytes per helper.
/// Threads   the constructor returns when all helpers run. helpers() < N - 1 where the system refused a thread; the
///           caller does their parts. After a fork the child must call neither park, unpark nor the destructor.
/// Example   tests/parallel/team_test.cpp
template <int N>
class spin {
 public:
  static_assert(1 <= N && N <= max_threads, "dsi::spin<N>: N counts all threads, from 1 to dsi::max_threads");

  spin() noexcept {
    if constexpr (N > 1) core_.start(slots_, N - 1);
  }
  ~spin() {
    if constexpr (N > 1) core_.stop();
  }
  spin(spin const&) = delete;
  spin& operator=(spin const&) = delete;

  static constexpr int size() noexcept { return N; }

  template <class Body>
  DSI_INLINE void for_each(index count, Body body) noexcept {
    DSI_CHECK(count >= 0, "spin::for_each: negative count");
    if constexpr (N == 1) {
      if (count > 0) static_cast<Body const&>(body)(index{0}, count);
    } else if (count <= 1) {
      if (count > 0) run_body<Body>(&body, 0, count);
    } else {
      core_.run({&run_body<Body>, &body, count / N, count % N}, static_cast<int>(smaller(count, N)));
    }
  }

  /// Puts the helpers to sleep; returns when none spins. Loops then run in the caller, in the same parts.
  void park() noexcept { core_.park(); }
  /// Wakes them; returns when all spin.
  void unpark() noexcept { core_.unpark(); }
  bool parked() const noexcept { return core_.parked(); }
  /// Helper threads that exist.
  int helpers() const noexcept { return core_.helpers(); }

 private:
  /// The body's only copy in the binary: the caller's part and the helpers' go through it.
  template <class Body>
  static void run_body(void const* body, index first, index last) noexcept {
    (*static_cast<Body const*>(body))(first, last);
  }

  detail::spin_core core_;
  detail::spin_core::slot slots_[N > 1 ? N - 1 : 1];
};

static_assert(parkable<spin<2>> && alignof(spin<2>) == alignment);

}  // namespace DSI_NAMESPACE

#endif

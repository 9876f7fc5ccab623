// SPDX-License-Identifier: MIT
// Counts what a call must not do when latency matters: allocate, take a lock, make a system call.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace run_path {

/// What one trap saw. A count says something only when `armed`: before each measurement the trap has to catch a
/// deliberate event, in the same thread and by the same means. Where it does not (seccomp under qemu-user or in a
/// strict container, a sanitizer's own malloc), it is not armed, and "0" would be a lie.
struct trap {
  bool armed = false;
  std::uint64_t count = 0;
};

struct run_path_report {
  trap allocations;   ///< malloc family and operator new, frees too; in any thread of the process
  trap locks;         ///< mutex, rwlock, spin lock, condition variable, semaphore, barrier, once, futex; any thread
  trap system_calls;  ///< in the measuring thread: any, also those that libc makes by itself
  long first_system_call = -1;  ///< its number in <sys/syscall.h>, -1 for none

  /// All three traps worked and saw nothing.
  bool clean() const;
};

/// Calls `call` `repetitions` times in a new thread with all traps set, and returns what they saw, the first repetition
/// included. That thread gets a seccomp filter that lasts until it ends; the caller's thread is never filtered. A system
/// call is counted and then carried out, so that the program goes on as usual; only creating threads or processes inside
/// `call` fails (ENOSYS). Threads that `call` hands work to must have started before. One measurement at a time.
///
/// Needs glibc and libstdc++ as shared libraries. A sanitizer takes the place of some traps: those are not armed then.
/// Not seen: locks inside libc that need no system call (stdio's), and system calls of other threads.
template <class Call>
run_path_report measure(Call&& call, long repetitions);

enum class injection { none, malloc, lock, syscall };

/// Does the thing that a trap must see: `--inject malloc|lock|syscall`. Uncontended, and cheap like a real slip.
void inject(injection kind) noexcept;

/// "malloc", "lock", "syscall" or "none"; false for anything else.
bool parse_injection(std::string_view text, injection& kind) noexcept;

/// Writes "allocations 0, locks 0, system calls 0"; "not available here" for what is not armed.
void print(std::FILE* out, run_path_report const& report);

namespace detail {
run_path_report measure(void (*call)(void*), void* context, long repetitions);
}

template <class Call>
run_path_report measure(Call&& call, long repetitions) {
  auto by_reference = [&call] { call(); };  // an object, also where Call is a function
  return detail::measure([](void* context) { (*static_cast<decltype(by_reference)*>(context))(); }, &by_reference,
                         repetitions);
}

}  // namespace run_path

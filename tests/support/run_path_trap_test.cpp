// SPDX-License-Identifier: MIT
// The run-path traps catch what they are for, and report zero for a function that does nothing of it.
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <dsi/parallel/spin.hpp>

#include "../../examples/support/run_path_trap.hpp"

namespace {

#if defined(__has_feature)
#define HAS(Feature) __has_feature(Feature)
#else
#define HAS(Feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS(thread_sanitizer)
constexpr bool interposed = false;
constexpr bool filtered = false;
#elif defined(__SANITIZE_ADDRESS__) || HAS(address_sanitizer)
constexpr bool interposed = false;
constexpr bool filtered = true;
#else
constexpr bool interposed = true;
constexpr bool filtered = true;
#endif

/// Whether a process may set a filter here: asked of the kernel without the trap's code.
bool filters_allowed() {
  if (!filtered) return false;
  pid_t const child = fork();
  if (child == 0) {
    sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    sock_fprog program{1, code};
    bool const set =
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
    _exit(set ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0;
}

/// Keeps a value from being optimized away.
template <class T>
void keep(T const& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

void pure() {
  float sum = 0;
  for (int i = 0; i < 100; ++i) {
    sum += static_cast<float>(i);
    keep(sum);
  }
}

std::uint64_t allocations_of(auto call) { return run_path::measure(call, 1).allocations.count; }
std::uint64_t locks_of(auto call) { return run_path::measure(call, 1).locks.count; }
std::uint64_t system_calls_of(auto call) { return run_path::measure(call, 1).system_calls.count; }

void release(void* memory) {
  keep(memory);
  std::free(memory);
}

}  // namespace

TEST_CASE("the traps are armed, and a pure function reports 0, 0, 0") {
  bool const filters = filters_allowed();
  if (!filters) MESSAGE("system calls: not run, no seccomp filter possible here");
  if (!interposed) MESSAGE("allocations, locks: not run, a sanitizer is in their place");
  int calls = 0;
  auto const report = run_path::measure([&] { pure(), ++calls; }, 1000);
  CHECK(calls == 1000);
  CHECK(report.allocations.armed == interposed);
  CHECK(report.locks.armed == interposed);
  CHECK(report.system_calls.armed == filters);
  CHECK(report.allocations.count == 0);
  CHECK(report.locks.count == 0);
  CHECK(report.system_calls.count == 0);
  CHECK(report.first_system_call == -1);
  CHECK(report.clean() == (interposed && filters));
}

TEST_CASE("what is not armed is not clean and prints no number") {
  run_path::run_path_report report;
  CHECK(!report.clean());
  report.locks.armed = report.allocations.armed = true;
  CHECK(!report.clean());
  char text[200]{};
  std::FILE* const out = fmemopen(text, sizeof text, "w");
  run_path::print(out, report);
  std::fclose(out);
  CHECK(std::string(text) == "allocations 0, locks 0, system calls not available here");
}

TEST_CASE("injections turn the report red") {
  using run_path::injection;
  CHECK(!run_path::measure([] { run_path::inject(injection::syscall); }, 3).clean());
  auto const by = [](injection kind) { return run_path::measure([kind] { pure(), run_path::inject(kind); }, 3); };
  if (interposed) {
    auto const memory = by(injection::malloc);
    CHECK((memory.allocations.count == 6 && memory.locks.count == 0 && memory.system_calls.count == 0));
    auto const lock = by(injection::lock);
    CHECK((lock.allocations.count == 0 && lock.locks.count == 3 && lock.system_calls.count == 0));
    CHECK((!memory.clean() && !lock.clean()));
  }
  auto const call = by(injection::syscall);
  if (call.system_calls.armed) {
    CHECK((call.allocations.count == 0 && call.locks.count == 0 && call.system_calls.count == 3));
    CHECK(call.first_system_call == SYS_getpid);
  }
  injection kind{};
  CHECK((run_path::parse_injection("lock", kind) && kind == injection::lock));
  CHECK(!run_path::parse_injection("locks", kind));
}

TEST_CASE("every way to allocate is counted" * doctest::skip(!interposed)) {
  CHECK(allocations_of([] { release(std::malloc(8)); }) == 2);
  CHECK(allocations_of([] { release(std::calloc(8, 8)); }) == 2);
  CHECK(allocations_of([] { release(std::realloc(std::malloc(8), 800)); }) == 3);
  CHECK(allocations_of([] { release(reallocarray(nullptr, 8, 8)); }) == 2);
  CHECK(allocations_of([] { release(std::aligned_alloc(64, 128)); }) == 2);
  CHECK(allocations_of([] { release(memalign(64, 128)); }) == 2);
  CHECK(allocations_of([] { release(valloc(128)); }) == 2);
  CHECK(allocations_of([] { release(pvalloc(128)); }) == 2);
  CHECK(allocations_of([] { release(strdup("text")); }) == 2);
  CHECK(allocations_of([] {
          void* memory = nullptr;
          if (posix_memalign(&memory, 256, 100) != 0 || reinterpret_cast<std::uintptr_t>(memory) % 256 != 0) std::abort();
          release(memory);
        }) == 2);
  CHECK(allocations_of([] { ::operator delete(::operator new(8)); }) == 2);
  CHECK(allocations_of([] { ::operator delete[](::operator new[](8)); }) == 2);
  CHECK(allocations_of([] { ::operator delete(::operator new(8, std::nothrow), std::nothrow); }) == 2);
  CHECK(allocations_of([] { ::operator delete(::operator new(8, std::align_val_t{64}), std::align_val_t{64}); }) == 2);
  CHECK(allocations_of([] { ::operator delete[](::operator new[](8, std::align_val_t{64}), std::align_val_t{64}); }) == 2);
  CHECK(allocations_of([] { keep(*std::make_unique<std::vector<int>>(100)); }) == 4);
}

TEST_CASE("every way to lock is counted" * doctest::skip(!interposed)) {
  static std::mutex mutex;
  static std::shared_mutex shared;
  static std::timed_mutex timed;
  CHECK(locks_of([] { std::lock_guard const lock(mutex); }) == 1);
  CHECK(locks_of([] { if (mutex.try_lock()) mutex.unlock(); }) == 1);
  CHECK(locks_of([] { if (timed.try_lock_for(std::chrono::seconds(1))) timed.unlock(); }) == 1);
  CHECK(locks_of([] { std::unique_lock const lock(shared); }) == 1);
  CHECK(locks_of([] { std::shared_lock const lock(shared); }) == 1);
  CHECK(locks_of([] { if (shared.try_lock()) shared.unlock(); }) == 1);
  CHECK(locks_of([] { if (shared.try_lock_shared()) shared.unlock_shared(); }) == 1);
  CHECK(locks_of([] {
          std::condition_variable changed;
          std::unique_lock lock(mutex);
          changed.wait_for(lock, std::chrono::microseconds(10));
        }) >= 2);
  std::uint64_t const wake = filters_allowed() ? 1 : 0;  // the futex call that ends these
  static std::once_flag once;
  CHECK(locks_of([] { std::call_once(once, [] {}); }) == 1 + wake);
  CHECK(locks_of([] {
          static std::string const late(getpid() > 0 ? "made at first use" : "");
          keep(late);
        }) >= 1);
  static pthread_spinlock_t spin;
  pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
  CHECK(locks_of([] { pthread_spin_lock(&spin), pthread_spin_unlock(&spin); }) == 1);
  CHECK(locks_of([] { if (pthread_spin_trylock(&spin) == 0) pthread_spin_unlock(&spin); }) == 1);
  static sem_t semaphore;
  sem_init(&semaphore, 0, 3);
  CHECK(locks_of([] { sem_wait(&semaphore); }) == 1);
  CHECK(locks_of([] { sem_trywait(&semaphore); }) == 1);
  CHECK(locks_of([] {
          timespec const now{};
          sem_timedwait(&semaphore, &now);
        }) == 1);
  static pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 1);
  CHECK(locks_of([] { pthread_barrier_wait(&barrier); }) == 1 + wake);
  if (filters_allowed()) CHECK(locks_of([] { syscall(SYS_futex, &spin, 1, 0, nullptr, nullptr, 0); }) == 1);  // FUTEX_WAKE
}

TEST_CASE("system calls are counted and carried out") {
  if (!filters_allowed()) return;
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  ssize_t written = 0;
  CHECK(system_calls_of([&] { written = write(pipe_ends[1], "ok", 2); }) == 1);
  CHECK(written == 2);
  char text[3]{};
  CHECK(read(pipe_ends[0], text, 2) == 2);
  CHECK(std::string(text) == "ok");
  CHECK(system_calls_of([&] { keep(close(pipe_ends[0])), keep(close(pipe_ends[1])); }) == 2);
  CHECK(system_calls_of([] { sched_yield(); }) == 1);
  CHECK(system_calls_of([] { usleep(1); }) == 1);
  long error = 0;
  CHECK(system_calls_of([&] { error = syscall(-2) == -1 ? errno : 0; }) == 1);
  CHECK(error == ENOSYS);

  // All six arguments arrive.
  void* mapped = nullptr;
  CHECK(system_calls_of([&] { mapped = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }) == 1);
  REQUIRE(mapped != MAP_FAILED);
  *static_cast<int*>(mapped) = 1;
  munmap(mapped, 4096);

  // A signal mask lasts, and cannot take the trap away.
  sigset_t all;
  sigset_t now;
  sigfillset(&all);
  sigemptyset(&now);
  CHECK(system_calls_of([&] { pthread_sigmask(SIG_SETMASK, &all, nullptr), pthread_sigmask(SIG_SETMASK, nullptr, &now); }) == 2);
  CHECK(sigismember(&now, SIGTERM) == 1);
  CHECK(sigismember(&now, SIGSYS) == 0);

  // No thread can be made in there; the program goes on.
  CHECK(system_calls_of([] {
          pthread_t thread;
          if (pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr) == 0) pthread_join(thread, nullptr);
        }) >= 1);
}

TEST_CASE("the calling thread is not filtered, and nothing is counted outside a measurement") {
  auto const first = run_path::measure(pure, 10);
  release(std::malloc(10));
  getppid();
  std::thread([] { keep(std::string(100, 'x')); }).join();
  auto const second = run_path::measure(pure, 10);
  CHECK(first.allocations.count + first.locks.count + first.system_calls.count == 0);
  CHECK(second.allocations.count + second.locks.count + second.system_calls.count == 0);
  CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

TEST_CASE("loops of a spinning team make no system call, take no lock, allocate nothing") {
  dsi::spin<3> team;
  float data[300]{};
  float* const values = data;
  auto const loops = [&] {
    for (int i = 0; i < 100; ++i)
      team.for_each(300, [values](dsi::index first, dsi::index last) {
        for (dsi::index k = first; k < last; ++k) values[k] += 1;
      });
  };
  auto const report = run_path::measure(loops, 200);
  CHECK(report.allocations.count == 0);
  CHECK(report.locks.count == 0);
  CHECK(report.system_calls.count == 0);
  CHECK(data[299] == 20000.0F);
  // The trap sees a helper's slips as well as the caller's.
  if (interposed) {
    auto const slip = run_path::measure([&] { team.for_each(3, [](dsi::index, dsi::index) { release(std::malloc(8)); }); }, 50);
    CHECK(slip.allocations.count == 50 * 3 * 2);
  }
}

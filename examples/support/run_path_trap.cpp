// SPDX-License-Identifier: MIT
// The traps: definitions that stand before libc's for allocations and locks, a seccomp filter for system calls.
#include "run_path_trap.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <type_traits>

#include <dlfcn.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__has_feature)
#define TRAP_HAS(Feature) __has_feature(Feature)
#else
#define TRAP_HAS(Feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || TRAP_HAS(thread_sanitizer) || TRAP_HAS(memory_sanitizer)
// Such a sanitizer stands before libc itself, and makes system calls of its own in signal handlers.
#define TRAP_INTERPOSES 0
#define TRAP_FILTERS 0
#elif defined(__SANITIZE_ADDRESS__) || TRAP_HAS(address_sanitizer)
#define TRAP_INTERPOSES 0
#define TRAP_FILTERS 1
#else
#define TRAP_INTERPOSES 1
#define TRAP_FILTERS 1
#endif

namespace {

// Constant-initialized: malloc is called before any constructor runs.
constinit std::atomic<bool> armed{false};
constinit std::atomic<std::uint64_t> allocations{0};
constinit std::atomic<std::uint64_t> locks{0};
constinit std::atomic<std::uint64_t> system_calls{0};
constinit std::atomic<long> first_system_call{-1};

[[maybe_unused]] void saw(std::atomic<std::uint64_t>& counter) noexcept {
  if (armed.load(std::memory_order_relaxed)) counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

#if TRAP_INTERPOSES

// Allocations. The program's own definitions are found before libc's, from every library, libstdc++'s operator new
// among them: so each of its variants is counted here, once. glibc offers its functions under second names.
extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;
void __libc_free(void*) noexcept;

void* malloc(std::size_t size) noexcept {
  saw(allocations);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  saw(allocations);
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  saw(allocations);
  return __libc_realloc(old, size);
}
void* reallocarray(void* old, std::size_t count, std::size_t size) noexcept {
  saw(allocations);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_realloc(old, bytes);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  saw(allocations);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  saw(allocations);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  saw(allocations);
  if (alignment % sizeof(void*) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void* const memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}
void* valloc(std::size_t size) noexcept {
  saw(allocations);
  return __libc_memalign(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), size);
}
void* pvalloc(std::size_t size) noexcept {
  saw(allocations);
  auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return __libc_memalign(page, (size + page - 1) / page * page);
}
void free(void* memory) noexcept {
  saw(allocations);
  __libc_free(memory);
}
}

// Locks: everything that may wait for another thread. Unlocking is not counted, a lock came before it.
namespace {
template <class Function>
Function* next_definition(std::atomic<Function*>& cache, char const* name) noexcept {
  Function* found = cache.load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    if (found == nullptr) abort();
    cache.store(found, std::memory_order_relaxed);
  }
  return found;
}
}  // namespace

#define TRAP_LOCK(Noexcept, Result, Name, Parameters, ...)              \
  extern "C" Result Name Parameters Noexcept {                          \
    static constinit std::atomic<Result(*) Parameters> libc{nullptr};   \
    saw(locks);                                                         \
    return next_definition<Result Parameters>(libc, #Name)(__VA_ARGS__); \
  }
TRAP_LOCK(noexcept, int, pthread_mutex_lock, (pthread_mutex_t * m), m)
TRAP_LOCK(noexcept, int, pthread_mutex_trylock, (pthread_mutex_t * m), m)
TRAP_LOCK(noexcept, int, pthread_mutex_timedlock, (pthread_mutex_t * m, timespec const* t), m, t)
TRAP_LOCK(noexcept, int, pthread_mutex_clocklock, (pthread_mutex_t * m, clockid_t c, timespec const* t), m, c, t)
TRAP_LOCK(noexcept, int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), l)
TRAP_LOCK(noexcept, int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), l)
TRAP_LOCK(noexcept, int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * l), l)
TRAP_LOCK(noexcept, int, pthread_rwlock_trywrlock, (pthread_rwlock_t * l), l)
TRAP_LOCK(noexcept, int, pthread_spin_lock, (pthread_spinlock_t * l), l)
TRAP_LOCK(noexcept, int, pthread_spin_trylock, (pthread_spinlock_t * l), l)
TRAP_LOCK(noexcept, int, pthread_barrier_wait, (pthread_barrier_t * b), b)
TRAP_LOCK(, int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t* m), c, m)
TRAP_LOCK(, int, pthread_cond_timedwait, (pthread_cond_t * c, pthread_mutex_t* m, timespec const* t), c, m, t)
TRAP_LOCK(, int, pthread_cond_clockwait, (pthread_cond_t * c, pthread_mutex_t* m, clockid_t k, timespec const* t), c, m,
          k, t)
TRAP_LOCK(, int, pthread_once, (pthread_once_t * o, void (*f)()), o, f)
TRAP_LOCK(, int, sem_wait, (sem_t * s), s)
TRAP_LOCK(noexcept, int, sem_trywait, (sem_t * s), s)
TRAP_LOCK(, int, sem_timedwait, (sem_t * s, timespec const* t), s, t)
TRAP_LOCK(, int, __cxa_guard_acquire, (long long* guard), guard)  // a function's static variable, first use
#undef TRAP_LOCK

#endif  // TRAP_INTERPOSES

// System calls. A filter lets through what comes from one instruction, the gate below, and the return from a signal
// handler; everything else raises SIGSYS in the thread. The handler counts it and carries it out through the gate.
#if defined(__x86_64__) && TRAP_FILTERS
#define TRAP_ARCH AUDIT_ARCH_X86_64
asm(R"(
  .text
  .globl run_path_gate, run_path_gate_return
  .hidden run_path_gate, run_path_gate_return
  .type run_path_gate, @function
run_path_gate:
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
run_path_gate_return:
  ret
  .size run_path_gate, . - run_path_gate
)");
#elif defined(__aarch64__) && TRAP_FILTERS
#define TRAP_ARCH AUDIT_ARCH_AARCH64
asm(R"(
  .text
  .globl run_path_gate, run_path_gate_return
  .hidden run_path_gate, run_path_gate_return
  .type run_path_gate, %function
run_path_gate:
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  mov x5, x6
  svc #0
run_path_gate_return:
  ret
  .size run_path_gate, . - run_path_gate
)");
#endif

namespace {

#if defined(TRAP_ARCH)

extern "C" long run_path_gate(long number, long, long, long, long, long, long) noexcept;
extern "C" char const run_path_gate_return[];

bool creates_a_thread(long number) noexcept {
#if defined(SYS_fork)
  if (number == SYS_fork || number == SYS_vfork) return true;
#endif
  return number == SYS_clone || number == SYS_clone3;
}

void on_system_call(int, siginfo_t* info, void* context) noexcept {
  auto* const machine = static_cast<ucontext_t*>(context);
  long const number = info->si_syscall;
  if (armed.load(std::memory_order_relaxed)) {
    saw(system_calls);
    if (number == SYS_futex) saw(locks);
    long none = -1;
    first_system_call.compare_exchange_strong(none, number, std::memory_order_relaxed);
  }
#if defined(__x86_64__)
  auto& r = machine->uc_mcontext.gregs;
  auto& result = r[REG_RAX];
  long const a[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
#else
  auto& r = machine->uc_mcontext.regs;
  auto& result = r[0];
  long const a[6] = {static_cast<long>(r[0]), static_cast<long>(r[1]), static_cast<long>(r[2]),
                     static_cast<long>(r[3]), static_cast<long>(r[4]), static_cast<long>(r[5])};
#endif
  // A thread made in here would start on the handler's stack.
  long const value = creates_a_thread(number) ? -ENOSYS : run_path_gate(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  result = static_cast<std::remove_reference_t<decltype(result)>>(value);
  if (number == SYS_rt_sigprocmask) {
    // The mask that counts is the one restored when this handler returns; SIGSYS must stay deliverable.
    run_path_gate(SYS_rt_sigprocmask, SIG_BLOCK, 0, reinterpret_cast<long>(&machine->uc_sigmask), 8, 0, 0);
    sigdelset(&machine->uc_sigmask, SIGSYS);
  }
}

/// Sets the filter on the calling thread; false where that is not allowed.
bool filter_this_thread() noexcept {
  auto const gate = reinterpret_cast<std::uintptr_t>(run_path_gate_return);
  auto const low = static_cast<std::uint32_t>(gate);
  auto const high = static_cast<std::uint32_t>(gate >> 32);
  constexpr auto at = [](std::size_t offset) { return static_cast<std::uint32_t>(offset); };
  constexpr std::size_t pointer = offsetof(seccomp_data, instruction_pointer);
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at(offsetof(seccomp_data, arch))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TRAP_ARCH, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at(offsetof(seccomp_data, nr))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 4, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at(pointer)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at(pointer + 4)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  sigset_t deliverable;
  sigemptyset(&deliverable);
  sigaddset(&deliverable, SIGSYS);
  pthread_sigmask(SIG_UNBLOCK, &deliverable, nullptr);
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void install_handler(struct sigaction* before) noexcept {
  struct sigaction action {};
  action.sa_sigaction = &on_system_call;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSYS, &action, before);
}

#else

bool filter_this_thread() noexcept { return false; }
void install_handler(struct sigaction* before) noexcept { sigaction(SIGSYS, nullptr, before); }

#endif

struct measurement {
  void (*call)(void*);
  void* context;
  long repetitions;
  run_path::run_path_report report{};
};

void reset() noexcept {
  allocations = 0;
  locks = 0;
  system_calls = 0;
  first_system_call = -1;
}

/// Does one of each and looks whether it was seen; what the traps did must also have its normal effect.
void prove(run_path::run_path_report& report) noexcept {
  pid_t const parent = getppid();
  reset();
  armed = true;
  run_path::inject(run_path::injection::malloc);
  run_path::inject(run_path::injection::lock);
  armed = false;
  report.allocations.armed = allocations >= 2;  // malloc and free
  report.locks.armed = locks >= 1;
  reset();
  if (filter_this_thread()) {
    armed = true;
    run_path::inject(run_path::injection::syscall);
    long const seen = syscall(SYS_getppid);
    armed = false;
    report.system_calls.armed = system_calls == 2 && seen == parent;
  }
  reset();
}

void* measuring_thread(void* argument) noexcept {
  auto& work = *static_cast<measurement*>(argument);
  prove(work.report);
  armed = true;
  for (long i = 0; i < work.repetitions; ++i) work.call(work.context);
  armed = false;
  work.report.allocations.count = allocations;
  work.report.locks.count = locks;
  work.report.system_calls.count = system_calls;
  work.report.first_system_call = first_system_call;
  return nullptr;
}

void print_trap(std::FILE* out, char const* name, run_path::trap const& trap) {
  if (trap.armed) std::fprintf(out, "%s %llu", name, static_cast<unsigned long long>(trap.count));
  else std::fprintf(out, "%s not available here", name);
}

}  // namespace

namespace run_path {

bool run_path_report::clean() const {
  auto const quiet = [](trap const& t) { return t.armed && t.count == 0; };
  return quiet(allocations) && quiet(locks) && quiet(system_calls);
}

run_path_report detail::measure(void (*call)(void*), void* context, long repetitions) {
  measurement work{call, context, repetitions};
  struct sigaction before {};
  install_handler(&before);
  pthread_t thread{};
  if (pthread_create(&thread, nullptr, &measuring_thread, &work) == 0) pthread_join(thread, nullptr);
  sigaction(SIGSYS, &before, nullptr);
  return work.report;
}

void inject(injection kind) noexcept {
  switch (kind) {
    case injection::none: return;
    case injection::malloc: {
      void* memory = std::malloc(24);
      asm volatile("" : "+r"(memory));  // or the compiler removes the pair
      std::free(memory);
      return;
    }
    case injection::lock: {
      static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
      pthread_mutex_lock(&mutex);
      pthread_mutex_unlock(&mutex);
      return;
    }
    case injection::syscall: syscall(SYS_getpid); return;
  }
}

bool parse_injection(std::string_view text, injection& kind) noexcept {
  if (text == "none") kind = injection::none;
  else if (text == "malloc") kind = injection::malloc;
  else if (text == "lock") kind = injection::lock;
  else if (text == "syscall") kind = injection::syscall;
  else return false;
  return true;
}

void print(std::FILE* out, run_path_report const& report) {
  print_trap(out, "allocations", report.allocations);
  print_trap(out, ", locks", report.locks);
  print_trap(out, ", system calls", report.system_calls);
  if (report.first_system_call >= 0) std::fprintf(out, " (the first is number %ld)", report.first_system_call);
}

}  // namespace run_path

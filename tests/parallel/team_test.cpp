// SPDX-License-Identifier: MIT
// Thread policies: every index once, the same parts whatever the timing, results visible, parked teams, a user's pool.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <dsi/parallel/openmp.hpp>
#include <dsi/parallel/serial.hpp>
#include <dsi/parallel/spin.hpp>

namespace {

using dsi::index;
using dsi::index_range;

#if defined(__SANITIZE_THREAD__)
#define DSI_TEST_SLOW 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DSI_TEST_SLOW 1
#endif
#endif
#if defined(DSI_TEST_SLOW)
constexpr int many = 20'000;
#else
constexpr int many = 1'000'000;
#endif

/// The ranges that a team hands out for `count`, by first index; {-1, -1} where none starts.
template <class Team>
std::vector<index_range> ranges_of(Team& team, index count) {
  std::vector<index_range> seen(static_cast<std::size_t>(count) + 1, index_range{-1, -1});
  auto* const out = seen.data();
  team.for_each(count, [out](index first, index last) { out[first] = {first, last}; });
  std::erase(seen, index_range{-1, -1});
  return seen;
}

std::vector<index_range> expected_ranges(index count, int parts) {
  std::vector<index_range> all;
  for (int i = 0; i < parts; ++i)
    if (auto const part = dsi::part_of(count, parts, i); !part.empty()) all.push_back(part);
  return all;
}

/// Counts how often each index is visited; the counters are plain, so that a race is one for ThreadSanitizer.
template <class Team>
bool visits_each_once(Team& team, index count) {
  std::vector<int> visits(static_cast<std::size_t>(count) + 2, 0);
  int* const out = visits.data();
  team.for_each(count, [out](index first, index last) {
    for (index i = first; i < last; ++i) ++out[i];
  });
  for (index i = 0; i < count; ++i)
    if (out[i] != 1) return false;
  return out[count] == 0 && out[count + 1] == 0;
}

template <class Team>
void check_ranges(Team& team) {
  CAPTURE(team.size());
  int wrong_visits = 0;
  int wrong_ranges = 0;
  for (index count = 0; count < 70; ++count) {
    wrong_visits += !visits_each_once(team, count);
    wrong_ranges += ranges_of(team, count) != expected_ranges(count, team.size());
  }
  for (index const count : {100, 127, 128, 129, 1000, 4095, 4096, 100'003}) {
    wrong_visits += !visits_each_once(team, count);
    wrong_ranges += ranges_of(team, count) != expected_ranges(count, team.size());
  }
  CHECK(wrong_visits == 0);
  CHECK(wrong_ranges == 0);
}

/// A pool as a program may already have one: mutex, condition variable, a thread per worker.
class my_pool {
 public:
  explicit my_pool(int workers) {
    for (int i = 0; i < workers; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  ~my_pool() {
    start(nullptr, nullptr);
    for (auto& worker : workers_) worker.join();
  }
  int threads() const noexcept { return static_cast<int>(workers_.size()); }

  template <class Call>
  void run_on_all(Call call) {
    start([](void* context, int i) { (*static_cast<Call*>(context))(i); }, &call);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void start(void (*call)(void*, int), void* context) {
    std::lock_guard const lock(mutex_);
    call_ = call;
    context_ = context;
    busy_ = threads();
    ++round_;
    begin_.notify_all();
  }
  void work(int i) {
    for (int seen = 0;;) {
      std::unique_lock lock(mutex_);
      begin_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      auto const call = call_;
      auto const context = context_;
      lock.unlock();
      if (call == nullptr) return;
      call(context, i);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable done_;
  void (*call_)(void*, int) = nullptr;
  void* context_ = nullptr;
  int busy_ = 0;
  int round_ = 0;
  std::vector<std::thread> workers_;
};

// [user-pool]
struct my_threads {
  my_pool* pool;
  int size() const noexcept { return pool->threads(); }
  template <class Body>
  void for_each(index count, Body body) noexcept {
    pool->run_on_all([&](int i) {
      auto const [first, last] = dsi::part_of(count, size(), i);
      if (first < last) body(first, last);
    });
  }
};
static_assert(dsi::thread_policy<my_threads> && !dsi::parkable<my_threads>);
// [user-pool]

struct without_noexcept {
  int size() const noexcept { return 1; }
  template <class Body>
  void for_each(index count, Body body) { body(index{0}, count); }
};
static_assert(!dsi::thread_policy<without_noexcept> && !dsi::thread_policy<int>);

double nanoseconds_per_call(int calls, auto&& call) {
  auto const begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) call();
  std::chrono::duration<double, std::nano> const spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / calls;
}

}  // namespace

TEST_CASE("part_of covers the range, in order, balanced") {
  int wrong = 0;
  for (int parts = 1; parts < 20; ++parts)
    for (index count = 0; count < 100; ++count) {
      index next = 0;
      index shortest = count;
      index longest = 0;
      for (int i = 0; i < parts; ++i) {
        auto const part = dsi::part_of(count, parts, i);
        wrong += part.first != next;
        next = part.last;
        shortest = dsi::smaller(shortest, part.last - part.first);
        longest = dsi::larger(longest, part.last - part.first);
      }
      wrong += next != count || longest - shortest > 1;
    }
  CHECK(wrong == 0);
  auto const huge = dsi::part_of(std::numeric_limits<index>::max(), 1024, 1023);
  CHECK(huge.last == std::numeric_limits<index>::max());
}

TEST_CASE("every policy hands out each index once, in the parts of part_of") {
  dsi::serial one;
  check_ranges(one);
  dsi::spin<1> spin1;
  check_ranges(spin1);
  dsi::spin<2> spin2;
  check_ranges(spin2);
  CHECK(spin2.helpers() == 1);
  dsi::spin<3> spin3;
  check_ranges(spin3);
  dsi::spin<7> spin7;  // more than this machine may have
  check_ranges(spin7);
  my_pool pool(3);
  my_threads mine{&pool};
  check_ranges(mine);
#if defined(_OPENMP)
  dsi::openmp<3> openmp3;
  check_ranges(openmp3);
#endif
}

TEST_CASE("a million loops: bodies see what came before, the caller sees what they wrote") {
  dsi::spin<2> team;
  std::array<int, 256> values{};
  int wrong = 0;
  for (int round = 0; round < many; ++round) {
    index const count = 2 + round % 255;
    int* const data = values.data();
    team.for_each(count, [data, round](index first, index last) {
      for (index i = first; i < last; ++i) data[i] = data[i] >= 0 ? round : -1;
    });
    wrong += values[0] != round || values[static_cast<std::size_t>(count - 1)] != round;
  }
  CHECK(wrong == 0);
}

TEST_CASE("the helper takes part") {
  dsi::spin<2> team;
  std::atomic<int> inside{0};
  bool met[2]{};
  // Both parts wait for each other: only two threads at the same time can pass before the deadline.
  team.for_each(2, [&inside, &met](index first, index) {
    ++inside;
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (inside.load() < 2 && std::chrono::steady_clock::now() < deadline) sched_yield();
    met[first] = inside.load() == 2;
  });
  CHECK(met[0]);
  CHECK(met[1]);
}

TEST_CASE("a parked team runs its loops in the caller, in the same parts, and uses no processor time") {
  dsi::spin<3> team;
  auto const caller = pthread_self();
  for (int round = 0; round < 50; ++round) {
    team.park();
    CHECK(team.parked());
    team.park();
    bool elsewhere[3]{};
    team.for_each(3, [&elsewhere, caller](index i, index) { elsewhere[i] = pthread_equal(pthread_self(), caller) == 0; });
    CHECK((!elsewhere[0] && !elsewhere[1] && !elsewhere[2]));
    if (round % 10 == 0) check_ranges(team);
    team.unpark();
    CHECK(!team.parked());
    team.unpark();
    CHECK(visits_each_once(team, 1000));
  }
  team.park();
  timespec before{};
  timespec after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  double const used = static_cast<double>(after.tv_sec - before.tv_sec) +
                      1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
  CHECK(used < 0.05);  // two spinning helpers would use 0.1 to 0.2 s
}

TEST_CASE("a team may be built in raw memory and destroyed in any state") {
  using team = dsi::spin<3>;
  alignas(team) static std::byte memory[sizeof(team)];
  for (int round = 0; round < 40; ++round) {
    team* const made = ::new (static_cast<void*>(memory)) team;
    CHECK(made->helpers() == 2);
    if (round % 2 == 0) CHECK(visits_each_once(*made, 17));
    if (round % 3 == 0) made->park();
    std::destroy_at(made);
  }
}

TEST_CASE("teams with more threads than processors finish") {
  dsi::spin<16> team;
  std::vector<double> data(16'000, 1.0);
  double* const values = data.data();
  int const rounds = many / 100;
  double const each = nanoseconds_per_call(rounds, [&] {
    team.for_each(16'000, [values](index first, index last) {
      for (index i = first; i < last; ++i) values[i] = values[i] * 0.5 + 1.0;
    });
  });
  std::printf("spin<16> on %u processors: %.1f us a loop\n", std::thread::hardware_concurrency(), each * 1e-3);
  CHECK(values[0] == values[15'999]);
  CHECK(values[0] == doctest::Approx(2.0));
}

#if !defined(DSI_TEST_SLOW)
TEST_CASE("a fork's child, without helpers, still runs its loops") {
  dsi::spin<2> team;
  pid_t const child = fork();
  if (child == 0) _exit(visits_each_once(team, 100) && visits_each_once(team, 101) ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

#if defined(DSI_CHECKED)
TEST_CASE("a loop inside a body ends a checked program") {
  auto const ends_badly = [](auto action) {
    pid_t const child = fork();
    if (child == 0) {
      signal(SIGABRT, SIG_DFL);  // not doctest's report
      close(STDERR_FILENO);
      alarm(20);  // a deadlock is no check
      dsi::spin<2> team;
      action(team);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
  };
  CHECK(ends_badly([](auto& team) {
    team.for_each(2, [&team](index, index) { team.for_each(2, [](index, index) {}); });
  }));
  CHECK(ends_badly([](auto& team) { team.for_each(-1, [](index, index) {}); }));
  CHECK(!ends_badly([](auto& team) { team.for_each(2, [](index, index) {}); }));
}
#endif
#endif

TEST_CASE("fork-join time") {
  int const calls = many / 10;
  dsi::spin<2> two;
  double const empty = nanoseconds_per_call(calls, [&] {
    two.for_each(2, [](index, index) { asm volatile("" ::: "memory"); });
  });
  // A body of some 300 ns: what two threads need above half of what one needs is the cost of fork and join.
  std::array<double, 2> sums{};
  std::array<int, 2> helped{};
  auto const caller = pthread_self();
  double* const out = sums.data();
  int* const by_helper = helped.data();
  auto const work = [out, by_helper, caller](index first, index last) {
    for (index part = first; part < last; ++part) {
      double x = 1.0;
      for (int i = 0; i < 200; ++i) {
        x = x * 0.5 + 1.0;
        asm volatile("" : "+m"(x));
      }
      out[part] = x;
      by_helper[part] += pthread_equal(pthread_self(), caller) == 0;
    }
  };
  dsi::serial one;
  double const alone = nanoseconds_per_call(calls, [&] { one.for_each(2, work); });
  double const together = nanoseconds_per_call(calls, [&] { two.for_each(2, work); });
  std::printf("fork-join: empty body %.0f ns; 2 x %.0f ns of work: serial %.0f ns, spin<2> %.0f ns (overhead %.0f ns, "
              "helper ran %.0f%% of its parts)\n",
              empty, alone / 2, alone, together, together - alone / 2, 100.0 * helped[1] / calls);
  CHECK(out[0] == out[1]);
}

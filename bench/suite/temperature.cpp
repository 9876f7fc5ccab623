// SPDX-License-Identifier: MIT
// Single calls: with cold caches, in a fresh process, after a pause; and the distribution of many.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "measure/clock.hpp"
#include "suite.hpp"

namespace bench {

namespace {

double call_seconds(contender const& c) {
  std::uint64_t const begin = ticks();
  c();
  return static_cast<double>(ticks() - begin) * seconds_per_tick();
}

/// Takes time and nothing else: no memory, no vector unit.
void spin(long rounds) {
  for (long i = 0; i < rounds; ++i) asm volatile("" : "+r"(i));
}

}  // namespace

double cache_cold_seconds(contender const& c, suite_limits const& limits, int repeats) {
  // Twice the last level, read and written, so that nothing of the network is left in any.
  static std::vector<char> other(static_cast<std::size_t>(2 * limits.best.levels[2].capacity), 1);
  std::vector<double> times;
  for (int r = 0; r < repeats; ++r) {
    for (std::size_t i = 0; i < other.size(); i += 64) other[i] = static_cast<char>(other[i] + 1);
    escape(other.data());
    times.push_back(call_seconds(c));
  }
  return median(times);
}

double idle_seconds(contender const& c, int repeats) {
  std::vector<double> times;
  for (int r = 0; r < repeats; ++r) {
    usleep(5000);
    times.push_back(call_seconds(c));
  }
  return median(times);
}

tail_latency measure_tail(contender const& c, double budget) {
  std::vector<double> first;
  for (int i = 0; i < 9; ++i) first.push_back(call_seconds(c));
  double const usual = median(first);
  long rounds = 16;
  for (double t = 0; t < usual; rounds = rounds * 5 / 4 + 1) {
    std::vector<double> tries;
    for (int i = 0; i < 5; ++i) {
      std::uint64_t const begin = ticks();
      spin(rounds);
      tries.push_back(static_cast<double>(ticks() - begin) * seconds_per_tick());
    }
    t = median(tries);
  }
  std::vector<double> calls, spins;
  double const end = wall_seconds() + budget;
  do {
    std::uint64_t const begin = ticks();
    c();
    std::uint64_t const middle = ticks();
    spin(rounds);
    std::uint64_t const done = ticks();
    calls.push_back(static_cast<double>(middle - begin) * seconds_per_tick());
    spins.push_back(static_cast<double>(done - middle) * seconds_per_tick());
  } while (calls.size() < 200'000 && (calls.size() % 64 != 0 || wall_seconds() < end));
  std::sort(calls.begin(), calls.end());
  std::sort(spins.begin(), spins.end());
  // A percentile wants ten samples beyond it.
  auto const at = [&](std::vector<double> const& v, double p) { return static_cast<double>(v.size()) * (1 - p) < 10 ? NAN : percentile_of_sorted(v, p); };
  return {at(calls, .5), at(calls, .99), at(calls, .999), at(spins, .5), at(spins, .99), at(spins, .999), calls.size()};
}

double page_cold_seconds(suite_network const& network, std::size_t contender, suite_options const& options, int repeats) {
  std::string const number = std::to_string(contender), threads = std::to_string(options.threads);
  std::vector<double> times;
  for (int r = 0; r < repeats; ++r) {
    int ends[2];
    if (pipe(ends) != 0) return NAN;
    pid_t const child = fork();
    if (child == 0) {
      dup2(ends[1], 1);
      close(ends[0]), close(ends[1]);
      char const* const words[]{options.program.c_str(), "--models", options.paths.models.c_str(), "--onnxruntime", options.paths.onnx_runtime.c_str(), "--openvino",
                                options.paths.openvino.c_str(), "--threads", threads.c_str(), "--first", network.name, number.c_str(), nullptr};
      execv(words[0], const_cast<char* const*>(words));
      _exit(127);
    }
    close(ends[1]);
    std::FILE* const from = fdopen(ends[0], "r");
    double seconds = NAN;
    if (std::fscanf(from, "%lf", &seconds) == 1) times.push_back(seconds);
    std::fclose(from);
    int status = 0;
    waitpid(child, &status, 0);
  }
  return median(times);
}

int first_run(std::string const& network, std::size_t which, suite_options const& options) {
  for (suite_network const& n : networks())
    if (network == n.name) {
      std::vector<contender> const all = make_contenders(n, options, std::string_view(find_probe()->isa) == "v4");
      if (which >= all.size() || !all[which].absent.empty()) return 1;
      seconds_per_tick();
      std::printf("%.9f\n", call_seconds(all[which]));
      std::fflush(stdout);
      _exit(0);  // some libraries take longer to leave than to run
    }
  return 1;
}

}  // namespace bench

// SPDX-License-Identifier: MIT
// Kernels of one problem side by side: results compared with the reference loops, then times beside the machine's roof.
//
//   bench::variants list;
//   list.add<problem, dsi::simd::conv_tile<isa, problem>>("3x3 64-64 28x28");
//   return list.run(count, words);                         options: --quick, --isa, --benchmark_... of Google Benchmark
//
// examples/kernels is a whole program; docs/benchmarking.md explains it.
#pragma once

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <dsi/dsi.hpp>
#include <dsi/kernel/isolated.hpp>

#include "../measure/clock.hpp"
#include "../work.hpp"

namespace bench {

/// What one run of a problem has to do. Its tensors are warm: all of them come from the smallest level that holds them together.
template <class Problem>
layer_work work_of_problem() {
  layer_work w;
  w.macs = static_cast<double>(dsi::isolated<Problem>::macs());
  w.effective_macs = w.macs;
  if constexpr (!dsi::anchor_is<Problem, dsi::map_operation>) w.effective_macs *= detail::useful_share<dsi::anchor_of<Problem>>(Problem::in(0), Problem::out());
  for (int i = 0; i < Problem::input_count; ++i) w.activation_bytes += static_cast<double>(Problem::in(i).bytes());
  for (int o = 0; o < Problem::output_count; ++o) w.activation_bytes += static_cast<double>(Problem::out(o).bytes());
  return w;
}

/// "tile {6, 4}": a kernel's name and, where it has one, its tuning value.
template <class Kernel>
std::string name_of_kernel() {
  std::string name(Kernel::name);
  if constexpr (requires { Kernel::tuning; }) {
    dsi::detail::description_line line;
    dsi::detail::append_tuning(line, Kernel::tuning);
    std::string text(line.ended());
    text.pop_back();
    name += " " + text;
  }
  return name;
}

class variants {
 public:
  /// Adds Kernel for Problem under the name "problem/kernel". Tolerance: of sums of numbers below 1; wider for narrow types.
  template <class Problem, class Kernel>
  void add(std::string const& problem, double tolerance = 1e-4) {
    std::string const name = problem + "/" + name_of_kernel<Kernel>();
    checks_.push_back([name, tolerance] { return check<Problem, Kernel>(name, tolerance); });
    timings_.push_back([name, this] {
      auto* const b = benchmark::RegisterBenchmark(name.c_str(), [this](benchmark::State& state) { measure<Problem, Kernel>(state); });
      b->Unit(benchmark::kMicrosecond);
      if (min_time_ > 0) b->MinTime(min_time_);
    });
  }

  /// The program: compares everything, then measures. Exit status 1 when a kernel gave wrong results.
  int run(int count, char** words, char const* about) {
    bool timed = true;
    std::vector<char*> rest{words[0]};
    for (int i = 1; i < count; ++i) {
      std::string_view const word = words[i];
      if (word == "--help" || word == "-h") return usage(about, words[0], stdout), 0;
      if (word == "--quick") timed = false;
      else if (word.substr(0, 12) == "--benchmark_") rest.push_back(words[i]);
      else return usage(about, words[0], stderr), 2;
      if (word.substr(0, 20) == "--benchmark_min_time") min_time_ = 0;  // the option decides
    }
    int wrong = 0;
    for (auto const& c : checks_) wrong += c() ? 0 : 1;
    std::printf("%zu kernels compared with the reference loops, %d differ\n", checks_.size(), wrong);
    if (wrong > 0 || !timed) return wrong > 0 ? 1 : 0;
    std::string_view const isa = dsi::simd::isa::native::name;
    probe_table const* const probe = find_probe(isa.substr(0, 2) == "v4" ? "v4" : isa);
    limits_ = measure_limits(probe != nullptr ? *probe : *find_probe(), true);
    print(limits_);
    std::fflush(stdout);
    for (auto const& t : timings_) t();
    int rest_count = static_cast<int>(rest.size());
    benchmark::Initialize(&rest_count, rest.data());
    benchmark::AddCustomContext("peak_gflops", std::to_string(limits_.peak * 1e-9));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  }

 private:
  static void usage(char const* about, char const* program, std::FILE* to) {
    std::fprintf(to,
                 "%s [--quick] [--benchmark_...]\n%s\n"
                 "  --quick           compares results only\n"
                 "  --benchmark_...   options of Google Benchmark, as --benchmark_filter=3x3 --benchmark_min_time=0.5\n"
                 "GFLOP/s count products with data, not with padding; GB/s what is read and written once; %%roof is the floor over the time.\n",
                 program, about);
  }

  /// What the reference backend's kernel gives on the same tensors.
  template <class Problem>
  static dsi::isolated<Problem> const& reference() {
    static dsi::isolated<Problem> one;
    static bool const ran = [] {
      dsi::serial team;
      one.template run<dsi::kernel_for<dsi::reference_backend, Problem>>(team);
      return true;
    }();
    (void)ran;
    return one;
  }

  template <class Problem, class Kernel>
  static bool check(std::string const& name, double tolerance) {
    dsi::serial team;
    dsi::isolated<Problem> const& expected = reference<Problem>();
    dsi::isolated<Problem> got;
    got.clear();
    got.template run<Kernel>(team);
    double worst = 0;
    for (std::size_t i = 0; i < expected.output().size(); ++i) {
      double const d = std::abs(static_cast<double>(static_cast<float>(got.output()[i])) - static_cast<double>(static_cast<float>(expected.output()[i])));
      if (!(d <= worst)) worst = d;  // a NaN stays
    }
    bool const good = worst <= tolerance;
    if (!good) std::printf("%-60s largest difference %.1e  FAILED\n", name.c_str(), worst);
    return good;
  }

  /// Processor time of this thread: what other programs do meanwhile does not count.
  template <class Problem, class Kernel>
  void measure(benchmark::State& state) const {
    dsi::serial team;
    dsi::isolated<Problem> one;
    one.template run<Kernel>(team);
    double const begin = thread_seconds();
    for (auto _ : state) {
      one.template run<Kernel>(team);
      benchmark::ClobberMemory();
    }
    double const each = (thread_seconds() - begin) / static_cast<double>(state.iterations());
    layer_work const work = work_of_problem<Problem>();
    state.counters["GFLOP/s"] = 2e-9 * work.effective_macs / each;
    state.counters["GB/s"] = 1e-9 * work.activation_bytes / each;
    state.counters["%roof"] = 100 * floor_of(work, limits_, 0).seconds / each;
  }

  machine_limits limits_;
  double min_time_ = 0.05;
  std::vector<std::function<bool()>> checks_;
  std::vector<std::function<void()>> timings_;
};

}  // namespace bench

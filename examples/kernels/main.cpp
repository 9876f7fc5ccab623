// SPDX-License-Identifier: MIT
// Several kernels of one convolution side by side in one binary: results compared, then times beside the machine's peak.
//
// This is how to measure a kernel of your own: write the problem as a type, hand it and the kernel to dsi::isolated.
#include <benchmark/benchmark.h>

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <dsi/dsi.hpp>
#include <dsi/kernel/isolated.hpp>

#include "conv_strips.hpp"

namespace {

using isa = dsi::simd::isa::native;  // the best that this file's flags allow
using dsi::layout;

/// A problem: operator, fused expression, tensors. ONNX's extents; the orders are those that a planned network gives its kernels.
template <dsi::conv2d_attributes A, dsi::index Channels, dsi::index Size>
struct conv_relu {
  static constexpr dsi::index out = (Size + A.pad[0] + A.pad[2] - A.kernel[0]) / A.stride[0] + 1;
  using image = dsi::tensor<float, dsi::extents<1, Channels, Size, Size>, layout::channels_last>;
  using weight = dsi::tensor<float, dsi::extents<A.out, Channels, A.kernel[0], A.kernel[1]>, layout::panels>;
  using bias = dsi::tensor<float, dsi::extents<A.out>>;
  using result = dsi::tensor<float, dsi::extents<1, A.out, out, out>, layout::channels_last>;
  using type = dsi::problem<dsi::fused<dsi::conv2d<A>, dsi::apply<dsi::relu, dsi::acc>>, dsi::tensor_list<image, weight, bias>, dsi::tensor_list<result>>;
};
using deep = conv_relu<dsi::conv2d_attributes{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}, 64, 28>::type;
using wide = conv_relu<dsi::conv2d_attributes{.out = 48, .kernel = {5, 5}, .stride = {2, 2}, .pad = {2, 2, 2, 2}}, 16, 56>::type;

/// Processor time of this thread, which other programs do not lengthen.
double seconds_now() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Multiply-adds per second that this core can do: as many independent ones as hide the instruction's latency.
double measure_peak() {
  using vec = dsi::simd::vec<isa>;
  constexpr int chains = 12, rounds = 20'000;
  double best = 0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    vec sum[chains];
    DSI_UNROLL
    for (int i = 0; i < chains; ++i) sum[i] = vec(static_cast<float>(i));
    vec a(0.5f), b(0.25f);
    benchmark::DoNotOptimize(a);
    benchmark::DoNotOptimize(b);
    double const begin = seconds_now();
    for (int r = 0; r < rounds; ++r) {
      DSI_UNROLL
      for (int i = 0; i < chains; ++i) sum[i] = mul_add(sum[i], a, b);
    }
    vec total = sum[0];
    for (int i = 1; i < chains; ++i) total = total + sum[i];
    benchmark::DoNotOptimize(total);
    best = std::max(best, static_cast<double>(chains) * rounds * isa::lanes / (seconds_now() - begin));
  }
  return best;
}
double peak = 0;  // multiply-adds per second

bool failed = false;

/// What the reference backend's kernel gives on the same tensors.
template <class Problem>
dsi::isolated<Problem> const& reference() {
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
void compare(std::string const& name) {
  dsi::serial team;
  dsi::isolated<Problem> const& expected = reference<Problem>();
  dsi::isolated<Problem> got;
  got.template run<Kernel>(team);
  float worst = 0;
  for (std::size_t i = 0; i < expected.output().size(); ++i) {
    float const d = std::abs(got.output()[i] - expected.output()[i]);
    if (!(d <= worst)) worst = d;  // a NaN stays
  }
  bool const good = worst < 1e-4f;  // sums of some 500 products of numbers below 1
  std::printf("%-44s largest difference %.1e%s\n", name.c_str(), static_cast<double>(worst), good ? "" : "  FAILED");
  failed = failed || !good;
}

template <class Problem, class Kernel>
void measure(benchmark::State& state) {
  dsi::serial team;
  dsi::isolated<Problem> one;
  one.template run<Kernel>(team);
  double const begin = seconds_now();
  for (auto _ : state) {
    one.template run<Kernel>(team);
    benchmark::ClobberMemory();
  }
  double const rate = static_cast<double>(one.macs()) * static_cast<double>(state.iterations()) / (seconds_now() - begin);
  state.counters["GFLOP/s"] = 2e-9 * rate;
  state.counters["%peak"] = 100 * rate / peak;
}

double seconds_each = 0.1;  // of measuring

/// Adds a kernel to the comparison and, unless the run is quick, to the benchmark.
template <class Problem, class Kernel>
void add(char const* problem, std::string const& variant, bool timed) {
  std::string const name = std::string(problem) + "/" + std::string(Kernel::name) + variant;
  compare<Problem, Kernel>(name);
  if (!timed) return;
  auto* const b = benchmark::RegisterBenchmark(name.c_str(), measure<Problem, Kernel>)->Unit(benchmark::kMicrosecond);
  if (seconds_each > 0) b->MinTime(seconds_each);
}

template <class Problem>
void add_kernels(char const* problem, bool timed) {
  add<Problem, dsi::simd::conv_tile<isa, Problem>>(problem, "", timed);    // the library's choice
  add<Problem, dsi::simd::conv_im2col<isa, Problem>>(problem, "", timed);  // another of the library's
  add<Problem, conv_strips<isa, Problem>>(problem, "", timed);             // our own
}

/// One kernel, several tiles. What wins becomes a line in a tuning header: see examples/by_hand/kernels.hpp.
template <class Problem, int Rows, int Panels>
void add_tile(char const* problem, bool timed) {
  using kernel = dsi::simd::conv_tile<isa, Problem, dsi::simd::tile_tuning{.rows = Rows, .panels = Panels}>;
  add<Problem, kernel>(problem, " tile " + std::to_string(Rows) + "x" + std::to_string(Panels), timed);
}

int usage(int status) {
  std::fputs(
      "kernels [--quick] [--benchmark_...]\n"
      "Compares kernels of two convolutions with the reference loops, then measures them with Google Benchmark.\n"
      "  --quick           compares only\n"
      "  --benchmark_...   options of Google Benchmark, as --benchmark_filter=direct --benchmark_min_time=0.5\n",
      status == 0 ? stdout : stderr);
  return status;
}

}  // namespace

int main(int count, char** words) {
  bool timed = true;
  std::vector<char*> rest{words[0]};
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    if (word == "--help" || word == "-h") return usage(0);
    if (word == "--quick") timed = false;
    else if (word.substr(0, 12) == "--benchmark_") rest.push_back(words[i]);
    else return usage(2);
    if (word.substr(0, 20) == "--benchmark_min_time") seconds_each = 0;  // the option decides
  }
  std::printf("instruction set %s\n", std::string(isa::name).c_str());
  add_kernels<deep>("3x3 64-64 28x28", timed);
  add_tile<deep, 2, 1>("3x3 64-64 28x28", timed);
  add_tile<deep, 4, 2>("3x3 64-64 28x28", timed);
  add_tile<deep, 12, 1>("3x3 64-64 28x28", timed);
  add_kernels<wide>("5x5/2 16-48 56x56", timed);
  if (!timed || failed) return failed;

  peak = measure_peak();
  std::printf("peak %.1f GFLOP/s of multiply-adds on one core (all times are processor time)\n\n", 2e-9 * peak);
  std::fflush(stdout);
  int rest_count = static_cast<int>(rest.size());
  benchmark::Initialize(&rest_count, rest.data());
  benchmark::RunSpecifiedBenchmarks();
}

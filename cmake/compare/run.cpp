// SPDX-License-Identifier: MIT
// run_compared FOLDER: the program that dsi compare builds around a network. Runs it on FOLDER's inputs, writes what each step
// leaves and how long it takes.
//
// Reads in_I.bin, the elements of input I, and steps.txt, a line for each step: the bytes of each of its results.
// Writes step_S_R.bin, result R of step S as it lies in memory, and run.txt: the instruction set, the median and the best time of
// a run, the number of runs; then for each step its number, nanoseconds, multiplications, bytes and kernel.
#include <algorithm>
#include <chrono>
#include <compared.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
constexpr double seconds_to_time = 0.7;  ///< for whole runs, and again for observed ones
constexpr std::size_t most_runs = 2000;

double seconds_since(clock_type::time_point t) { return std::chrono::duration<double>(clock_type::now() - t).count(); }

double median(std::vector<double>& v) {
  auto const middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

template <int... I>
bool read_inputs(compared::net& net, std::string const& folder, std::integer_sequence<int, I...>) {
  auto const read = [&](int i, auto to) {
    std::ifstream file(folder + "/in_" + std::to_string(i) + ".bin", std::ios::binary);
    file.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size_bytes()));
    return file.gcount() == static_cast<std::streamsize>(to.size_bytes());
  };
  return (true && ... && read(I, net.input<I>()));
}

/// The bytes of each result, by step.
std::vector<std::vector<std::streamsize>> read_sizes(std::string const& folder) {
  std::vector<std::vector<std::streamsize>> sizes;
  std::ifstream file(folder + "/steps.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    auto& step = sizes.emplace_back();
    for (std::streamsize n; words >> n;) step.push_back(n);
  }
  return sizes;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  std::string const folder = words[1];
  auto made = compared::net::create();
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().what.c_str());
    return 1;
  }
  compared::net& net = *made;
  if (!read_inputs(net, folder, std::make_integer_sequence<int, compared::net::input_count>{})) {
    std::fprintf(stderr, "%s: an input is missing\n", folder.c_str());
    return 1;
  }

  auto const sizes = read_sizes(folder);
  bool written = true;
  net.observe([&](dsi::embed::event const& e) {
    auto const step = static_cast<std::size_t>(e.index);
    for (std::size_t r = 0; step < sizes.size() && r < sizes[step].size(); ++r) {
      std::ofstream file(folder + "/step_" + std::to_string(e.index) + "_" + std::to_string(r) + ".bin", std::ios::binary | std::ios::trunc);
      written = file.write(static_cast<char const*>(e.results[r]), sizes[step][r]).flush().good() && written;
    }
  });
  if (!written) {
    std::fprintf(stderr, "%s: the results cannot be written\n", folder.c_str());
    return 1;
  }

  // Whole runs, as a program makes them.
  std::vector<double> whole;
  for (auto const begin = clock_type::now(); whole.size() < 3 || (seconds_since(begin) < seconds_to_time && whole.size() < most_runs);) {
    auto const t = clock_type::now();
    net.run();
    whole.push_back(1e9 * seconds_since(t));
  }
  // Runs with the time of each step.
  struct step_times {
    std::string kernel;
    long long macs = 0, bytes = 0;
    std::vector<double> nanoseconds;
  };
  std::vector<step_times> steps(sizes.size());
  std::size_t runs = 0;
  for (auto const begin = clock_type::now(); runs < 3 || (seconds_since(begin) < seconds_to_time && runs < most_runs); ++runs)
    net.observe([&](dsi::embed::event const& e) {
      step_times& s = steps[static_cast<std::size_t>(e.index)];
      if (s.nanoseconds.empty()) {
        s.kernel = e.kernel;
        s.macs = e.macs;
        s.bytes = e.bytes;
      }
      s.nanoseconds.push_back(static_cast<double>(e.nanoseconds));
    });

  double const best = *std::min_element(whole.begin(), whole.end());
  std::ofstream file(folder + "/run.txt", std::ios::trunc);
  file << net.isa() << " " << median(whole) << " " << best << " " << whole.size() << "\n";
  for (std::size_t s = 0; s < steps.size(); ++s)
    if (!steps[s].nanoseconds.empty())  // a step inside a band has no time of its own
      file << s << " " << median(steps[s].nanoseconds) << " " << steps[s].macs << " " << steps[s].bytes << " " << steps[s].kernel << "\n";
  return file.flush() ? 0 : 1;
}

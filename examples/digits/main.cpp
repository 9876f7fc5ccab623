// SPDX-License-Identifier: MIT
// Reads handwritten digits with a network that is compiled into this program, and measures what a run costs.
#include <digits.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../support/run_path_trap.hpp"
#include "unit_size.hpp"

namespace {

struct image {
  std::array<float, 64> pixels;  // 0 paper .. 1 ink, row by row
  int label;
};

/// Rows of 64 numbers 0..16 and the digit. Ends the program when the file is not like that.
std::vector<image> read_images(std::string const& path) {
  std::ifstream file(path);
  std::vector<image> images;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    image i{};
    std::string field;
    for (std::size_t k = 0; k < 65; ++k) {
      if (!std::getline(fields, field, ',')) {
        std::fprintf(stderr, "digits: %s: row %zu has %zu fields, it needs 65\n", path.c_str(), images.size() + 1, k);
        std::exit(1);
      }
      int const value = std::atoi(field.c_str());
      if (k < 64) i.pixels[k] = static_cast<float>(value) / 16.f;
      else i.label = value;
    }
    images.push_back(i);
  }
  if (images.empty()) {
    std::fprintf(stderr, "digits: %s holds no images; pass the path of holdout.csv\n", path.c_str());
    std::exit(1);
  }
  return images;
}

int best(std::array<float, 10> const& scores) { return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin()); }

void print_side_by_side(std::vector<image> const& images, std::vector<std::size_t> const& which, digits::net& net) {
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t i : which) {
      std::printf("  ");
      for (std::size_t column = 0; column < 8; ++column) {
        float const ink = images[i].pixels[row * 8 + column];
        std::printf("%s", ink > 0.75f ? "##" : ink > 0.4f ? "++" : ink > 0.1f ? ".." : "  ");
      }
    }
    std::printf("\n");
  }
  for (std::size_t i : which) {
    std::array<float, 10> scores{};
    net.run(images[i].pixels, scores);
    int const read = best(scores);
    std::printf("  read %d (%3.0f%%)%s   ", read, 100 * static_cast<double>(scores[static_cast<std::size_t>(read)]), read == images[i].label ? "" : " !");
  }
  std::printf("\n\n");
}

void print_profile(digits::net& net, image const& one) {
  std::copy(one.pixels.begin(), one.pixels.end(), net.input<0>().begin());
  struct row {
    std::string name, kernel;
    std::int64_t macs = 0, bytes = 0, best = INT64_MAX;
  };
  std::vector<row> rows;
  for (int round = 0; round < 200; ++round)  // the least of many: the rest is the machine
    net.observe([&](dsi::embed::event const& e) noexcept {
      auto const at = static_cast<std::size_t>(e.index);
      if (rows.size() <= at) rows.resize(at + 1);
      row& r = rows[at];
      if (r.name.empty()) r = {e.name, e.kernel, e.macs, e.bytes, INT64_MAX};
      r.best = std::min(r.best, e.nanoseconds);
    });
  std::printf("layer                 kernel               MACs      bytes      ns   GFLOP/s\n");
  for (row const& r : rows)
    if (!r.name.empty())
      std::printf("%-20s  %-16s %8lld  %9lld  %6lld  %8.1f\n", r.name.c_str(), r.kernel.c_str(), static_cast<long long>(r.macs), static_cast<long long>(r.bytes),
                  static_cast<long long>(r.best), r.best > 0 ? 2.0 * static_cast<double>(r.macs) / static_cast<double>(r.best) : 0.0);
  std::printf("(each layer alone, reading the clock included)\n\n");
}

int usage(int status) {
  std::fputs(
      "digits [holdout.csv] [--profile] [--inject malloc|lock|syscall]\n"
      "Reads 8x8 images of digits with an embedded network; prints some, accuracy, latency and what a run touches.\n"
      "  --profile   time, multiplications and bytes of each layer\n"
      "  --inject    makes the measured run misbehave, to show that the counters see it (exit status 1)\n",
      status == 0 ? stdout : stderr);
  return status;
}

}  // namespace

int main(int count, char** words) {
  std::string path = DSI_DIGITS_HOLDOUT;
  bool profile = false;
  run_path::injection injected = run_path::injection::none;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    if (word == "--help" || word == "-h") return usage(0);
    if (word == "--profile") profile = true;
    else if (word == "--inject" && i + 1 < count && run_path::parse_injection(words[i + 1], injected)) ++i;
    else if (word.substr(0, 1) == "-") return usage(2);
    else path = word;
  }

  auto const images = read_images(path);
  digits::net net;

  std::array<float, 10> scores{};
  std::size_t right = 0;
  std::vector<std::size_t> wrong, shown;
  for (std::size_t i = 0; i < images.size(); ++i) {
    net.run(images[i].pixels, scores);
    if (best(scores) == images[i].label) ++right;
    else wrong.push_back(i);
  }
  for (std::size_t i = 0; i < 4 && i < images.size(); ++i) shown.push_back(i);
  if (!wrong.empty()) shown.push_back(wrong.front());
  print_side_by_side(images, shown, net);
  std::printf("accuracy        %zu of %zu held-out images (%.2f%%)\n", right, images.size(), 100.0 * static_cast<double>(right) / static_cast<double>(images.size()));

  using clock = std::chrono::steady_clock;
  std::vector<double> samples;
  for (int i = 0; i < 20000; ++i) {
    auto const& x = images[static_cast<std::size_t>(i) % images.size()].pixels;
    auto const begin = clock::now();
    net.run(x, scores);
    samples.push_back(std::chrono::duration<double, std::micro>(clock::now() - begin).count());
  }
  std::sort(samples.begin(), samples.end());
  auto const percentile = [&](double p) { return samples[static_cast<std::size_t>(p * static_cast<double>(samples.size() - 1))]; };
  std::printf("latency         p50 %.2f us, p99 %.2f us, p99.9 %.2f us (20,000 single runs, clock included)\n", percentile(0.5), percentile(0.99), percentile(0.999));
  std::printf("instruction set %.*s\n", static_cast<int>(net.isa().size()), net.isa().data());
  std::printf("size            %d bytes of code (this unit), %zu bytes of weights, %zu bytes of memory\n", unit_code_bytes(net.isa()), net.weight_bytes(), net.memory_bytes());

  auto const report = run_path::measure(
      [&] {
        net.run(images[0].pixels, scores);
        run_path::inject(injected);
      },
      10000);
  std::printf("in 10,000 runs  ");
  run_path::print(stdout, report);
  std::printf("\n");
  if (profile) print_profile(net, images[0]);

  if (!report.clean()) {
    bool const unarmed = !report.allocations.armed || !report.locks.armed || !report.system_calls.armed;
    bool const seen = report.allocations.count + report.locks.count + report.system_calls.count != 0;
    if (seen) std::printf("FAILED: the run path must not allocate, lock or make system calls\n");
    else if (unarmed) std::printf("note: not every counter works on this machine\n");
    if (seen) return 1;
  }
  if (right * 100 < images.size() * 98) {
    std::printf("FAILED: accuracy below 98%%\n");
    return 1;
  }
  return 0;
}

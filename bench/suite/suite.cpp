// SPDX-License-Identifier: MIT
#include "suite.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>

#include "measure/slice.hpp"

namespace bench {

std::vector<suite_network>& networks() {
  static std::vector<suite_network> all;
  return all;
}

std::vector<float> read_floats(std::string const& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::vector<float> values(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

std::vector<double> kept(std::vector<double> const& rounds) {
  std::vector<double> v;
  for (double r : rounds)
    if (std::isfinite(r)) v.push_back(r);
  return v;
}
std::vector<double> ratios(std::vector<double> const& a, std::vector<double> const& b) {
  std::vector<double> v;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (std::isfinite(a[i]) && std::isfinite(b[i])) v.push_back(a[i] / b[i]);
  return v;
}

std::vector<contender> make_contenders(suite_network const& network, suite_options const& options, bool lower_isa) {
  std::vector<contender> all;
  auto const is_wanted = [&](char const* name) { return options.only_contender.empty() || options.only_contender == name; };
  if (is_wanted("dsi")) {
    all.push_back(network.dsi(options.threads));
    if (options.threads > 1) all.push_back(network.dsi(1)), all.back().name = "dsi, 1 thread";
    if (options.threads == 1 && lower_isa) {
      setenv("DSI_ISA", "v3", 1);
      all.push_back(network.dsi(1));
      unsetenv("DSI_ISA");
      all.back().name = "dsi v3";
    }
  }
  if (is_wanted("onnxruntime")) all.push_back(make_onnx_runtime(network, options.paths, options.threads));
  if (is_wanted("openvino")) all.push_back(make_openvino(network, options.paths, options.threads));
  if (is_wanted("eigen") && options.threads == 1)
    for (bool fast_math : {false, true}) all.push_back(make_eigen(network, options.paths, fast_math));
  return all;
}

namespace {

/// 1e-4 of the largest output: room for any order of sums in fifty layers, none for a wrong one.
constexpr double tolerance = 1e-4;

/// Gives the contender its inputs, runs it once, and compares. Says what is wrong, or nothing.
std::string check(contender const& c, suite_network const& network, suite_paths const& paths, double& error) {
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    std::vector<float> const values = read_floats(paths.of(network.name, "in_" + std::to_string(i) + ".bin"));
    if (values.size() != c.inputs[i].size()) return "input " + std::to_string(i) + " has " + std::to_string(c.inputs[i].size()) + " numbers, the model's " + std::to_string(values.size());
    std::copy(values.begin(), values.end(), c.inputs[i].begin());
  }
  for (std::span<float> const o : c.outputs) std::fill(o.begin(), o.end(), NAN);
  c();
  error = 0;
  for (std::size_t i = 0; i < c.outputs.size(); ++i) {
    std::vector<float> const expected = read_floats(paths.of(network.name, "out_" + std::to_string(i) + ".bin"));
    if (expected.size() != c.outputs[i].size()) return "output " + std::to_string(i) + " has " + std::to_string(c.outputs[i].size()) + " numbers, the model's " + std::to_string(expected.size());
    double largest = 0, worst = 0;
    for (std::size_t k = 0; k < expected.size(); ++k) {
      double const difference = std::fabs(static_cast<double>(c.outputs[i][k]) - static_cast<double>(expected[k]));
      largest = std::max(largest, std::fabs(static_cast<double>(expected[k])));
      if (!(difference <= worst)) worst = difference;  // a NaN stays
    }
    double const relative = worst / largest;
    if (!(relative <= error)) error = relative;
  }
  return error <= tolerance ? "" : "wrong results";
}

machine_limits at_this_moment(machine_limits m, machine_limits const& best, double peak, double l2, double l3) {
  m.peak *= peak / best.peak;
  m.levels[1].bandwidth *= l2 / best.levels[1].bandwidth;
  m.levels[2].bandwidth *= l3 / best.levels[2].bandwidth;
  return m;
}

}  // namespace

network_result measure_network(suite_network const& network, suite_options const& options, suite_limits const& limits) {
  network_result n;
  n.network = network;
  n.layers = network.work();
  n.floor = floor_of(n.layers, limits.best);
  if (limits.lower_probe != nullptr) n.lower_floor = floor_of(n.layers, limits.lower);

  std::vector<contender> const all = make_contenders(network, options, limits.lower_probe != nullptr);
  std::vector<std::size_t> runs;  // the places of those that take part
  std::vector<long> batches(all.size(), 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    contender_result r;
    r.name = all[i].name, r.note = all[i].note, r.absent = all[i].absent;
    r.lower_isa = r.name == "dsi v3";
    if (all[i].call != nullptr) {
      std::string const mistake = check(all[i], network, options.paths, r.error);
      r.wrong = !mistake.empty();
      if (r.wrong) r.absent = mistake;
      else runs.push_back(i), batches[i] = batch_for(all[i]);
      if (all[i].rest != nullptr) all[i].rest(all[i].self, true);
    }
    n.contenders.push_back(r);
  }
  auto const awake = [&](std::size_t i, auto const& measure) {
    if (all[i].rest != nullptr) all[i].rest(all[i].self, false);
    measure(all[i], n.contenders[i]);
    if (all[i].rest != nullptr) all[i].rest(all[i].self, true);
  };

  std::mt19937 random(1);
  for (int round = 0; round < options.rounds(); ++round) {
    double const peak = probe_peak(*limits.best_probe), l2 = probe_level(*limits.best_probe, limits.best, 1), l3 = probe_level(*limits.best_probe, limits.best, 2);
    n.peaks.push_back(peak), n.l2.push_back(l2), n.l3.push_back(l3);
    double const floor = floor_of(n.layers, at_this_moment(limits.best, limits.best, peak, l2, l3)).seconds;
    double const lower = limits.lower_probe != nullptr ? floor_of(n.layers, at_this_moment(limits.lower, limits.best, peak, l2, l3)).seconds : floor;
    std::shuffle(runs.begin(), runs.end(), random);
    for (std::size_t i : runs)
      awake(i, [&](contender const& c, contender_result& r) {
        time_slice(c, batches[i], 0);  // the caches become its own
        slice_result s = time_slice(c, batches[i], options.slice());
        ++r.slices;
        if (s.stolen) {
          ++r.dropped, ++r.slices;
          s = time_slice(c, batches[i], options.slice());
          r.dropped += s.stolen ? 1 : 0;
        }
        r.rounds.push_back(s.stolen ? NAN : s.seconds);
        r.floors.push_back(r.lower_isa ? lower : floor);
      });
  }
  std::sort(runs.begin(), runs.end());
  for (std::size_t i : runs)
    awake(i, [&](contender const& c, contender_result& r) {
      bool const ours = r.name == "dsi";
      r.tail = measure_tail(c, options.quick ? 0.05 : ours ? 1.0 : 0.3);
      r.cache_cold = cache_cold_seconds(c, limits, options.quick ? 3 : 9);
      r.after_idle = idle_seconds(c, options.quick ? 5 : 15);
    });
  if (options.threads == 1)
    for (std::size_t i : runs)
      if (!n.contenders[i].lower_isa) n.contenders[i].page_cold = page_cold_seconds(network, i, options, options.quick ? 1 : 3);
  return n;
}

}  // namespace bench

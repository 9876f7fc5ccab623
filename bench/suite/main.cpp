// SPDX-License-Identifier: MIT
// The model suite: every network by dsi and by its peers, in one process, beside each other and beside the machine's floor.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "output.hpp"

namespace {

int usage(int status) {
  std::fputs(
      "bench_suite --models DIR [--json FILE] [--quick] [--network NAME]...\n"
      "            [--onnxruntime libonnxruntime.so] [--openvino libopenvino_c.so]\n"
      "            [--threads 2 --contender dsi|onnxruntime|openvino]\n"
      "Run by bench/run.sh. Pin it: chrt -f 5 taskset -c 1 bench_suite ...\n",
      status == 0 ? stdout : stderr);
  return status;
}

bool save(char const* path, std::string const& text) {
  std::FILE* const file = std::fopen(path, "w");
  return file != nullptr && std::fputs(text.c_str(), file) >= 0 && std::fputc('\n', file) == '\n' && std::fclose(file) == 0;
}

}  // namespace

int main(int count, char** words) {
  bench::suite_options options;
  char self[4096] = "";
  if (readlink("/proc/self/exe", self, sizeof self - 1) > 0) options.program = self;
  char const *json = nullptr, *first = nullptr;
  std::size_t first_contender = 0;
  std::vector<std::string_view> chosen;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    bool const more = i + 1 < count;
    if (word == "--help") return usage(0);
    if (word == "--quick") options.quick = true;
    else if (word == "--models" && more) options.paths.models = words[++i];
    else if (word == "--json" && more) json = words[++i];
    else if (word == "--network" && more) chosen.push_back(words[++i]);
    else if (word == "--onnxruntime" && more) options.paths.onnx_runtime = words[++i];
    else if (word == "--openvino" && more) options.paths.openvino = words[++i];
    else if (word == "--threads" && more) options.threads = std::atoi(words[++i]);
    else if (word == "--contender" && more) options.only_contender = words[++i];
    else if (word == "--first" && i + 2 < count) first = words[i + 1], first_contender = static_cast<std::size_t>(std::atoi(words[i + 2])), i += 2;  // for itself
    else return usage(2);
  }
  if (options.paths.models.empty() || options.threads < 1 || options.threads > 2) return usage(2);
  if (first != nullptr) return bench::first_run(first, first_contender, options);

  bench::suite_limits limits;
  limits.best_probe = bench::find_probe();
  limits.best = bench::measure_limits(*limits.best_probe, options.quick);
  if (std::string_view(limits.best.isa) == "v4") {
    limits.lower_probe = bench::find_probe("v3");
    limits.lower = bench::measure_limits(*limits.lower_probe, true);
    for (int l = 1; l < 4; ++l)  // beyond L1 the memory is the same; the better of two measurements is nearer to its limit
      limits.lower.levels[l].bandwidth = limits.best.levels[l].bandwidth = std::max(limits.lower.levels[l].bandwidth, limits.best.levels[l].bandwidth);
  }
  bench::print(limits.best);
  if (limits.lower_probe != nullptr) bench::print(limits.lower);

  bench::json_writer to;
  to.begin_object().add("threads", static_cast<double>(options.threads)).add("quick", options.quick ? "yes" : "no");
  bench::write(to, "limits", limits.best);
  if (limits.lower_probe != nullptr) bench::write(to, "lower_limits", limits.lower);
  to.begin_list("networks");
  int wrong = 0;
  for (bench::suite_network const& n : bench::networks()) {
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), n.name) == chosen.end()) continue;
    bench::network_result const r = bench::measure_network(n, options, limits);
    bench::print(r);
    bench::write(to, r, options.threads > 1);
    for (bench::contender_result const& c : r.contenders) wrong += c.wrong && c.name.substr(0, 3) == "dsi" ? 1 : 0;
  }
  to.end().end();
  if (json != nullptr && !save(json, to.text())) {
    std::perror(json);
    return 1;
  }
  std::fflush(stdout);
  _Exit(wrong == 0 ? 0 : 1);  // not every peer ends cleanly
}

// SPDX-License-Identifier: MIT
// Prints the limits of this machine, or writes them as JSON.
#include <cstring>

#include "limits.hpp"

int main(int count, char** words) {
  bool quick = false;
  char const *json = nullptr, *isa = "";
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--quick") == 0) quick = true;
    else if (std::strcmp(words[i], "--json") == 0 && i + 1 < count) json = words[++i];
    else if (std::strcmp(words[i], "--isa") == 0 && i + 1 < count) isa = words[++i];
    else {
      bool const help = std::strcmp(words[i], "--help") == 0;
      std::fputs("limits [--quick] [--isa v2|v3|v4] [--json FILE]\nMeasures what one core of this machine can do. Pin it: taskset -c 1.\n", help ? stdout : stderr);
      return help ? 0 : 2;
    }
  }
  bench::probe_table const* const probe = bench::find_probe(isa);
  if (probe == nullptr) {
    std::fprintf(stderr, "limits: this processor has no %s\n", isa);
    return 1;
  }
  bench::machine_limits const m = bench::measure_limits(*probe, quick);
  bench::print(m);
  if (json == nullptr) return 0;
  bench::json_writer to;
  bench::write(to, {}, m);
  std::FILE* const file = std::fopen(json, "w");
  if (file == nullptr || std::fputs((to.text() + "\n").c_str(), file) < 0 || std::fclose(file) != 0) {
    std::perror(json);
    return 1;
  }
}

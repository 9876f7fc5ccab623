// SPDX-License-Identifier: MIT
// What this machine can do, measured: the roof that every result is held against.
#pragma once

#include <string>
#include <string_view>

#include "../measure/json.hpp"
#include "probe.hpp"

namespace bench {

/// One level of the memory hierarchy.
struct memory_level {
  char const* name;
  double capacity;   ///< bytes that it holds; infinite for DRAM
  double bandwidth;  ///< bytes per second that one core reads, vector loads
};

struct machine_limits {
  char const* isa = "";         ///< the instruction set that the rates below were measured with: "v3", "v4"
  double peak = 0;              ///< fp32 operations per second of one core, multiply-adds in registers
  double tile = 0;              ///< the same, operands from L1
  char const* tile_size = "";
  memory_level levels[4]{{"L1", 0, 0}, {"L2", 0, 0}, {"L3", 0, 0}, {"DRAM", 0, 0}};
  double clock = 0;             ///< Hz while computing
  double indirect_call = 0, clock_read = 0, tick_read = 0;  ///< seconds
  std::string processor;

  /// The smallest level that holds so many bytes.
  int level_of(double bytes) const {
    for (int i = 0; i < 3; ++i)
      if (bytes <= levels[i].capacity) return i;
    return 3;
  }
};

/// The best table that this processor runs, or the one named "v2", "v3", "v4". Null when it cannot run that one.
probe_table const* find_probe(std::string_view isa = {});

/// Takes about 2 s, quick about 0.5 s. Medians of `repeats` measurements.
machine_limits measure_limits(probe_table const& probe, bool quick);

/// The rates of this moment, for the time between two rounds: 1 ms each.
double probe_peak(probe_table const& probe);
double probe_level(probe_table const& probe, machine_limits const& m, int level);

void print(machine_limits const& m);
void write(json_writer& to, std::string_view key, machine_limits const& m);

}  // namespace bench

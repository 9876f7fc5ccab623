// SPDX-License-Identifier: MIT
// How the suite measures one network: all contenders in one process, checked first, then interleaved in shuffled slices.
#pragma once

#include "contender.hpp"
#include "measure/statistics.hpp"

namespace bench {

struct suite_options {
  suite_paths paths;
  std::string program;  ///< this program's file, to start again for the page-cold runs
  bool quick = false;
  int threads = 1;
  std::string only_contender;  ///< one library per process where there are threads; "": all
  int rounds() const { return quick ? 9 : 25; }
  double slice() const { return quick ? 1e-3 : 2e-3; }  ///< seconds
};

/// Percentiles of single calls, clock included, and of a spin loop of equal length that took turns with them. NaN: too few calls.
struct tail_latency {
  double p50 = NAN, p99 = NAN, p999 = NAN, spin_p50 = NAN, spin_p99 = NAN, spin_p999 = NAN;
  std::size_t samples = 0;
};

/// One contender's results on one network. Times are seconds of one run.
struct contender_result {
  std::string name, note;
  std::string absent;           ///< why there is nothing more
  bool lower_isa = false;       ///< dsi on AVX2: its floor is that instruction set's
  double error = NAN;           ///< largest difference from the double reference, as a fraction of the largest output
  bool wrong = false;
  std::vector<double> rounds;   ///< one time per round; NaN where both tries lost time to others
  std::vector<double> floors;   ///< the floor at that round's limits
  int slices = 0, dropped = 0;
  double cache_cold = NAN, page_cold = NAN, after_idle = NAN;
  tail_latency tail;
};

/// Limits of the processor's best instruction set and, where there is a lower one that networks are compiled for, of that.
struct suite_limits {
  machine_limits best, lower;
  probe_table const *best_probe = nullptr, *lower_probe = nullptr;
};

struct network_result {
  suite_network network{};
  std::vector<layer_work> layers;
  network_floor floor{}, lower_floor{};
  std::vector<double> peaks, l2, l3;  ///< probed before each round
  std::vector<contender_result> contenders;
};

/// The contenders of a network, absent ones included.
std::vector<contender> make_contenders(suite_network const& network, suite_options const& options, bool lower_isa);
network_result measure_network(suite_network const& network, suite_options const& options, suite_limits const& limits);

/// Per round, where both have one, times of a over times of b.
std::vector<double> ratios(std::vector<double> const& a, std::vector<double> const& b);
std::vector<double> kept(std::vector<double> const& rounds);

// temperature.cpp
double cache_cold_seconds(contender const& c, suite_limits const& limits, int repeats);
double idle_seconds(contender const& c, int repeats);
tail_latency measure_tail(contender const& c, double budget);
/// Of the first run in a process of its own. NaN when that failed.
double page_cold_seconds(suite_network const& network, std::size_t contender, suite_options const& options, int repeats);
/// What that process does: prints the seconds of the first run.
int first_run(std::string const& network, std::size_t contender, suite_options const& options);

}  // namespace bench

// SPDX-License-Identifier: MIT
// Medians, percentiles, and the interval that a median of a few rounds is good for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace bench {

/// The value below which the fraction p of the sorted values lies (nearest rank); NaN without values.
inline double percentile_of_sorted(std::vector<double> const& sorted, double p) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1) + 0.5)];
}
inline double percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return percentile_of_sorted(values, p);
}
/// Of an even number of values, the mean of the two in the middle.
inline double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  std::size_t const n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

struct interval {
  double middle, low, high;
};

/// The median and the bootstrap's 95% interval around it (Efron 1979: percentiles of the medians of resamples). The resamples are
/// drawn with a fixed seed, so equal values give equal intervals.
inline interval median_interval(std::vector<double> const& values, int resamples = 2000) {
  double const middle = median(values);
  if (values.size() < 2) return {middle, middle, middle};
  std::vector<double> medians, drawn(values.size());
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  for (int r = 0; r < resamples; ++r) {
    for (double& d : drawn) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;  // xorshift64 (Marsaglia 2003)
      d = values[static_cast<std::size_t>(state >> 11) % values.size()];
    }
    medians.push_back(median(drawn));
  }
  std::sort(medians.begin(), medians.end());
  return {middle, percentile_of_sorted(medians, 0.025), percentile_of_sorted(medians, 0.975)};
}

}  // namespace bench

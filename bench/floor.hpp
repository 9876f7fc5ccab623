// SPDX-License-Identifier: MIT
// The floor of a network: no program on this core computes it in less time.
//
//   floor = sum over layers of max(operations / peak, bytes of weights / bandwidth, bytes of activations / bandwidth)
//
// Layers do not overlap: one needs the result of the one before. Inside a layer computing and reading do, perfectly, so the floor is
// the largest of the three and never their sum. Bandwidths are those of the level that holds the bytes:
//   weights       each is read once per run, so from the smallest level that holds all weights of the network
//   activations   from the smallest level that holds what the layer reads and writes; the layer before has just written it
// A layer is a step of the plan, a fusion group; a band of steps is one layer, and what lives only inside of it is not read from
// anywhere. Steps without multiplications (concatenations, pools, copies between memory orders) cost nothing: a perfect program does
// them on the way. Neither do exp and tanh, which have no fixed price: the floor of networks full of them is low.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "limits/limits.hpp"

namespace bench {

/// What one layer has to do.
struct layer_work {
  std::string name;             ///< of its result
  double macs = 0;              ///< as the operator counts them
  double effective_macs = 0;    ///< without products with padding
  double weight_bytes = 0;      ///< packed
  double activation_bytes = 0;  ///< read and written
};

/// What bounds a layer.
enum class bound { compute, weights, activations };

struct layer_floor {
  double seconds = 0;
  bound by = bound::compute;
};

struct network_floor {
  double seconds = 0;
  double compute_seconds = 0;  ///< of the layers that arithmetic bounds
  double operations = 0, bytes = 0;
};

/// weight_level: the level that holds all weights of the network.
inline layer_floor floor_of(layer_work const& layer, machine_limits const& m, int weight_level) {
  double const times[]{2 * layer.effective_macs / m.peak, layer.weight_bytes / m.levels[weight_level].bandwidth,
                       layer.activation_bytes / m.levels[m.level_of(layer.activation_bytes)].bandwidth};
  int const longest = static_cast<int>(std::max_element(times, times + 3) - times);
  return {times[longest], static_cast<bound>(longest)};
}

inline network_floor floor_of(std::vector<layer_work> const& layers, machine_limits const& m) {
  double weights = 0;
  for (layer_work const& l : layers) weights += l.weight_bytes;
  network_floor f;
  for (layer_work const& l : layers) {
    if (l.macs == 0) continue;
    layer_floor const one = floor_of(l, m, m.level_of(weights));
    f.seconds += one.seconds;
    if (one.by == bound::compute) f.compute_seconds += one.seconds;
    f.operations += 2 * l.effective_macs;
    f.bytes += l.weight_bytes + l.activation_bytes;
  }
  return f;
}

}  // namespace bench

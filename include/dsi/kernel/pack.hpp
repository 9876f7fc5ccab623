// SPDX-License-Identifier: MIT
// The packed layouts of weights and the one packer. The tool, weights::load and the tests call it; kernels rely on it.
//
// A packed layout depends on the weight's extents, its element type and the layout's name, never on batch size, sequence
// length or instruction set, so that one blob serves every compiled network and every machine.
#pragma once

#include <dsi/kernel/winograd.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// Outputs side by side in a panel: one AVX-512 register of floats, one cache line.
inline constexpr index panel_width = 16;

/// Consecutive inputs of one output that lie side by side, as the dot-product instructions of narrow types want them.
constexpr index interleave_of(dtype t) {
  index const bytes = size_of(t);
  return bytes >= 4 ? 1 : bytes == 2 ? 2 : 4;
}

/// The geometry of panels: groups x outputs x inputs, inputs in the order tap, then channel.
struct panel_shape {
  index groups = 1;
  index outputs = 0;   ///< per group
  index channels = 0;  ///< input channels per group
  index taps = 1;
  index interleave = 1;

  constexpr index inputs() const { return channels * taps; }
  constexpr index padded_inputs() const { return round_up(inputs(), interleave); }
  constexpr index panels() const { return ceil_div(outputs, panel_width); }
  constexpr index panel_size() const { return padded_inputs() * panel_width; }
  constexpr index group_size() const { return panels() * panel_size(); }
  constexpr index size() const { return groups * group_size(); }
  /// Where input k (tap * channels + channel) of output o of group g lies.
  constexpr index offset(index g, index o, index k) const {
    return g * group_size() + (o / panel_width) * panel_size() + (k / interleave) * (panel_width * interleave) +
           (o % panel_width) * interleave + k % interleave;
  }
};

/// The panels of a weight [outputs, inputs], [out, in, k...] or [groups, out / groups, in / groups, k...] (spatial: number of k).
constexpr panel_shape panels_of(tensor_desc const& w, int spatial) {
  panel_shape p;
  int const lead = w.rank() - 2 - spatial;
  p.groups = lead == 1 ? w[0] : 1;
  p.outputs = w[lead];
  p.channels = w[lead + 1];
  p.taps = w.extents.product(lead + 2, w.rank());
  p.interleave = interleave_of(w.type);
  return p;
}

/// Spatial dimensions of a weight by its role; a grouped weight has one leading dimension more, told by `grouped`.
constexpr int spatial_of(tensor_desc const& w, weight_role role, bool grouped) {
  return role == weight_role::convolution ? w.rank() - 2 - (grouped ? 1 : 0) : 0;
}

/// True for one input and one output channel per group: every channel on its own.
constexpr bool is_depthwise(tensor_desc const& w, weight_role role, bool grouped) {
  return role == weight_role::convolution && grouped && w[1] == 1 && w[2] == 1;
}

/// The panels of each of Winograd's matrices of a weight [outputs, channels, 3, 3]; matrix i * (m + 2) + j holds the numbers of row i
/// and column j of a tile.
constexpr panel_shape winograd_panels(tensor_desc const& w) { return {.outputs = w[0], .channels = w[1]}; }

/// The layout of a parameter in its role. Where the planner chose Winograd's, the description says so (its order).
constexpr layout packed_layout(tensor_desc const& w, weight_role role, bool grouped) {
  if (role == weight_role::none) return layout::row_major;
  if (winograd_tile(w.order) != 0) return w.order;
  return is_depthwise(w, role, grouped) ? layout::taps : layout::panels;
}

/// Elements of a parameter in its layout, padding included. `grouped` as above.
constexpr index packed_size(tensor_desc const& w, weight_role role, bool grouped) {
  switch (packed_layout(w, role, grouped)) {
    case layout::taps: return round_up(w[0], panel_width) * w.extents.product(3, w.rank());
    case layout::panels:
      if (role == weight_role::recurrent) return w[0] * panels_of({w.type, layout::row_major, shape(w[1], w[2])}, 0).size();
      return panels_of(w, spatial_of(w, role, grouped)).size();
    case layout::winograd_2x2: return 16 * winograd_panels(w).size();
    case layout::winograd_4x4: return 36 * winograd_panels(w).size();
    default: return w.size();
  }
}

namespace detail {
/// Transforms in double and rounds once. scale as in pack.
template <int M, class T>
constexpr void pack_winograd(tensor_desc const& w, T const* from, T* to, double const* scale) {
  constexpr winograd<M> transform;
  constexpr int n = winograd<M>::size;
  panel_shape const p = winograd_panels(w);
  for (index i = 0; i < n * n * p.size(); ++i) to[i] = T{};
  for (index o = 0; o < p.outputs; ++o)
    for (index c = 0; c < p.channels; ++c, from += 9)
      for (int i = 0; i < n; ++i) {
        double row[3]{};
        for (int k = 0; k < 9; ++k) row[k % 3] += transform.g[i][k / 3] * static_cast<double>(from[k]);
        for (int j = 0; j < n; ++j) {
          double const number = row[0] * transform.g[j][0] + row[1] * transform.g[j][1] + row[2] * transform.g[j][2];
          to[(i * n + j) * p.size() + p.offset(0, o, c)] = static_cast<T>(scale != nullptr ? number * scale[o] : number);
        }
      }
}
}  // namespace detail

/// Packs a parameter given in ONNX's order: to[packed_size] is written in full, padding with zeros.
/// scale: a factor per output channel (groups * outputs), or null.
template <class T>
constexpr void pack(tensor_desc const& w, weight_role role, bool grouped, T const* from, T* to, double const* scale = nullptr) {
  auto const scaled = [&](T value, index channel) {
    if (scale == nullptr) return value;
    if constexpr (std::is_integral_v<T>) return value;
    else if constexpr (sizeof(T) == 2) return T(static_cast<float>(static_cast<double>(static_cast<float>(value)) * scale[channel]));
    else return static_cast<T>(static_cast<double>(value) * scale[channel]);
  };
  switch (packed_layout(w, role, grouped)) {
    case layout::taps: {
      index const channels = w[0], taps = w.extents.product(3, w.rank()), row = round_up(channels, panel_width);
      for (index i = 0; i < row * taps; ++i) to[i] = T{};
      for (index c = 0; c < channels; ++c)
        for (index t = 0; t < taps; ++t) to[t * row + c] = scaled(from[c * taps + t], c);
      return;
    }
    case layout::panels: {
      index const matrices = role == weight_role::recurrent ? w[0] : 1;
      tensor_desc const one = role == weight_role::recurrent ? tensor_desc{w.type, layout::row_major, shape(w[1], w[2])} : w;
      panel_shape const p = panels_of(one, spatial_of(one, role, grouped));
      for (index m = 0; m < matrices; ++m, from += one.size(), to += p.size()) {
        for (index i = 0; i < p.size(); ++i) to[i] = T{};
        for (index g = 0; g < p.groups; ++g)
          for (index o = 0; o < p.outputs; ++o)
            for (index c = 0; c < p.channels; ++c)
              for (index t = 0; t < p.taps; ++t) {
                index const source = ((g * p.outputs + o) * p.channels + c) * p.taps + t;
                to[p.offset(g, o, t * p.channels + c)] = scaled(from[source], g * p.outputs + o);
              }
      }
      return;
    }
    case layout::winograd_2x2:
      if constexpr (std::is_same_v<T, float>) detail::pack_winograd<2>(w, from, to, scale);
      return;
    case layout::winograd_4x4:
      if constexpr (std::is_same_v<T, float>) detail::pack_winograd<4>(w, from, to, scale);
      return;
    default:
      for (index i = 0, per = w.size() / (scale != nullptr ? w[0] : 1); i < w.size(); ++i) to[i] = scaled(from[i], i / per);
  }
}

}  // namespace DSI_NAMESPACE

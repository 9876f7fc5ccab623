// SPDX-License-Identifier: MIT
// A convolution's extents and window in three spatial dimensions (depth, height, width), whatever its rank.
#pragma once

#include <dsi/backend/simd/epilogue.hpp>
#include <dsi/backend/simd/product.hpp>
#include <dsi/op/conv.hpp>

namespace DSI_NAMESPACE::simd {

/// Dimensions that a convolution does not have are 1. Channels and outputs count all groups.
struct conv_geometry {
  index batch = 1, channels = 1, outputs = 1, groups = 1;
  index in[3]{1, 1, 1};
  index out[3]{1, 1, 1};
  index kernel[3]{1, 1, 1};
  index stride[3]{1, 1, 1};
  index dilation[3]{1, 1, 1};
  index pad[3]{};  ///< before the first element

  constexpr index group_channels() const { return channels / groups; }
  constexpr index group_outputs() const { return outputs / groups; }
  constexpr index taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  constexpr index positions() const { return out[0] * out[1] * out[2]; }
  constexpr index reach(int s) const { return (kernel[s] - 1) * dilation[s] + 1; }
  /// Input positions that `count` windows in a row cover.
  constexpr index covered(int s, index count) const { return (count - 1) * stride[s] + reach(s); }
  /// True when a window reaches beyond the input.
  constexpr bool padded(int s) const { return pad[s] > 0 || covered(s, out[s]) - pad[s] > in[s]; }
  constexpr bool padded() const { return padded(0) || padded(1) || padded(2); }
};

template <class Problem>
inline constexpr bool is_conv = std::is_same_v<decltype(anchor_value<Problem>()), conv_attributes>;

/// The geometry of a problem whose anchor is a convolution; of another one, nothing.
template <class Problem>
  requires(!is_conv<Problem>)
constexpr conv_geometry geometry_of() {
  return {};
}
template <class Problem>
  requires is_conv<Problem>
constexpr conv_geometry geometry_of() {
  constexpr conv_attributes op = anchor_value<Problem>();
  tensor_desc const& x = Problem::in(0);
  tensor_desc const& y = Problem::out();
  conv_geometry g;
  g.batch = x[0];
  g.channels = x[1];
  g.outputs = y[1];
  g.groups = op.groups;
  int const spatial = x.rank() - 2;
  for (int s = 0; s < spatial; ++s) {
    int const to = s + 3 - spatial;
    g.in[to] = x[2 + s];
    g.out[to] = y[2 + s];
    g.kernel[to] = op.at.kernel[s];
    g.stride[to] = op.at.stride[s];
    g.dilation[to] = op.at.dilation[s];
    g.pad[to] = op.at.pad_begin[s];
  }
  return g;
}

/// True when a tensor's bytes are in channels_last order.
constexpr bool is_channels_last(tensor_desc const& d) {
  return d.rank() >= 3 && (d.order == layout::channels_last || (d.order == layout::row_major && same_in_every_layout(d.extents)));
}

/// What all convolution kernels ask: one of the tile's types throughout, 1 to 3 spatial dimensions, a channels-last result.
template <class Problem>
constexpr bool conv_supports() {
  if constexpr (!is_conv<Problem>) return false;
  tensor_desc const& x = Problem::in(0);
  return is_tile_type(x.type) && x.rank() >= 3 && x.rank() <= 5 && x.size() > 0 && Problem::out().size() > 0 && is_channels_last(Problem::out()) &&
         epilogue_supports<Problem>();
}

}  // namespace DSI_NAMESPACE::simd

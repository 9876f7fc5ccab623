// SPDX-License-Identifier: MIT
// Sliding windows shared by convolution and pooling: kernel, stride, dilation, padding of up to three spatial dimensions.
#pragma once

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

inline constexpr int max_spatial = 3;

/// A sliding window. Unused spatial dimensions keep extent 1. What padding it takes is up to the operator: convolutions refuse
/// negative padding, pooling also one as wide as the window.
struct window {
  index kernel[max_spatial]{1, 1, 1};
  index stride[max_spatial]{1, 1, 1};
  index dilation[max_spatial]{1, 1, 1};
  index pad_begin[max_spatial]{};
  index pad_end[max_spatial]{};
  /// Spatial dimensions that the input must have, as conv1d and conv2d say it; 0: as many as it has. It is no field of
  /// each_field: it changes nothing that is computed.
  int dims = 0;

  /// A window for n spatial dimensions: it is flat along the others.
  constexpr bool slides_over(int n) const { return dims == 0 ? dims_needed() <= n : dims == n; }
  /// The least number of spatial dimensions that the window is for.
  constexpr int dims_needed() const {
    if (dims != 0) return dims;
    int n = max_spatial;
    while (n > 1 && kernel[n - 1] == 1 && pad_begin[n - 1] == 0 && pad_end[n - 1] == 0) --n;
    return n;
  }
  /// The extent that the window covers, dilation included.
  constexpr index reach(int s) const { return (kernel[s] - 1) * dilation[s] + 1; }
  /// Positions of the window along spatial dimension s of a given extent; below 1 when it does not fit.
  constexpr index positions(int s, index extent, bool round_up_positions = false) const {
    index const free = extent + pad_begin[s] + pad_end[s] - reach(s);
    if (free < 0) return 0;
    index n = (round_up_positions ? ceil_div(free, stride[s]) : free / stride[s]) + 1;
    // A last window that would start in the padding behind the data does not count (ONNX ceil_mode).
    if (round_up_positions && (n - 1) * stride[s] >= extent + pad_begin[s]) --n;
    return n;
  }
  constexpr index taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  /// False when the window's fields or the extents of x are so large that sums of them, or its taps, may not fit.
  constexpr bool fits(tensor_desc const& x) const {
    constexpr index far = index{1} << 60;
    index count = 1;
    for (int s = 0; s < max_spatial; ++s) {
      count = checked_product(count, kernel[s]);
      index const span = checked_product(kernel[s], dilation[s]);
      for (index n : {count, span, stride[s]})
        if (n < 0 || n > far) return false;
      for (index n : {pad_begin[s], pad_end[s], s + 2 < x.rank() ? x[s + 2] : 0})
        if (n < -far || n > far) return false;
    }
    return true;
  }
  constexpr bool padded() const {
    for (int s = 0; s < max_spatial; ++s)
      if (pad_begin[s] != 0 || pad_end[s] != 0) return true;
    return false;
  }
  /// The attribute that is not positive (kernel 1, stride 2, dilation 3), or 0.
  constexpr int bad_field() const {
    for (int s = 0; s < max_spatial; ++s) {
      if (kernel[s] < 1) return 1;
      if (stride[s] < 1) return 2;
      if (dilation[s] < 1) return 3;
    }
    return 0;
  }
  /// Operators hold their window in a member named `at`.
  template <class F>
  constexpr void each_field(F&& f) const {
    f("at.kernel", kernel);
    f("at.stride", stride);
    f("at.dilation", dilation);
    f("at.pad_begin", pad_begin);
    f("at.pad_end", pad_end);
  }
  constexpr bool operator==(window const&) const = default;
};

/// A window over two dimensions as users type it: {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}} (pad: top, left, bottom, right).
struct window2d {
  index kernel[2]{1, 1};
  index stride[2]{1, 1};
  index dilation[2]{1, 1};
  index pad[4]{};
  constexpr operator window() const {  // NOLINT(google-explicit-constructor)
    window w;
    w.dims = 2;
    for (int s = 0; s < 2; ++s) {
      w.kernel[s] = kernel[s];
      w.stride[s] = stride[s];
      w.dilation[s] = dilation[s];
      w.pad_begin[s] = pad[s];
      w.pad_end[s] = pad[s + 2];
    }
    return w;
  }
};

}  // namespace DSI_NAMESPACE

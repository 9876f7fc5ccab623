// SPDX-License-Identifier: MIT
// ONNX operators with a sliding window: Conv and the pools.
#pragma once

#include <algorithm>

#include <dsi/backend/reference/conv.hpp>
#include <dsi/backend/reference/max_pool_indices.hpp>
#include <dsi/backend/reference/pool.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/average_pool.hpp>
#include <dsi/op/conv.hpp>
#include <dsi/op/max_pool.hpp>
#include <dsi/op/max_pool_indices.hpp>
#include <dsi/op/reshape.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Reads strides, dilations, pads and auto_pad; the kernel is known already. False when the node was refused.
inline bool read_window(binding& b, window& w, int spatial) {
  auto const read = [&](char const* name, index* to, std::size_t count) {
    auto const v = b.integers(name);
    if (v.empty()) return true;
    if (v.size() != count) {
      b.refuse(std::string(name) + " has " + std::to_string(v.size()) + " values for " + std::to_string(spatial) + " spatial dimensions", "correct the attribute " + std::string(name));
      return false;
    }
    for (std::size_t i = 0; i < count; ++i) to[i] = v[i];
    return true;
  };
  constexpr index limit = 1 << 24;  // far above any real window, far below where sums overflow
  index pads[2 * max_spatial]{};
  auto const count = static_cast<std::size_t>(spatial);
  if (!read("strides", w.stride, count) || !read("dilations", w.dilation, count) || !read("pads", pads, 2 * count)) return false;
  for (int s = 0; s < spatial; ++s)
    if (w.kernel[s] < 1 || w.stride[s] < 1 || w.dilation[s] < 1 || w.kernel[s] > limit || w.dilation[s] > limit || w.stride[s] > limit) {
      b.refuse("kernel, strides and dilations must be positive and sensible", "correct the attributes");
      return false;
    }
  std::string const automatic = b.text("auto_pad", "NOTSET");
  if (automatic != "NOTSET" && automatic != "" && automatic != "VALID" && automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    b.refuse("auto_pad is " + in_quotes(automatic), "use NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    return false;
  }
  for (int s = 0; s < spatial; ++s) {
    w.pad_begin[s] = pads[s];
    w.pad_end[s] = pads[s + spatial];
    if (automatic == "VALID") w.pad_begin[s] = w.pad_end[s] = 0;
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      index const extent = b.desc(0)[2 + s];
      index const total = larger(0, (ceil_div(extent, w.stride[s]) - 1) * w.stride[s] + w.reach(s) - extent);
      w.pad_begin[s] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
      w.pad_end[s] = total - w.pad_begin[s];
    }
    if (w.pad_begin[s] < 0 || w.pad_end[s] < 0 || w.pad_begin[s] > limit || w.pad_end[s] > limit) {
      b.refuse("pads are negative or too large", "crop the input with a Slice node, or correct the attribute pads");
      return false;
    }
  }
  return true;
}

/// Spatial dimensions of input 0, or 0 after a refusal.
inline int spatial_dimensions(binding& b) {
  int const spatial = b.rank(0) - 2;
  if (spatial >= 1 && spatial <= max_spatial) return spatial;
  b.refuse("its input has rank " + std::to_string(b.rank(0)), "dsi slides windows over one to three spatial dimensions");
  return 0;
}

/// What a convolution's attributes say; the weight is input `weight`. False when the node was refused.
inline bool read_conv(binding& b, int weight, conv_attributes& a) {
  auto const refuse = [&b](std::string what, char const* remedy) { return b.refuse(std::move(what), remedy), false; };
  int const spatial = spatial_dimensions(b);
  if (spatial == 0) return false;
  if (b.rank(weight) != spatial + 2) return refuse("its weight has rank " + std::to_string(b.rank(weight)) + " and its input rank " + std::to_string(b.rank(0)), "export the model again");
  for (int s = 0; s < spatial; ++s) a.at.kernel[s] = b.desc(weight)[2 + s];
  auto const kernel = b.integers("kernel_shape");
  if (!kernel.empty() && !std::equal(kernel.begin(), kernel.end(), a.at.kernel, a.at.kernel + spatial))
    return refuse("kernel_shape says another window than its weight has", "correct the attribute kernel_shape, or leave it out");
  if (!read_window(b, a.at, spatial)) return false;
  a.groups = b.integer("group", 1);
  a.out = b.desc(weight)[0];
  if (a.groups < 1 || a.out % a.groups != 0) return refuse("group " + std::to_string(a.groups) + " does not divide the " + std::to_string(a.out) + " output channels", "correct the attribute group");
  return true;
}
/// The convolution of these values; bias is -1 when there is none. Weights [Out, In/groups, k...] become
/// [groups, Out/groups, In/groups, k...] when grouped.
inline int emit_conv(binding& b, conv_attributes a, int x, int w, int bias) {
  a.bias = bias >= 0;
  if (a.groups > 1) {
    shape s(a.groups, a.out / a.groups);
    for (int i = 1; i < b.desc_of(w).rank(); ++i) s.push_back(b.desc_of(w)[i]);
    w = b.emit(reshape_attributes{s}, {w});
  }
  return a.bias ? b.emit(a, {x, w, bias}) : b.emit(a, {x, w});
}
inline void bind_conv(binding& b) {
  conv_attributes a;
  if (read_conv(b, 1, a)) b.finish(emit_conv(b, a, b.input(0), b.input(1), b.input(2)));
}

template <class Pool>
bool read_pool(binding& b, Pool& a) {
  int const spatial = spatial_dimensions(b);
  if (spatial == 0) return false;
  auto const kernel = b.integers("kernel_shape");
  if (kernel.size() != static_cast<std::size_t>(spatial)) {
    b.refuse("kernel_shape has " + std::to_string(kernel.size()) + " values for " + std::to_string(spatial) + " spatial dimensions", "correct the attribute kernel_shape");
    return false;
  }
  for (int s = 0; s < spatial; ++s) a.at.kernel[s] = kernel[static_cast<std::size_t>(s)];
  a.ceil_mode = b.integer("ceil_mode", 0) != 0;
  return read_window(b, a.at, spatial);
}

inline void bind_max_pool(binding& b) {
  max_pool_attributes a;
  if (!read_pool(b, a)) return;
  b.finish(b.emit(a, {b.input(0)}));
  if (b.wants_output(1)) b.finish(1, b.emit(max_pool_indices_attributes{a.at, a.ceil_mode, b.integer("storage_order", 0) != 0}, {b.input(0)}));
}
inline void bind_average_pool(binding& b) {
  average_pool_attributes a;
  a.count_include_pad = b.integer("count_include_pad", 0) != 0;
  if (read_pool(b, a)) b.finish(b.emit(a, {b.input(0)}));
}

inline void add_windows(onnx_table& table) {
  table["Conv"] = {&bind_conv, 2, 3, "auto_pad dilations group kernel_shape pads strides"};
  table["MaxPool"] = {&bind_max_pool, 1, 1, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"};
  table["AveragePool"] = {&bind_average_pool, 1, 1, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"};
}

}  // namespace DSI_NAMESPACE::import::detail

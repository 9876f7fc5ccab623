// SPDX-License-Identifier: MIT
// Mean over sliding windows.
#pragma once

#include <dsi/op/pool.hpp>

namespace DSI_NAMESPACE {

/// y = the mean of the elements under each window.
/// Shape    x [N, C, s...] -> y [N, C, positions...], one to three spatial dimensions
/// Types    float, half, bfloat16, double; sums in numeric_traits<T>::accumulator
/// Divisor  the elements under the window; with count_include_pad also its padding, but never what lies behind the padding
///          (a last window under ceil_mode). A window that meets nothing, possible with dilation only, gives NaN.
/// Error    float: |y - exact| <= g mean|x|, g = k u / (1 - k u), k = taps
/// Fuses    any elementwise expression
/// ONNX     AveragePool, opset 7 to newest: kernel_shape, strides, count_include_pad, ceil_mode (opset 10), dilations
///          (opset 19); auto_pad becomes explicit padding by the importer. Not taken: pads of the kernel's reach or more.
struct average_pool_attributes {
  static constexpr std::string_view name = "average_pool";
  static constexpr op_traits traits{.anchor = true, .layouts = layout_rule::channels_last};
  window at{};
  bool ceil_mode = false;
  bool count_include_pad = false;

  constexpr inferred infer(op_inputs in) const {
    if (in.count > 0 && !is_floating(in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    return infer_pool(at, ceil_mode, in);
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("ceil_mode", ceil_mode);
    f("count_include_pad", count_include_pad);
  }
  constexpr bool operator==(average_pool_attributes const&) const = default;
};
template <average_pool_attributes A>
using average_pool = with_attributes<average_pool_attributes(A)>;

/// As users type it: average_pool2d<average_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>.
struct average_pool2d_attributes {
  index kernel[2]{1, 1};
  index stride[2]{1, 1};
  index dilation[2]{1, 1};
  index pad[4]{};  ///< top, left, bottom, right
  bool ceil_mode = false;
  bool count_include_pad = false;
};
template <average_pool2d_attributes A>
using average_pool2d = average_pool<average_pool_attributes{
    .at = window2d{{A.kernel[0], A.kernel[1]}, {A.stride[0], A.stride[1]}, {A.dilation[0], A.dilation[1]}, {A.pad[0], A.pad[1], A.pad[2], A.pad[3]}},
    .ceil_mode = A.ceil_mode,
    .count_include_pad = A.count_include_pad}>;

/// average_pool1d<average_pool1d_attributes{.kernel = 3, .stride = 2}>.
struct average_pool1d_attributes {
  index kernel = 1;
  index stride = 1;
  index dilation = 1;
  index pad[2]{};  ///< before, after
  bool ceil_mode = false;
  bool count_include_pad = false;
};
template <average_pool1d_attributes A>
using average_pool1d = average_pool<average_pool_attributes{
    .at = window{{A.kernel, 1, 1}, {A.stride, 1, 1}, {A.dilation, 1, 1}, {A.pad[0], 0, 0}, {A.pad[1], 0, 0}},
    .ceil_mode = A.ceil_mode,
    .count_include_pad = A.count_include_pad}>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Maximum over sliding windows.
#pragma once

#include <dsi/op/pool.hpp>

namespace DSI_NAMESPACE {

/// y = the greatest element under each window; padding never counts.
/// Shape    x [N, C, s...] -> y [N, C, positions...], one to three spatial dimensions
/// Types    every numeric type
/// NaN      a NaN under the window gives NaN (PyTorch's rule; ONNX Runtime and ONNX's own evaluator skip NaNs).
///          A window that meets no element, possible with dilation only, gives the type's lowest value: -inf for floats.
/// Fuses    any elementwise expression
/// ONNX     MaxPool, opset 1 to newest, with output Y alone: kernel_shape, strides, dilations (opset 10), ceil_mode
///          (opset 10); auto_pad becomes explicit padding by the importer. Not taken: the Indices output, storage_order 1
///          (which only orders Indices), pads of the kernel's reach or more.
struct max_pool_attributes {
  static constexpr std::string_view name = "max_pool";
  static constexpr dtype_set types = numeric_types;
  static constexpr op_traits traits{.anchor = true, .layouts = layout_rule::channels_last};
  window at{};
  bool ceil_mode = false;

  constexpr inferred infer(op_inputs in) const {
    if (in.count > 0 && !contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    return infer_pool(at, ceil_mode, in);
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("ceil_mode", ceil_mode);
  }
  constexpr bool operator==(max_pool_attributes const&) const = default;
};
template <max_pool_attributes A>
using max_pool = with_attributes<max_pool_attributes(A)>;

/// As users type it: max_pool2d<max_pool2d_attributes{.kernel = {2, 2}, .stride = {2, 2}}>.
struct max_pool2d_attributes {
  index kernel[2]{1, 1};
  index stride[2]{1, 1};
  index dilation[2]{1, 1};
  index pad[4]{};  ///< top, left, bottom, right
  bool ceil_mode = false;
};
template <max_pool2d_attributes A>
using max_pool2d = max_pool<max_pool_attributes{
    .at = window2d{{A.kernel[0], A.kernel[1]}, {A.stride[0], A.stride[1]}, {A.dilation[0], A.dilation[1]}, {A.pad[0], A.pad[1], A.pad[2], A.pad[3]}},
    .ceil_mode = A.ceil_mode}>;

/// max_pool1d<max_pool1d_attributes{.kernel = 3, .stride = 2}>.
struct max_pool1d_attributes {
  index kernel = 1;
  index stride = 1;
  index dilation = 1;
  index pad[2]{};  ///< before, after
  bool ceil_mode = false;
};
template <max_pool1d_attributes A>
using max_pool1d = max_pool<max_pool_attributes{
    .at = window{{A.kernel, 1, 1}, {A.stride, 1, 1}, {A.dilation, 1, 1}, {A.pad[0], 0, 0}, {A.pad[1], 0, 0}}, .ceil_mode = A.ceil_mode}>;

}  // namespace DSI_NAMESPACE

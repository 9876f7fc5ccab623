// SPDX-License-Identifier: MIT
// Mean over all spatial positions.
#pragma once

#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE {

/// y = the mean of each channel. The same kernel as reduce_mean over axes 2 and up.
/// Shape    x [N, C, s...] -> y [N, C, 1...], one spatial dimension or more
/// Types    float, half, bfloat16, double; sums in numeric_traits<T>::accumulator
/// Error    as reduce_mean
/// Fuses    any elementwise expression
/// ONNX     GlobalAveragePool, opset 1 to newest
struct global_average_pool {
  static constexpr std::string_view name = "global_average_pool";
  static constexpr reduction kind = reduction::mean;
  static constexpr axis_set axes = spatial_axes;
  static constexpr bool keepdims = true;

  constexpr op_traits traits_for(op_inputs in) const { return reduction_traits(axes, keepdims, in); }
  constexpr inferred infer(op_inputs in) const {
    if (in.count == 1 && in[0].rank() < 3) return {invalid::rank, 3, in[0].rank()};
    if (in.count == 1 && !is_floating(in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    return infer_reduction(axes, keepdims, in);
  }
  constexpr bool operator==(global_average_pool const&) const = default;
};

}  // namespace DSI_NAMESPACE

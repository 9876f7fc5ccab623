// SPDX-License-Identifier: MIT
// Maximum over all spatial positions.
#pragma once

#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE {

/// y = the greatest element of each channel. The same kernel as reduce_max over axes 2 and up.
/// Shape    x [N, C, s...] -> y [N, C, 1...], one spatial dimension or more
/// Types    every numeric type; exact
/// NaN      one NaN gives NaN
/// Fuses    any elementwise expression
/// ONNX     GlobalMaxPool, opset 1 to newest
struct global_max_pool {
  static constexpr std::string_view name = "global_max_pool";
  static constexpr reduction kind = reduction::max;
  static constexpr axis_set axes = spatial_axes;
  static constexpr bool keepdims = true;

  constexpr op_traits traits_for(op_inputs in) const { return reduction_traits(axes, keepdims, in); }
  constexpr inferred infer(op_inputs in) const {
    if (in.count == 1 && in[0].rank() < 3) return {invalid::rank, 3, in[0].rank()};
    return infer_reduction(axes, keepdims, in);
  }
  constexpr bool operator==(global_max_pool const&) const = default;
};

}  // namespace DSI_NAMESPACE

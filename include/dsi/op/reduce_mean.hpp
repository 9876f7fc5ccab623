// SPDX-License-Identifier: MIT
// Mean over axes.
#pragma once

#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE {

/// y = the mean over axes: reduce_mean<reduce_mean_attributes{.axes = axes(2, 3)}>.
/// Shape    x [d...] -> y: axes removed, or kept as 1 with keepdims
/// Types    every numeric type but bool; sums in numeric_traits<T>::accumulator; the mean of integers truncates
/// Error    float: |y - exact| <= g mean|x|, g = n u / (1 - n u), n = elements per result; the order of the sum is fixed
/// Fuses    any elementwise expression
/// ONNX     ReduceMean, opset 1 to newest: axes as an attribute or (opset 18) as a constant second input, which the importer turns
///          into the set; noop_with_empty_axes with no axes is an identity there.
struct reduce_mean_attributes {
  static constexpr std::string_view name = "reduce_mean";
  static constexpr reduction kind = reduction::mean;
  static constexpr dtype_set types = numeric_types;
  axis_set axes = 0;
  bool keepdims = true;

  constexpr op_traits traits_for(op_inputs in) const { return reduction_traits(axes, keepdims, in); }
  constexpr inferred infer(op_inputs in) const { return infer_reduction(axes, keepdims, in); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axes", axes);
    f("keepdims", keepdims);
  }
  constexpr bool operator==(reduce_mean_attributes const&) const = default;
};
template <reduce_mean_attributes A = reduce_mean_attributes{}>
using reduce_mean = with_attributes<reduce_mean_attributes(A)>;

}  // namespace DSI_NAMESPACE

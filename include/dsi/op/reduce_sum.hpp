// SPDX-License-Identifier: MIT
// Sum over axes.
#pragma once

#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE {

/// y = the sum over axes. An empty sum is 0.
/// Shape    x [d...] -> y: axes removed, or kept as 1 with keepdims
/// Types    every numeric type but bool; sums in numeric_traits<T>::accumulator
/// Error    float: |y - exact| <= g sum|x|, g = n u / (1 - n u), n = elements per result; the order of the sum is fixed
/// Fuses    any elementwise expression
/// ONNX     ReduceSum, opset 1 to newest: axes as an attribute or (opset 13) as a constant second input, which the importer turns
///          into the set; noop_with_empty_axes with no axes is an identity there.
struct reduce_sum_attributes {
  static constexpr std::string_view name = "reduce_sum";
  static constexpr reduction kind = reduction::sum;
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
  constexpr bool operator==(reduce_sum_attributes const&) const = default;
};
template <reduce_sum_attributes A = reduce_sum_attributes{}>
using reduce_sum = with_attributes<reduce_sum_attributes(A)>;

}  // namespace DSI_NAMESPACE

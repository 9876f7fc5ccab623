// SPDX-License-Identifier: MIT
// Maximum over axes.
#pragma once

#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE {

/// y = the greatest element over axes. Over nothing: the type's lowest value, -inf for floats.
/// Shape    x [d...] -> y: axes removed, or kept as 1 with keepdims
/// Types    every numeric type but bool; exact
/// NaN      one NaN gives NaN
/// Fuses    any elementwise expression
/// ONNX     ReduceMax, opset 1 to newest: axes as an attribute or (opset 18) as a constant second input, which the importer turns
///          into the set; noop_with_empty_axes with no axes is an identity there.
struct reduce_max_attributes {
  static constexpr std::string_view name = "reduce_max";
  static constexpr reduction kind = reduction::max;
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
  constexpr bool operator==(reduce_max_attributes const&) const = default;
};
template <reduce_max_attributes A = reduce_max_attributes{}>
using reduce_max = with_attributes<reduce_max_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Product over axes.
#pragma once

#include <dsi/op/reduce.hpp>

namespace DSI_NAMESPACE {

/// y = the product over axes. An empty product is 1.
/// Shape    x [d...] -> y: axes removed, or kept as 1 with keepdims
/// Types    every numeric type but bool; sums in numeric_traits<T>::accumulator (products, too)
/// Error    float: |y - exact| <= g |exact|, g = n u / (1 - n u), unless a partial product overflows or underflows
/// Fuses    any elementwise expression
/// ONNX     ReduceProd, opset 1 to newest: axes as an attribute or (opset 18) as a constant second input, which the importer turns
///          into the set; noop_with_empty_axes with no axes is an identity there.
struct reduce_prod_attributes {
  static constexpr std::string_view name = "reduce_prod";
  static constexpr reduction kind = reduction::prod;
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
  constexpr bool operator==(reduce_prod_attributes const&) const = default;
};
template <reduce_prod_attributes A = reduce_prod_attributes{}>
using reduce_prod = with_attributes<reduce_prod_attributes(A)>;

}  // namespace DSI_NAMESPACE

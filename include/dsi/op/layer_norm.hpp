// SPDX-License-Identifier: MIT
// Layer normalization over the last dimensions.
#pragma once

#include <dsi/op/normalization.hpp>

namespace DSI_NAMESPACE {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each row, the dimensions from axis on; the variance is that
/// of the row (divided by its length).
/// Shape    x [rows..., n...], scale [n...], bias [n...] (absent when bias is false) -> y like x
/// Types    float, half, bfloat16, double; computed in float (double for double) in two passes: mean, then deviations
/// Error    float: |y - exact| <= (n + 12) u |scale| (max x - min x) / s + u |y|, s = sqrt(variance + epsilon), by vector kernels,
///          which first take a row's first element from all; plain loops lose the digits of |mean| / s as well
/// Fuses    any elementwise expression
/// ONNX     LayerNormalization, opset 17 to newest: axis, epsilon; Mean and InvStdDev are reductions beside it. Scale and B must
///          have a row's elements; the importer expands smaller ones. Also the decomposed form that it recognizes.
struct layer_norm_attributes {
  static constexpr std::string_view name = "layer_norm";
  static constexpr op_traits traits{.anchor = true, .layouts = layout_rule::row_major};
  int axis = -1;
  float_bits epsilon = constant(1e-5f);
  bool bias = true;

  constexpr inferred infer(op_inputs in) const { return infer_normalization(axis, bias ? 2 : 1, in); }
  constexpr parameter_list parameters(op_inputs in) const {
    parameter_list p;
    p.push_back("scale", row_parameter(axis, in[0]));
    if (bias) p.push_back("bias", row_parameter(axis, in[0]));
    return p;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("epsilon", epsilon);
    f("bias", bias);
  }
  constexpr bool operator==(layer_norm_attributes const&) const = default;
};
template <layer_norm_attributes A = layer_norm_attributes{}>
using layer_norm = with_attributes<layer_norm_attributes(A)>;

}  // namespace DSI_NAMESPACE

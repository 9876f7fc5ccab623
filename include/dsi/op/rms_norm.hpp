// SPDX-License-Identifier: MIT
// Root mean square normalization over the last dimensions.
#pragma once

#include <dsi/op/normalization.hpp>

namespace DSI_NAMESPACE {

/// y = x / sqrt(mean of x^2 + epsilon) * scale for each row, the dimensions from axis on.
/// Shape    x [rows..., n...], scale [n...] -> y like x
/// Types    float, half, bfloat16, double; computed in float (double for double)
/// Error    float: |y - exact| <= (n/2 + 6) u |exact|
/// Fuses    any elementwise expression
/// ONNX     RMSNormalization, opset 23 to newest, with stash_type 1: axis, epsilon; ONNX Runtime's
///          SimplifiedLayerNormalization. Scale must have a row's elements; the importer expands a smaller one.
struct rms_norm_attributes {
  static constexpr std::string_view name = "rms_norm";
  static constexpr op_traits traits{.anchor = true, .layouts = layout_rule::row_major};
  int axis = -1;
  float_bits epsilon = constant(1e-5f);

  constexpr inferred infer(op_inputs in) const { return infer_normalization(axis, 1, in); }
  constexpr parameter_list parameters(op_inputs in) const {
    parameter_list p;
    p.push_back("scale", row_parameter(axis, in[0]));
    return p;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("epsilon", epsilon);
  }
  constexpr bool operator==(rms_norm_attributes const&) const = default;
};
template <rms_norm_attributes A = rms_norm_attributes{}>
using rms_norm = with_attributes<rms_norm_attributes(A)>;

}  // namespace DSI_NAMESPACE

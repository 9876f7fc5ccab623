// SPDX-License-Identifier: MIT
// Fully connected layer.
#pragma once

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// Fully connected layer, y = W x + b over the last dimension of x. ONNX: Gemm and MatMul with constant weights.
/// Shape    x [..., In], W [Out, In] row-major, b [Out] (absent when bias is false) -> y [..., Out]
/// Types    float, half, bfloat16, double: one for x, W and b. On 8-bit integers: dense_int8
/// Error    float: |y - exact| <= g (sum|w x| + |b|), g = (In+1)u / (1-(In+1)u)  (Higham, ASNA 2e, 3.1)
/// Fuses    any elementwise expression; folds batch_norm
struct dense_attributes {
  static constexpr std::string_view name = "dense";
  static constexpr op_traits traits{.anchor = true, .foldable = true, .layouts = layout_rule::row_major, .weight = weight_role::matrix};
  index out = 0;      ///< number of outputs; 0 only with a weight of your own: a pipeline creates one from it
  bool bias = true;

  constexpr inferred infer(op_inputs in) const {
    if (in.count < 2 || in.count > 3) return {invalid::input_count, bias ? 3 : 2, in.count};
    for (int i = 1; i < in.count; ++i)
      if (in[i].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[i].type)};
    if (in[0].rank() < 1) return {invalid::rank, 1, in[0].rank()};
    if (in[1].rank() != 2) return {invalid::rank, 2, in[1].rank()};
    if (in[1][1] != in[0][in[0].rank() - 1]) return {invalid::dense_inputs, in[1][1], in[0][in[0].rank() - 1]};
    if (in[1][0] < 1) return {invalid::outputs_missing, out, in[1][0]};
    if (out != 0 && out != in[1][0]) return {invalid::outputs_differ, out, in[1][0]};
    if (in.count == 3 && in[2].size() != in[1][0]) return {invalid::bias_extent, in[1][0], in[2].size()};
    tensor_desc y = in[0];
    y.order = layout::row_major;
    y.extents.dim[y.rank() - 1] = in[1][0];
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const { return capped_product(y.size(), in[1][1]); }
  constexpr parameter_list parameters(op_inputs in) const {
    parameter_list p;
    if (in[0].rank() < 1) return p;
    p.push_back("weight", {in[0].type, layout::row_major, shape(out, in[0][in[0].rank() - 1])});
    if (bias) p.push_back("bias", {in[0].type, layout::row_major, shape(out)});
    return p;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("out", out);
    f("bias", bias);
  }
  constexpr bool operator==(dense_attributes const&) const = default;
};
template <index Out, bool Bias = true>
using dense = with_attributes<dense_attributes{.out = Out, .bias = Bias}>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Softmax along one axis.
#pragma once

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// What softmax and log_softmax take: one floating-point tensor that has the axis (negative counts from the end).
constexpr inferred infer_softmax(int axis, op_inputs in) {
  if (in.count != 1) return {invalid::input_count, 1, in.count};
  tensor_desc y = in[0];
  if (!is_floating(y.type)) return {invalid::input_type, 0, static_cast<index>(y.type)};
  if (axis < -y.rank() || axis >= y.rank()) return {invalid::axis, axis, y.rank()};
  y.order = layout::row_major;
  return y;
}

/// y = e^(x - m) / sum e^(x - m) along axis, m the greatest element there; nothing overflows.
/// Shape    y like x
/// Types    float, half, bfloat16, double; computed in float (double for double)
/// Error    float: relative (n + 4) u for n elements, times the error of x - m: |x - m| u relative
/// NaN      a NaN, a +inf or nothing but -inf along the axis gives NaN for all of it, as ONNX Runtime; otherwise -inf
///          (a mask) gives exactly 0
/// ONNX     Softmax, opset 13 to newest. Before 13 the axis flattens the tensor to two dimensions (default 1): the importer
///          writes reshape, softmax<-1>, reshape unless all dimensions behind the axis are 1.
struct softmax_attributes {
  static constexpr std::string_view name = "softmax";
  static constexpr op_traits traits{.layouts = layout_rule::same};
  int axis = -1;

  constexpr inferred infer(op_inputs in) const { return infer_softmax(axis, in); }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(softmax_attributes const&) const = default;
};
template <int Axis>
using softmax_over = with_attributes<softmax_attributes{Axis}>;
/// Along the last axis.
using softmax = softmax_over<-1>;

}  // namespace DSI_NAMESPACE

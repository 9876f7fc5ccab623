// SPDX-License-Identifier: MIT
// Logarithm of softmax along one axis.
#pragma once

#include <dsi/op/softmax.hpp>

namespace DSI_NAMESPACE {

/// y = (x - m) - log(sum e^(x - m)) along axis, m the greatest element there: the logarithm of softmax without its underflow.
/// Shape    y like x
/// Types    float, half, bfloat16, double; computed in float (double for double)
/// Error    float: |y - exact| <= (n + 4) u + 2 u |y| + 2 u |x - m| for n elements
/// NaN      as softmax; otherwise -inf gives -inf
/// ONNX     LogSoftmax, opset 13 to newest; before 13 as Softmax
struct log_softmax_attributes {
  static constexpr std::string_view name = "log_softmax";
  static constexpr op_traits traits{.layouts = layout_rule::same};
  int axis = -1;

  constexpr inferred infer(op_inputs in) const { return infer_softmax(axis, in); }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(log_softmax_attributes const&) const = default;
};
template <int Axis>
using log_softmax_over = with_attributes<log_softmax_attributes{Axis}>;
/// Along the last axis.
using log_softmax = log_softmax_over<-1>;

}  // namespace DSI_NAMESPACE

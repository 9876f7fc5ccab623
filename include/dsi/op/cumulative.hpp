// SPDX-License-Identifier: MIT
// Running sums and products along one dimension.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// y[i] = x[0] + ... + x[i] along the axis, or their product; exclusive: without x[i] itself; reverse: from the other end.
/// Shape    x [d...] -> y [d...]
/// Types    every numeric type but bool; sums in numeric_traits<T>::accumulator, in order; integers wrap
/// ONNX     CumSum and CumProd, with their axis as a constant
struct cumulative_attributes {
  static constexpr std::string_view name = "cumulative";
  static constexpr dtype_set types = numeric_types;
  static constexpr op_traits traits{};
  index axis = -1;
  bool product = false;
  bool exclusive = false;
  bool reverse = false;

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (axis < -in[0].rank() || axis >= in[0].rank()) return {invalid::axis, axis, in[0].rank()};
    tensor_desc y = in[0];
    y.order = layout::row_major;
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("product", product);
    f("exclusive", exclusive);
    f("reverse", reverse);
  }
  constexpr bool operator==(cumulative_attributes const&) const = default;
};
template <cumulative_attributes A = cumulative_attributes{}>
using cumulative = with_attributes<cumulative_attributes(A)>;

}  // namespace DSI_NAMESPACE

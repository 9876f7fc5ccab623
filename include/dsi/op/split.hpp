// SPDX-License-Identifier: MIT
// Division along one dimension.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// Output k is the next size[k] elements along axis (negative counts from the end). ONNX: Split; equal parts and num_outputs
/// are written out by the importer. At most as many parts as a shape has dimensions (8); more are slices.
/// Types    any
struct split_attributes {
  static constexpr std::string_view name = "split";
  static constexpr dtype_set types = any_type;
  static constexpr bool moves_elements = true;  ///< and never looks at them: only their size matters
  static constexpr op_traits traits{.layouts = layout_rule::same};
  int axis = 0;
  shape size{};  ///< one entry for each output

  constexpr int axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    int const a = axis_in(in[0].rank());
    if (a < 0 || a >= in[0].rank()) return {invalid::axis, axis, in[0].rank()};
    if (size.rank < 1) return {invalid::slice_range, 0, in[0][a]};
    inferred y;
    index sum = 0;
    for (int k = 0; k < size.rank; ++k) {
      if (size[k] < 0 || size[k] > in[0][a] - sum) return {invalid::slice_range, size[k], in[0][a] - sum};
      sum += size[k];
      tensor_desc part = in[0];
      part.order = layout::row_major;
      part.extents.dim[a] = size[k];
      y.push_back(part);
    }
    if (sum != in[0][a]) return {invalid::slice_range, sum, in[0][a]};
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("size", size);
  }
  constexpr bool operator==(split_attributes const&) const = default;
};
/// split<1, 16, 48>: along dimension 1 into 16 and 48.
template <int Axis, index... Sizes>
using split = with_attributes<split_attributes{Axis, extents<Sizes...>::value}>;

}  // namespace DSI_NAMESPACE

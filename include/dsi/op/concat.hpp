// SPDX-License-Identifier: MIT
// Concatenation along one dimension.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// Joins any number of tensors along axis (negative counts from the end); all other extents agree.
struct concat_attributes {
  static constexpr std::string_view name = "concat";
  static constexpr dtype_set types = any_type;
  static constexpr bool moves_elements = true;  ///< and never looks at them: only their size matters
  static constexpr op_traits traits{.layouts = layout_rule::same};
  int axis = 0;

  constexpr inferred infer(op_inputs in) const {
    if (in.count < 1) return {invalid::input_count, 1, in.count};
    tensor_desc y = in[0];
    int const a = axis < 0 ? axis + y.rank() : axis;
    if (a < 0 || a >= y.rank()) return {invalid::axis, axis, y.rank()};
    for (int i = 1; i < in.count; ++i) {
      if (in[i].type != y.type) return {invalid::types_differ, static_cast<index>(y.type), static_cast<index>(in[i].type)};
      if (in[i].rank() != y.rank()) return {invalid::rank, y.rank(), in[i].rank()};
      for (int d = 0; d < y.rank(); ++d)
        if (d != a && in[i][d] != y[d]) return {invalid::concat_extent, y[d], in[i][d]};
      y.extents.dim[a] = checked_sum(y[a], in[i][a]);
    }
    y.order = layout::row_major;
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(concat_attributes const&) const = default;
};
template <int Axis>
using concat = with_attributes<concat_attributes{Axis}>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// A regular part of a tensor.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// Element i along dimension d of the output is element start[d] + i * step[d] of the input, for 0 <= i < size[d].
/// ONNX: Slice, with starts, ends, axes and steps clamped to the extents and completed for every dimension by the importer.
/// Types    any
struct slice_attributes {
  static constexpr std::string_view name = "slice";
  static constexpr dtype_set types = any_type;
  static constexpr bool moves_elements = true;  ///< and never looks at them: only their size matters
  static constexpr op_traits traits{.layouts = layout_rule::same};
  static constexpr std::string_view batch_field = "size";
  shape start{};
  shape step{};  ///< not 0; negative steps go backwards
  shape size{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    int const rank = in[0].rank();
    for (int given : {start.rank, step.rank, size.rank})
      if (given != rank) return {invalid::rank, given, rank};
    for (int d = 0; d < rank; ++d) {
      if (step[d] == 0) return {invalid::positive, d, 0};
      if (size[d] < 0) return {invalid::slice_range, size[d], in[0][d]};
      if (size[d] == 0) continue;
      if (start[d] < 0 || start[d] >= in[0][d]) return {invalid::slice_range, start[d], in[0][d]};
      // Steps from the first element to the last one of that direction; the smallest index has no magnitude.
      index const steps = step[d] > 0 ? (in[0][d] - 1 - start[d]) / step[d] : step[d] < -detail::index_limit ? 0 : start[d] / -step[d];
      if (size[d] - 1 > steps) return {invalid::slice_range, size[d], steps + 1};
    }
    return tensor_desc{in[0].type, layout::row_major, size};
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("start", start);
    f("step", step);
    f("size", size);
  }
  constexpr bool operator==(slice_attributes const&) const = default;
};
template <slice_attributes A>
using slice = with_attributes<slice_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Other extents for the same elements.
#pragma once

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The same elements in row-major order under new extents. ONNX: Reshape, Flatten, Squeeze, Unsqueeze, Identity.
/// Costs nothing: the output is the input's memory.
struct reshape_attributes {
  static constexpr std::string_view name = "reshape";
  static constexpr op_traits traits{.view = true};
  static constexpr std::string_view batch_field = "to";
  shape to{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (to.rank < 0) return {invalid::too_many_dims, max_rank, -to.rank};
    for (int d = 0; d < to.rank; ++d)
      if (to[d] < 0) return {invalid::positive, d, to[d]};
    if (to.size() < 0) return {invalid::overflow, 0, 0};
    if (in[0].size() != to.size()) return {invalid::reshape_size, in[0].size(), to.size()};
    return tensor_desc{in[0].type, layout::row_major, to};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(reshape_attributes const&) const = default;
};
template <index... Dims>
using reshape = with_attributes<reshape_attributes{extents<Dims...>::value}>;

/// [d0, d1, ...] becomes [d0..d(Axis-1), rest]: ONNX Flatten keeps both sides as one dimension each.
struct flatten_attributes {
  static constexpr std::string_view name = "flatten";
  static constexpr op_traits traits{.view = true};
  int axis = 1;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    int const a = axis < 0 ? axis + in[0].rank() : axis;
    if (a < 0 || a > in[0].rank()) return {invalid::axis, axis, in[0].rank()};
    index part[2]{1, 1};
    for (int d = 0; d < in[0].rank(); ++d) part[d < a ? 0 : 1] = checked_product(part[d < a ? 0 : 1], in[0][d]);
    return tensor_desc{in[0].type, layout::row_major, shape(part[0], part[1])};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(flatten_attributes const&) const = default;
};
template <int Axis = 1>
using flatten = with_attributes<flatten_attributes{Axis}>;

}  // namespace DSI_NAMESPACE

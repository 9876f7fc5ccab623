// SPDX-License-Identifier: MIT
// Elements picked by a tensor of indices.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

inline constexpr dtype_set index_types = set_of(dtype::i32) | set_of(dtype::i64);

/// The element of an extent that an index means: negative ones count from the end. An index outside is the caller's mistake;
/// the nearest element stands for it, so that nothing outside the tensor is read or written.
template <class I>
constexpr index element_at(I i, index extent) {
  index const k = static_cast<index>(i) < 0 ? static_cast<index>(i) + extent : static_cast<index>(i);
  return k < 0 ? 0 : k >= extent ? extent - 1 : k;
}

/// Slices of input 0 along an axis, by the indices of input 1: y[a..., i..., b...] = x[a..., indices[i...], b...].
/// ONNX: Gather.  Types any; indices int32 or int64.
struct gather_attributes {
  static constexpr std::string_view name = "gather";
  static constexpr bool chooses_by_index = true;  ///< input 1 holds indices; elements are moved and never looked at
  static constexpr op_traits traits{};
  index axis = 0;

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    if (!contains(index_types, in[1].type)) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
    int const rank = in[0].rank();
    if (axis < -rank || axis >= rank) return {invalid::axis, axis, rank};
    if (rank - 1 + in[1].rank() > max_rank) return {invalid::too_many_dims, max_rank, rank - 1 + in[1].rank()};
    index const a = axis_in(rank);
    if (in[0][static_cast<int>(a)] == 0 && in[1].size() > 0) return {invalid::gather_empty, a, in[1].size()};
    tensor_desc y{in[0].type, layout::row_major, {}};
    for (int d = 0; d < a; ++d) y.extents.push_back(in[0][d]);
    for (int d = 0; d < in[1].rank(); ++d) y.extents.push_back(in[1][d]);
    for (int d = static_cast<int>(a) + 1; d < rank; ++d) y.extents.push_back(in[0][d]);
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(gather_attributes const&) const = default;
};
template <index Axis = 0>
using gather = with_attributes<gather_attributes{Axis}>;

/// One element for each index: y[p] = x[p with p[axis] replaced by indices[p]]. ONNX: GatherElements.
/// Types any; indices int32 or int64.
struct gather_elements_attributes {
  static constexpr std::string_view name = "gather_elements";
  static constexpr bool chooses_by_index = true;
  static constexpr op_traits traits{};
  index axis = 0;

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    if (!contains(index_types, in[1].type)) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
    int const rank = in[0].rank();
    if (in[1].rank() != rank) return {invalid::rank, rank, in[1].rank()};
    if (axis < -rank || axis >= rank) return {invalid::axis, axis, rank};
    for (int d = 0; d < rank; ++d) {
      if (d != axis_in(rank) && in[1][d] > in[0][d]) return {invalid::broadcast, in[0][d], in[1][d]};
      if (d == axis_in(rank) && in[0][d] == 0 && in[1].size() > 0) return {invalid::gather_empty, d, in[1].size()};
    }
    return tensor_desc{in[0].type, layout::row_major, in[1].extents};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(gather_elements_attributes const&) const = default;
};
template <index Axis = 0>
using gather_elements = with_attributes<gather_elements_attributes{Axis}>;

/// Slices at positions: the last dimension of the indices holds the leading coordinates behind `batch_dims` common dimensions.
/// ONNX: GatherND.  Types any; indices int32 or int64.
struct gather_nd_attributes {
  static constexpr std::string_view name = "gather_nd";
  static constexpr bool chooses_by_index = true;
  static constexpr op_traits traits{};
  index batch_dims = 0;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    if (!contains(index_types, in[1].type)) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
    int const rank = in[0].rank(), q = in[1].rank(), b = static_cast<int>(batch_dims);
    if (rank < 1 || q < 1 || b < 0 || b >= rank || b >= q) return {invalid::axis, batch_dims, rank < q ? rank : q};
    index const coordinates = in[1][q - 1];
    if (coordinates < 0 || coordinates > rank - b) return {invalid::rank, coordinates, rank - b};
    tensor_desc y{in[0].type, layout::row_major, {}};
    for (int d = 0; d < q - 1; ++d) {
      if (d < b && in[0][d] != in[1][d]) return {invalid::broadcast, in[0][d], in[1][d]};
      y.extents.push_back(in[1][d]);
    }
    for (int d = 0; d < coordinates; ++d)
      if (in[0][b + d] == 0 && in[1].size() > 0) return {invalid::gather_empty, b + d, in[1].size()};
    if (q - 1 + rank - b - coordinates > max_rank) return {invalid::too_many_dims, max_rank, q - 1 + rank - b - coordinates};
    for (int d = b + static_cast<int>(coordinates); d < rank; ++d) y.extents.push_back(in[0][d]);
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("batch_dims", batch_dims); }
  constexpr bool operator==(gather_nd_attributes const&) const = default;
};
template <index BatchDims = 0>
using gather_nd = with_attributes<gather_nd_attributes{BatchDims}>;

}  // namespace DSI_NAMESPACE

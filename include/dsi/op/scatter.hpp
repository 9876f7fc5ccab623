// SPDX-License-Identifier: MIT
// Elements written to places that a tensor of indices says.
#pragma once

#include <dsi/op/gather.hpp>

namespace DSI_NAMESPACE {

/// What becomes of the element that an update meets. On bool, add and max are "or", mul and min are "and".
enum class scatter_reduction : std::uint8_t { none, add, mul, min, max };

namespace detail {
/// What every scatter checks: data, indices, updates of the data's type.
constexpr inferred check_scatter(op_inputs in) {
  if (in.count != 3) return {invalid::input_count, 3, in.count};
  if (!contains(index_types, in[1].type)) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
  if (in[2].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[2].type)};
  return {};
}
}  // namespace detail

/// Input 0 with the elements of input 2 at the places that input 1 says along an axis:
/// y = x; y[p with p[axis] replaced by indices[p]] = updates[p]. ONNX: ScatterElements, Scatter.
/// Updates that meet are applied in the order of their positions; without a reduction the last one stays.
/// Types any; indices int32 or int64. Integers wrap; half and bfloat16 are rounded after every update.
struct scatter_elements_attributes {
  static constexpr std::string_view name = "scatter_elements";
  static constexpr dtype_set types = any_type;
  static constexpr unsigned other_inputs = 0b010;
  static constexpr unsigned other_outputs = 0;
  static constexpr dtype_set other_types = index_types;
  static constexpr op_traits traits{};
  index axis = 0;
  scatter_reduction reduction = scatter_reduction::none;

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr inferred infer(op_inputs in) const {
    if (inferred const r = detail::check_scatter(in); !r) return r;
    int const rank = in[0].rank();
    if (axis < -rank || axis >= rank) return {invalid::axis, axis, rank};
    for (int i = 1; i < 3; ++i)
      if (in[i].rank() != rank) return {invalid::rank, rank, in[i].rank()};
    for (int d = 0; d < rank; ++d) {
      if (in[2][d] != in[1][d]) return {invalid::broadcast, in[1][d], in[2][d]};
      if (d != axis_in(rank) && in[1][d] > in[0][d]) return {invalid::broadcast, in[0][d], in[1][d]};
      if (d == axis_in(rank) && in[0][d] == 0 && in[1].size() > 0) return {invalid::gather_empty, d, in[1].size()};
    }
    return tensor_desc{in[0].type, layout::row_major, in[0].extents};
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("reduction", reduction);
  }
  constexpr bool operator==(scatter_elements_attributes const&) const = default;
};
template <index Axis = 0, scatter_reduction Reduction = scatter_reduction::none>
using scatter_elements = with_attributes<scatter_elements_attributes{Axis, Reduction}>;

/// Input 0 with the slices of input 2 at the positions in the last dimension of input 1: y = x; y[indices[i...], ...] = updates[i..., ...].
/// ONNX: ScatterND.  Order, types and rounding as scatter_elements.
struct scatter_nd_attributes {
  static constexpr std::string_view name = "scatter_nd";
  static constexpr dtype_set types = any_type;
  static constexpr unsigned other_inputs = 0b010;
  static constexpr unsigned other_outputs = 0;
  static constexpr dtype_set other_types = index_types;
  static constexpr op_traits traits{};
  scatter_reduction reduction = scatter_reduction::none;

  constexpr inferred infer(op_inputs in) const {
    if (inferred const r = detail::check_scatter(in); !r) return r;
    int const rank = in[0].rank(), q = in[1].rank();
    if (rank < 1 || q < 1) return {invalid::rank, 1, rank < q ? rank : q};
    index const coordinates = in[1][q - 1];
    if (coordinates < 0 || coordinates > rank) return {invalid::rank, coordinates, rank};
    int const tail = rank - static_cast<int>(coordinates);
    if (in[2].rank() != q - 1 + tail) return {invalid::rank, q - 1 + tail, in[2].rank()};
    for (int d = 0; d < in[2].rank(); ++d) {
      index const expected = d < q - 1 ? in[1][d] : in[0][d - (q - 1) + static_cast<int>(coordinates)];
      if (in[2][d] != expected) return {invalid::broadcast, expected, in[2][d]};
    }
    for (int d = 0; d < coordinates; ++d)
      if (in[0][d] == 0 && in[1].size() > 0) return {invalid::gather_empty, d, in[1].size()};
    return tensor_desc{in[0].type, layout::row_major, in[0].extents};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("reduction", reduction); }
  constexpr bool operator==(scatter_nd_attributes const&) const = default;
};
template <scatter_reduction Reduction = scatter_reduction::none>
using scatter_nd = with_attributes<scatter_nd_attributes{Reduction}>;

/// Zeros of extents `to`, with each element of input 0 at the place in them, counted from the first element, that input 1 says.
/// ONNX: MaxUnpool.  Types any; indices int32 or int64. Where places meet, the last element stays.
struct max_unpool_attributes {
  static constexpr std::string_view name = "max_unpool";
  static constexpr bool moves_elements = true;
  static constexpr unsigned other_inputs = 0b10;
  static constexpr unsigned other_outputs = 0;
  static constexpr dtype_set other_types = index_types;
  static constexpr op_traits traits{};
  static constexpr std::string_view batch_field = "to";
  shape to{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    if (!contains(index_types, in[1].type)) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
    if (in[1].rank() != in[0].rank()) return {invalid::rank, in[0].rank(), in[1].rank()};
    for (int d = 0; d < in[0].rank(); ++d)
      if (in[0][d] != in[1][d]) return {invalid::broadcast, in[0][d], in[1][d]};
    if (to.rank < 0) return {invalid::too_many_dims, max_rank, -to.rank};
    for (int d = 0; d < to.rank; ++d)
      if (to[d] < 0) return {invalid::positive, d, to[d]};
    if (to.size() < 0) return {invalid::overflow, 0, 0};
    if (to.size() == 0 && in[0].size() > 0) return {invalid::gather_empty, 0, in[0].size()};
    return tensor_desc{in[0].type, layout::row_major, to};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(max_unpool_attributes const&) const = default;
};
template <index... Dims>
using max_unpool = with_attributes<max_unpool_attributes{extents<Dims...>::value}>;

}  // namespace DSI_NAMESPACE

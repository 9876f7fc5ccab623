// SPDX-License-Identifier: MIT
// Where the greatest or least elements along one dimension are.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The places along the axis of the k greatest elements (or least), as int64, best first. Of equal elements the first place comes
/// first, with `last` the last one. NaN is greater than every number.
/// Shape    x [a..., n, b...] -> y [a..., k, b...]
/// Types    every numeric type but bool
/// ONNX     TopK's output Indices (its Values are a gather_elements with them); ArgMax and ArgMin are k = 1
struct top_k_indices_attributes {
  static constexpr std::string_view name = "top_k_indices";
  static constexpr dtype_set types = numeric_types;
  static constexpr unsigned other_inputs = 0;
  static constexpr unsigned other_outputs = 0b1;
  static constexpr dtype_set other_types = set_of(dtype::i64);
  static constexpr op_traits traits{};
  index k = 1;
  index axis = -1;
  bool largest = true;
  bool last = false;

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    int const rank = in[0].rank();
    if (axis < -rank || axis >= rank) return {invalid::axis, axis, rank};
    int const a = static_cast<int>(axis_in(rank));
    if (k < 0 || k > in[0][a]) return {invalid::top_k_extent, k, in[0][a]};
    tensor_desc y{dtype::i64, layout::row_major, in[0].extents};
    y.extents.dim[a] = k;
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("k", k);
    f("axis", axis);
    f("largest", largest);
    f("last", last);
  }
  constexpr bool operator==(top_k_indices_attributes const&) const = default;
};
template <top_k_indices_attributes A = top_k_indices_attributes{}>
using top_k_indices = with_attributes<top_k_indices_attributes(A)>;

}  // namespace DSI_NAMESPACE

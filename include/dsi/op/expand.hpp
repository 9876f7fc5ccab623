// SPDX-License-Identifier: MIT
// Repetition: broadcasting written out, and tiling.
#pragma once

#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// The input broadcast against the extents `to`, written out. ONNX: Expand with a constant shape.
/// Types    any
struct expand_attributes {
  static constexpr std::string_view name = "expand";
  static constexpr dtype_set types = any_type;
  static constexpr bool moves_elements = true;  ///< and never looks at them: only their size matters
  static constexpr op_traits traits{.layouts = layout_rule::same};
  static constexpr std::string_view batch_field = "to";
  shape to{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (to.rank < 0) return {invalid::too_many_dims, max_rank, -to.rank};
    shape const s = broadcast(in[0].extents, to);
    if (s.rank < 0) return {invalid::broadcast, s.dim[0], s.dim[1]};
    for (int d = 0; d < to.rank; ++d)
      if (to[d] < 0) return {invalid::positive, d, to[d]};
    return tensor_desc{in[0].type, layout::row_major, s};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(expand_attributes const&) const = default;
};
template <index... Dims>
using expand = with_attributes<expand_attributes{extents<Dims...>::value}>;

/// The input repeated repeats[d] times along dimension d. ONNX: Tile with constant repeats.
/// Types    any
struct tile_attributes {
  static constexpr std::string_view name = "tile";
  static constexpr dtype_set types = any_type;
  static constexpr bool moves_elements = true;  ///< and never looks at them: only their size matters
  static constexpr op_traits traits{.layouts = layout_rule::same};
  static constexpr std::string_view batch_field = "repeats";
  shape repeats{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (repeats.rank != in[0].rank()) return {invalid::rank, repeats.rank, in[0].rank()};
    tensor_desc y{in[0].type, layout::row_major, {}};
    for (int d = 0; d < repeats.rank; ++d) {
      if (repeats[d] < 0) return {invalid::positive, d, repeats[d]};
      y.extents.push_back(checked_product(in[0][d], repeats[d]));
    }
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("repeats", repeats); }
  constexpr bool operator==(tile_attributes const&) const = default;
};
template <index... Repeats>
using tile = with_attributes<tile_attributes{extents<Repeats...>::value}>;

}  // namespace DSI_NAMESPACE

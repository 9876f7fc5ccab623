// SPDX-License-Identifier: MIT
// Permutation of dimensions.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// Dimension d of the output is dimension perm[d] of the input. ONNX: Transpose; without perm the dimensions are reversed,
/// which the importer writes out.
/// Types    any
struct transpose_attributes {
  static constexpr std::string_view name = "transpose";
  static constexpr dtype_set types = any_type;
  static constexpr bool moves_elements = true;  ///< and never looks at them: only their size matters
  shape perm{};

  constexpr op_traits traits_for(op_inputs) const {
    op_traits t{.permutes = true, .layouts = layout_rule::any};
    for (int d = 0; d < perm.rank; ++d) t.permutation[d] = static_cast<std::uint8_t>(perm[d]);
    return t;
  }
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (perm.rank != in[0].rank()) return {invalid::permutation, perm.rank, in[0].rank()};
    tensor_desc y{in[0].type, layout::row_major, {}};
    bool seen[max_rank]{};
    for (int d = 0; d < perm.rank; ++d) {
      index const from = perm[d];
      if (from < 0 || from >= perm.rank || seen[from]) return {invalid::permutation, perm.rank, perm.rank};
      seen[from] = true;
      y.extents.push_back(in[0][static_cast<int>(from)]);
    }
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("perm", perm); }
  constexpr bool operator==(transpose_attributes const&) const = default;
};
template <index... Perm>
using transpose = with_attributes<transpose_attributes{extents<Perm...>::value}>;

}  // namespace DSI_NAMESPACE

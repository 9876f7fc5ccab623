// SPDX-License-Identifier: MIT
// Padding and cropping.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// What stands in the padding. Along a dimension abcd padded by 2: constant vvabcdvv, reflect cbabcdcb, edge aaabcddd,
/// wrap cdabcdab.
enum class pad_mode : std::uint8_t { constant, reflect, edge, wrap };

/// before[d] and after[d] elements more along dimension d; negative counts cut elements off, before anything is padded.
/// ONNX: Pad with constant pads, axes written out by the importer. `value` fills as a float converted to the element type.
/// Types    any
struct pad_attributes {
  static constexpr std::string_view name = "pad";
  static constexpr dtype_set types = any_type;
  static constexpr op_traits traits{.layouts = layout_rule::same};
  pad_mode mode = pad_mode::constant;
  shape before{};
  shape after{};
  float_bits value{};

  /// Elements of a dimension that stay, and how many are cut off in front.
  constexpr index kept(int d, index extent) const { return extent + smaller(before[d], 0) + smaller(after[d], 0); }
  constexpr index cut(int d) const { return before[d] < 0 ? -before[d] : 0; }

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    int const rank = in[0].rank();
    for (int given : {before.rank, after.rank})
      if (given != rank) return {invalid::rank, given, rank};
    tensor_desc y{in[0].type, layout::row_major, {}};
    constexpr index far = index{1} << 60;  // sums of three of these fit
    for (int d = 0; d < rank; ++d) {
      for (index n : {before[d], after[d], in[0][d]})
        if (n < -far || n > far) return {invalid::overflow, 0, 0};
      index const stay = kept(d, in[0][d]);
      index const more = larger(larger(before[d], after[d]), 0);
      if (stay < 0) return {invalid::slice_range, -stay, in[0][d]};
      // A reflection has only the elements behind the edge; edge and wrap need one to repeat.
      if (mode == pad_mode::reflect && more > larger(stay - 1, 0)) return {invalid::slice_range, more, stay};
      if (mode != pad_mode::constant && more > 0 && stay == 0) return {invalid::slice_range, more, stay};
      y.extents.push_back(stay + larger(before[d], 0) + larger(after[d], 0));
    }
    return y;
  }
  /// Which kept element stands at position i (counted from the first kept one) outside [0, stay). Not for constant.
  constexpr index source(index i, index stay) const {
    switch (mode) {
      case pad_mode::reflect: return i < 0 ? -i : 2 * (stay - 1) - i;
      case pad_mode::wrap: return ((i % stay) + stay) % stay;
      default: return i < 0 ? 0 : stay - 1;
    }
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("mode", mode);
    f("before", before);
    f("after", after);
    f("value", value);
  }
  constexpr bool operator==(pad_attributes const&) const = default;
};
template <pad_attributes A>
using pad = with_attributes<pad_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// The columns that a deformable convolution multiplies with its weights.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/window.hpp>

namespace DSI_NAMESPACE {

/// What lies under each tap of a sliding window whose taps are moved by offsets; interpolated between four elements, 0 outside.
/// Shape    x [N, C, H, W], offsets [N, offset_groups * taps * 2, oh, ow] (row, column), and optionally factors
///          [N, offset_groups * taps, oh, ow] -> y [N, C * taps, oh * ow]
/// Types    floats, one for all
/// ONNX     DeformConv, with a product behind it
struct deform_columns_attributes {
  static constexpr std::string_view name = "deform_columns";
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits{};
  window at{};
  index offset_groups = 1;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2 && in.count != 3) return {invalid::input_count, 2, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    for (int i = 0; i < in.count; ++i) {
      if (in[i].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[i].type)};
      if (in[i].rank() != 4) return {invalid::rank, 4, in[i].rank()};
    }
    tensor_desc const& x = in[0];
    if (!at.slides_over(2)) return {invalid::rank, at.dims_needed() + 2, 4};
    if (int const f = at.bad_field(); f != 0) return {invalid::positive, f, 0};
    if (!at.fits(x)) return {invalid::overflow, 0, 0};
    if (offset_groups < 1 || x[1] % offset_groups != 0) return {invalid::conv_groups, x[1], offset_groups};
    index const taps = checked_product(at.taps(), offset_groups);
    shape positions;
    for (int s = 0; s < 2; ++s) {
      index const n = at.positions(s, x[2 + s]);
      if (n < 1) return {invalid::window, at.reach(s), x[2 + s] + at.pad_begin[s] + at.pad_end[s]};
      positions.push_back(n);
    }
    for (int i = 1; i < in.count; ++i) {
      shape const expected(x[0], i == 1 ? checked_product(2, taps) : taps, positions[0], positions[1]);
      for (int d = 0; d < 4; ++d)
        if (in[i][d] != expected[d]) return {invalid::broadcast, expected[d], in[i][d]};
    }
    return tensor_desc{x.type, layout::row_major, shape(x[0], checked_product(x[1], at.taps()), checked_product(positions[0], positions[1]))};
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("offset_groups", offset_groups);
  }
  constexpr bool operator==(deform_columns_attributes const&) const = default;
};
template <deform_columns_attributes A>
using deform_columns = with_attributes<deform_columns_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Images from the columns of their windows.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/window.hpp>

namespace DSI_NAMESPACE {

/// The sum of all windows, each put back where it slid over an image: x [N, C * taps, positions] -> y [N, C, image...].
/// Column c * taps + t of position l is tap t of channel c of window l; what lies in the padding is dropped.
/// Types    every number; half and bfloat16 are summed in float, integers wrap
/// ONNX     Col2Im
struct col2im_attributes {
  static constexpr std::string_view name = "col2im";
  static constexpr dtype_set types = numeric_types;
  static constexpr op_traits traits{.anchor = true};
  window at{};
  shape image{};  ///< its spatial extents, one to three

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (in[0].rank() != 3) return {invalid::rank, 3, in[0].rank()};
    if (image.rank < 1 || image.rank > max_spatial || !at.slides_over(image.rank)) return {invalid::rank, at.dims_needed(), image.rank};
    if (int const f = at.bad_field(); f != 0) return {invalid::positive, f, 0};
    tensor_desc y{in[0].type, layout::row_major, shape(in[0][0], 0)};
    for (int s = 0; s < image.rank; ++s) {
      if (image[s] < 0) return {invalid::positive, 4 + s, image[s]};
      y.extents.push_back(image[s]);
    }
    if (!at.fits(y)) return {invalid::overflow, 0, 0};
    index positions = 1;
    for (int s = 0; s < image.rank; ++s) {
      index const n = at.positions(s, image[s]);
      if (n < 1) return {invalid::window, at.reach(s), image[s] + at.pad_begin[s] + at.pad_end[s]};
      positions = checked_product(positions, n);
    }
    if (in[0][1] % at.taps() != 0) return {invalid::conv_groups, in[0][1], at.taps()};
    if (in[0][2] != positions) return {invalid::reshape_size, in[0][2], positions};
    y.extents[1] = in[0][1] / at.taps();
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("image", image);
  }
  constexpr bool operator==(col2im_attributes const&) const = default;
};
template <col2im_attributes A>
using col2im = with_attributes<col2im_attributes(A)>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Regions of interest, resampled to one size.
#pragma once

#include <dsi/op/gather.hpp>

namespace DSI_NAMESPACE {

/// For each region, height x width bins, each the mean or the greatest of samples that are interpolated between four elements.
/// Shape    x [N, C, H, W], regions [R, 4] as x1, y1, x2, y2, images [R] (which of the N) -> y [R, C, height, width]
/// Types    floats, the same for x and regions; images int32 or int64
/// ONNX     RoiAlign. As there, mode max takes the greatest of the four weighted elements, not of the interpolated values.
struct roi_align_attributes {
  static constexpr std::string_view name = "roi_align";
  static constexpr dtype_set types = float_types;
  static constexpr unsigned other_inputs = 0b100;
  static constexpr unsigned other_outputs = 0;
  static constexpr dtype_set other_types = index_types;
  static constexpr op_traits traits{};
  index height = 1, width = 1;
  index samples = 0;  ///< along each side of a bin; 0: as many as elements
  float_bits scale = constant(1.f);  ///< of the regions' coordinates
  bool half_pixel = true;            ///< coordinates count from the edges of elements, not from their centres
  bool greatest = false;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 3) return {invalid::input_count, 3, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (in[1].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[1].type)};
    if (!contains(index_types, in[2].type)) return {invalid::input_type, 2, static_cast<index>(in[2].type)};
    if (in[0].rank() != 4) return {invalid::rank, 4, in[0].rank()};
    if (in[1].rank() != 2 || in[2].rank() != 1) return {invalid::rank, in[1].rank() != 2 ? 2 : 1, in[1].rank() != 2 ? in[1].rank() : in[2].rank()};
    if (in[1][1] != 4) return {invalid::broadcast, 4, in[1][1]};
    if (in[1][0] != in[2][0]) return {invalid::broadcast, in[1][0], in[2][0]};
    if (height < 1 || width < 1 || samples < 0) return {invalid::positive, height < 1 ? 1 : width < 1 ? 2 : 3, height < 1 ? height : width < 1 ? width : samples};
    for (int d : {0, 2, 3})
      if (in[0][d] == 0 && in[2][0] > 0) return {invalid::gather_empty, d, in[2][0]};
    return tensor_desc{in[0].type, layout::row_major, shape(in[2][0], in[0][1], height, width)};
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("height", height);
    f("width", width);
    f("samples", samples);
    f("scale", scale);
    f("half_pixel", half_pixel);
    f("greatest", greatest);
  }
  constexpr bool operator==(roi_align_attributes const&) const = default;
};
template <roi_align_attributes A>
using roi_align = with_attributes<roi_align_attributes(A)>;

}  // namespace DSI_NAMESPACE

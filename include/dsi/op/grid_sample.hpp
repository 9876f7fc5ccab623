// SPDX-License-Identifier: MIT
// An image sampled at given positions.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

enum class sample_mode : std::uint8_t { nearest, linear, cubic };
/// What lies outside the image: zeros, its nearest edge, or its mirror image.
enum class sample_padding : std::uint8_t { zeros, border, reflection };

/// y[n, c, o...] = x[n, c] at the position grid[n, o...], which has one coordinate for each spatial dimension, the last
/// dimension's first, from -1 to 1: the centres of the outer elements with align_corners, else their outer edges.
/// Shape    x [N, C, s...], grid [N, o..., dimensions] -> y [N, C, o...]; one to six spatial dimensions
/// Types    floats; x and grid may differ
/// Positions that are NaN read nothing: 0.
/// ONNX     GridSample
struct grid_sample_attributes {
  static constexpr std::string_view name = "grid_sample";
  static constexpr dtype_set types = float_types;
  static constexpr unsigned other_inputs = 0b10;
  static constexpr unsigned other_outputs = 0;
  static constexpr dtype_set other_types = float_types;
  static constexpr op_traits traits{};
  sample_mode mode = sample_mode::linear;
  sample_padding padding = sample_padding::zeros;
  bool align_corners = false;

  constexpr int taps() const { return mode == sample_mode::nearest ? 1 : mode == sample_mode::linear ? 2 : 4; }
  constexpr bool keeps_float(int input) const { return input == 1; }

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    for (int i = 0; i < 2; ++i)
      if (!contains(float_types, in[i].type)) return {invalid::input_type, i, static_cast<index>(in[i].type)};
    int const rank = in[0].rank();
    if (rank < 3) return {invalid::rank, 3, rank};
    if (in[1].rank() != rank) return {invalid::rank, rank, in[1].rank()};
    if (in[1][0] != in[0][0]) return {invalid::broadcast, in[0][0], in[1][0]};
    if (in[1][rank - 1] != rank - 2) return {invalid::broadcast, rank - 2, in[1][rank - 1]};
    tensor_desc y{in[0].type, layout::row_major, shape(in[0][0], in[0][1])};
    for (int d = 1; d < rank - 1; ++d) y.extents.push_back(in[1][d]);
    for (int d = 2; d < rank; ++d)
      if (in[0][d] == 0 && y.size() > 0) return {invalid::gather_empty, d, y.size()};
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("mode", mode);
    f("padding", padding);
    f("align_corners", align_corners);
  }
  constexpr bool operator==(grid_sample_attributes const&) const = default;
};
template <grid_sample_attributes A>
using grid_sample = with_attributes<grid_sample_attributes(A)>;

}  // namespace DSI_NAMESPACE

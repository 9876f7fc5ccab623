// SPDX-License-Identifier: MIT
// Resampling along one axis. Resizing several is one after the other: every mode is separable.
#pragma once

#include <bit>

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

enum class resize_mode : std::uint8_t { nearest, linear, cubic };
/// How a position of the result becomes one of the input: ONNX's coordinate_transformation_mode.
enum class resize_coordinates : std::uint8_t { half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric, tf_crop_and_resize };
/// Which neighbour is the nearest: ONNX's nearest_mode.
enum class resize_rounding : std::uint8_t { round_prefer_floor, round_prefer_ceil, floor, ceil };

/// The input resampled along `axis` to `size` elements; y[o] = sum over taps of weight * x[tap], edges repeated outside.
/// ONNX: Resize, Upsample (the importer makes one for each axis that changes).
/// Types    any number; sums in double for integers, which are rounded towards zero at the end
/// Error    float: two roundings per tap; positions and weights are computed in double
struct resize_attributes {
  static constexpr std::string_view name = "resize";
  static constexpr dtype_set types = numeric_types;
  static constexpr op_traits traits{.layouts = layout_rule::same};
  index axis = 0;
  index size = 1;
  resize_mode mode = resize_mode::nearest;
  resize_coordinates coordinates = resize_coordinates::half_pixel;
  resize_rounding rounding = resize_rounding::round_prefer_floor;
  bool exclude_outside = false;  ///< taps outside count nothing, and the others sum to 1
  bool antialias = false;        ///< the filter grows with the step when the result is smaller
  float_bits cubic = constant(-0.75f);
  float_bits outside = constant(0.f);  ///< tf_crop_and_resize: the value beyond the input
  index scale_bits = std::bit_cast<index>(1.);  ///< of a double: result / input, as the model says it
  index begin_bits = 0, end_bits = std::bit_cast<index>(1.);  ///< of doubles: tf_crop_and_resize's part of the input

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  constexpr double scale() const { return std::bit_cast<double>(scale_bits); }

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    int const rank = in[0].rank();
    if (axis < -rank || axis >= rank) return {invalid::axis, axis, rank};
    if (size < 0) return {invalid::positive, 1, size};
    if (!(scale() > 0)) return {invalid::positive, 2, 0};
    tensor_desc y = in[0];
    y.order = layout::row_major;
    if (y[static_cast<int>(axis_in(rank))] == 0 && size > 0) return {invalid::gather_empty, axis_in(rank), size};
    y.extents[static_cast<int>(axis_in(rank))] = size;
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("size", size);
    f("mode", mode);
    f("coordinates", coordinates);
    f("rounding", rounding);
    f("exclude_outside", exclude_outside);
    f("antialias", antialias);
    f("cubic", cubic);
    f("outside", outside);
    f("scale_bits", scale_bits);
    f("begin_bits", begin_bits);
    f("end_bits", end_bits);
  }
  constexpr bool operator==(resize_attributes const&) const = default;
};
template <resize_attributes A>
using resize = with_attributes<resize_attributes(A)>;

/// What one element of a resampled axis is made of: `count` elements from `first` on, which may lie outside the input.
struct resize_taps {
  index first = 0, count = 1;
  bool beyond = false;  ///< the value is `outside`
  double ratio = 1;     ///< position behind the element `first - start`, in (0, 1]
  double step = 1;      ///< of the filter's argument from tap to tap
  index start = 0;
  double sum = 1;       ///< weights are divided by it
};

namespace detail {

constexpr index floor_to_index(double v) {
  auto const t = static_cast<index>(v);
  return static_cast<double>(t) > v ? t - 1 : t;
}
constexpr double magnitude(double v) { return v < 0 ? -v : v; }

/// The filter of a mode at a distance of x elements.
constexpr double resize_filter(resize_attributes const& r, double x) {
  x = magnitude(x);
  if (r.mode == resize_mode::linear) return x < 1 ? 1 - x : 0;
  double const a = static_cast<double>(r.cubic.value());
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/// Where element o of the result lies in an input of n elements.
constexpr double resize_position(resize_attributes const& r, index o, index n) {
  double const x = static_cast<double>(o), in = static_cast<double>(n), out = r.scale() * in;
  switch (r.coordinates) {
    case resize_coordinates::align_corners: return out == 1 ? 0 : x * (in - 1) / (out - 1);
    case resize_coordinates::asymmetric: return x / r.scale();
    case resize_coordinates::pytorch_half_pixel: return out == 1 ? -0.5 : (x + 0.5) / r.scale() - 0.5;
    case resize_coordinates::half_pixel_symmetric: return in / 2 * (1 - static_cast<double>(r.size) / out) + (x + 0.5) / r.scale() - 0.5;
    case resize_coordinates::tf_crop_and_resize: {
      double const begin = std::bit_cast<double>(r.begin_bits), end = std::bit_cast<double>(r.end_bits);
      return begin * (in - 1) + (out == 1 ? (end - begin) * (in - 1) / 2 : x * (end - begin) * (in - 1) / (out - 1));
    }
    default: return (x + 0.5) / r.scale() - 0.5;
  }
}

}  // namespace detail

/// Weight of tap k.
constexpr double resize_weight(resize_attributes const& r, resize_taps const& t, index k, index n) {
  if (r.mode == resize_mode::nearest) return 1;
  if (r.exclude_outside && (t.first + k < 0 || t.first + k >= n)) return 0;
  return detail::resize_filter(r, t.step * (static_cast<double>(t.start + k) - t.ratio)) / t.sum;
}

/// The taps of element o, for an input of n > 0 elements.
constexpr resize_taps taps_of(resize_attributes const& r, index o, index n) {
  double const x = detail::resize_position(r, o, n);
  resize_taps t;
  if (r.coordinates == resize_coordinates::tf_crop_and_resize && !(x >= 0 && x <= static_cast<double>(n - 1))) {
    t.beyond = true;
    return t;
  }
  index const floor = detail::floor_to_index(x), base = static_cast<double>(floor) == x ? floor - 1 : floor;  // the element before x
  t.ratio = x - static_cast<double>(base);
  if (r.mode == resize_mode::nearest) {
    bool const up = t.ratio == 1 || r.rounding == resize_rounding::ceil || (r.rounding == resize_rounding::round_prefer_floor && t.ratio > 0.5) ||
                    (r.rounding == resize_rounding::round_prefer_ceil && t.ratio >= 0.5);
    t.first = base + (up ? 1 : 0);
    return t;
  }
  double const support = r.mode == resize_mode::linear ? 1 : 2;
  t.step = r.antialias && r.scale() < 1 ? r.scale() : 1;
  t.start = detail::floor_to_index(-support / t.step) + 1;
  t.first = base + t.start;
  t.count = 2 - 2 * t.start;
  if (!r.antialias && !r.exclude_outside) return t;
  double sum = 0;
  for (index k = 0; k < t.count; ++k) sum += resize_weight(r, t, k, n);
  t.sum = sum;
  return t;
}

static_assert(taps_of(resize_attributes{.size = 8, .mode = resize_mode::linear, .scale_bits = std::bit_cast<index>(2.)}, 0, 4).first == -1);

}  // namespace DSI_NAMESPACE

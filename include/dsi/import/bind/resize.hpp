// SPDX-License-Identifier: MIT
// ONNX Resize and Upsample: a resampling for each axis that changes.
#pragma once

#include <algorithm>
#include <cmath>

#include <dsi/backend/reference/resize.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/resize.hpp>

namespace DSI_NAMESPACE::import::detail {

inline std::vector<double> constant_numbers(binding& b, int i, std::string_view what) {
  std::vector<double> v;
  if (!b.has(i) || b.desc(i).size() == 0 || !b.needs_constant(i, std::string(what))) return v;
  onnx_tensor const all = converted(b.data(i), dtype::f64);
  for (index k = 0; k < all.size(); ++k) v.push_back(all.at<double>(k));
  return v;
}

/// What each axis becomes.
struct resize_plan {
  std::vector<index> size;
  std::vector<double> scale, begin, end;
};

/// Resamples the axes that change, those that shrink first: less is left to compute for the others.
inline void resample(binding& b, resize_attributes a, resize_plan const& plan) {
  std::vector<std::size_t> axes;
  for (std::size_t d = 0; d < plan.size.size(); ++d)
    if (plan.size[d] != b.desc(0)[static_cast<int>(d)] || plan.scale[d] != 1 || plan.begin[d] != 0 || plan.end[d] != 1) axes.push_back(d);
  std::stable_sort(axes.begin(), axes.end(), [&](std::size_t p, std::size_t q) { return plan.scale[p] < plan.scale[q]; });
  int y = b.input(0);
  for (std::size_t d : axes) {
    a.axis = static_cast<index>(d);
    a.size = plan.size[d];
    a.scale_bits = std::bit_cast<index>(plan.scale[d]);
    a.begin_bits = std::bit_cast<index>(plan.begin[d]);
    a.end_bits = std::bit_cast<index>(plan.end[d]);
    y = b.emit(a, {y});
  }
  b.finish(y);
}

/// Sizes from scales or sizes of the given axes. Returns false when the node was refused.
inline bool plan_resize(binding& b, std::vector<std::int64_t> const& axes, std::vector<double> const& scales, std::vector<std::int64_t> const& sizes, std::vector<double> const& roi,
                        resize_plan& plan) {
  shape const in = b.desc(0).extents;
  for (int d = 0; d < in.rank; ++d) plan.size.push_back(in[d]);
  plan.scale.assign(plan.size.size(), 1);
  plan.begin.assign(plan.size.size(), 0);
  plan.end.assign(plan.size.size(), 1);
  std::size_t const given = axes.empty() ? plan.size.size() : axes.size();
  if (scales.empty() == sizes.empty()) return b.refuse("needs either scales or sizes", "export the model again"), false;
  if ((sizes.empty() ? scales.size() : sizes.size()) != given) return b.refuse("has " + std::to_string(sizes.empty() ? scales.size() : sizes.size()) + " scales or sizes for " + std::to_string(given) + " axes", "correct them"), false;
  std::string const policy = b.text("keep_aspect_ratio_policy", "stretch");
  choice(b, "keep_aspect_ratio_policy", policy, {"stretch", "not_larger", "not_smaller"});
  double common = 0;  // one scale for all axes, unless the policy is to stretch
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    int const d = axes.empty() ? static_cast<int>(i) : b.axis(axes[i], in.rank);
    double const own = static_cast<double>(sizes[i]) / static_cast<double>(in[d]);
    common = i == 0 ? own : policy == "not_larger" ? std::min(common, own) : std::max(common, own);
  }
  for (std::size_t i = 0; i < given && !b.refused(); ++i) {
    auto const d = static_cast<std::size_t>(axes.empty() ? static_cast<int>(i) : b.axis(axes[i], in.rank));
    auto const extent = static_cast<double>(in[static_cast<int>(d)]);
    if (sizes.empty()) {
      plan.scale[d] = scales[i];
      if (!(scales[i] > 0) || !(scales[i] * extent < 1e12)) return b.refuse("has the scale " + std::to_string(scales[i]), "correct it"), false;
      plan.size[d] = static_cast<index>(std::floor(extent * scales[i]));
    } else if (policy == "stretch") {
      plan.size[d] = sizes[i];
      plan.scale[d] = static_cast<double>(sizes[i]) / extent;
    } else {
      plan.scale[d] = common;
      plan.size[d] = static_cast<index>(std::floor(common * extent + 0.5));
    }
    if (plan.size[d] < 1 || in[static_cast<int>(d)] < 1) return b.refuse("makes " + std::to_string(plan.size[d]) + " of an extent of " + std::to_string(in[static_cast<int>(d)]), "correct scales or sizes, or DIMS"), false;
    if (roi.size() == 2 * given) {
      plan.begin[d] = roi[i];
      plan.end[d] = roi[i + given];
    }
  }
  return !b.refused();
}

/// Since opset 11: X, roi, scales, sizes. Opset 10 and Upsample: X, scales.
inline void bind_resize(binding& b) {
  bool const old = b.opset() < 11 || b.type() == "Upsample";
  resize_attributes a;
  std::string const mode = b.text("mode", "nearest");
  a.mode = static_cast<resize_mode>(choice(b, "mode", mode == "bilinear" || mode == "trilinear" ? "linear" : mode, {"nearest", "linear", "cubic"}));
  a.coordinates = static_cast<resize_coordinates>(choice(b, "coordinate_transformation_mode", b.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
                                                         {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"}));
  a.rounding = static_cast<resize_rounding>(
      choice(b, "nearest_mode", b.text("nearest_mode", old ? "floor" : "round_prefer_floor"), {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  a.exclude_outside = b.integer("exclude_outside", 0) != 0;
  a.antialias = b.integer("antialias", 0) != 0;
  a.cubic = bits_of(b.real("cubic_coeff_a", -0.75f));
  a.outside = bits_of(b.real("extrapolation_value", 0));
  auto const attribute_scales = b.reals("scales");  // Upsample before opset 9
  std::vector<double> scales(attribute_scales.begin(), attribute_scales.end());
  if (old && scales.empty()) scales = constant_numbers(b, 1, "scales");
  else if (!old) scales = constant_numbers(b, 2, "scales");
  std::vector<std::int64_t> sizes;
  if (!old && b.has(3)) sizes = b.constant_integers(3, "sizes");
  std::vector<double> roi;
  if (!old && a.coordinates == resize_coordinates::tf_crop_and_resize) roi = constant_numbers(b, 1, "roi");
  resize_plan plan;
  if (b.refused() || !plan_resize(b, b.integers("axes"), scales, sizes, roi, plan)) return;
  resample(b, a, plan);
}

inline void add_resize(onnx_table& table) {
  table["Resize"] = {&bind_resize, 1, 4,
                     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value keep_aspect_ratio_policy mode nearest_mode"};
  table["Upsample"] = {&bind_resize, 1, 2, "mode scales"};
}

}  // namespace DSI_NAMESPACE::import::detail

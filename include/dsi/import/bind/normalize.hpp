// SPDX-License-Identifier: MIT
// ONNX normalizations that are written out as reductions and arithmetic, in float for 16-bit tensors.
#pragma once

#include <dsi/backend/reference/pool.hpp>
#include <dsi/import/bind/reduce.hpp>
#include <dsi/op/average_pool.hpp>
#include <dsi/op/comparison.hpp>
#include <dsi/op/div.hpp>
#include <dsi/op/power.hpp>

namespace DSI_NAMESPACE::import::detail {

inline reduction_form dimensions_from(int first, int rank) {
  reduction_form f;
  for (int d = first; d < rank; ++d) f.axes |= axis_bit(d);
  return f;
}
/// [n] as [n, 1...], to broadcast along the dimensions behind the channels.
inline int per_channel(binding& b, int value, int rank) {
  if (value < 0) return value;
  shape s(b.desc_of(value).size());
  for (int d = 2; d < rank; ++d) s.push_back(1);
  return b.emit(reshape_attributes{s}, {widened(b, value)});
}
inline int normalized(binding& b, reduction_form const& over, int x) {
  moments const m = moments_of(b, over, x, b.real("epsilon", 1e-5f));
  return b.emit(mul{}, {m.deviation, m.inverse});
}
/// y * scale + bias, inputs 1 and 2 with one value for each element of dimension 1.
inline int scaled_and_shifted(binding& b, int y) {
  if (b.refused()) return -1;
  int const rank = b.desc_of(y).rank();
  return b.emit(add{}, {b.emit(mul{}, {y, per_channel(b, b.input(1), rank)}), per_channel(b, b.input(2), rank)});
}
/// Inputs 1 and 2 hold n values.
inline bool have_parameters(binding& b, index n) {
  for (int i = 1; i < 3; ++i)
    if (b.desc(i).size() != n)
      return b.refuse("input " + std::to_string(i) + " has " + std::to_string(b.desc(i).size()) + " values where " + std::to_string(n) + " are needed", "export the model again"), false;
  return true;
}

inline void bind_instance_norm(binding& b) {
  if (b.rank(0) < 3) return b.refuse("its input has rank " + std::to_string(b.rank(0)), "give it a batch, channels and spatial dimensions");
  if (!have_parameters(b, b.desc(0)[1])) return;
  int const y = scaled_and_shifted(b, normalized(b, dimensions_from(2, b.rank(0)), widened(b, b.input(0))));
  b.finish(b.cast_to(y, b.desc(0).type));
}

/// Scale and bias are one value for each group before opset 21, for each channel since.
inline void bind_group_norm(binding& b) {
  if (b.rank(0) < 2) return b.refuse("its input has rank " + std::to_string(b.rank(0)), "give it a batch and channels");
  shape const s = b.desc(0).extents;
  index const groups = b.integer("num_groups", 0);
  if (groups < 1 || s[1] % groups != 0) return b.refuse("num_groups " + std::to_string(groups) + " does not divide the " + std::to_string(s[1]) + " channels", "correct the attribute num_groups");
  bool const by_group = b.opset() < 21;
  if (!have_parameters(b, by_group ? groups : s[1])) return;
  shape const grouped(s[0], groups, s[1] / groups * s.product(2, s.rank));
  int y = normalized(b, dimensions_from(2, 3), b.emit(reshape_attributes{grouped}, {widened(b, b.input(0))}));
  if (by_group) y = scaled_and_shifted(b, y);
  y = b.emit(reshape_attributes{s}, {y});
  if (!by_group) y = scaled_and_shifted(b, y);
  b.finish(b.cast_to(y, b.desc(0).type));
}

/// (x - mean) / (standard deviation + 1e-9).
inline void bind_mean_variance_norm(binding& b) {
  reduction_form over;
  for (std::int64_t axis : b.integers("axes", {0, 2, 3})) over.axes |= axis_bit(b.axis(axis, b.rank(0)));
  if (b.refused()) return;
  int const x = widened(b, b.input(0)), deviation = b.emit(sub{}, {x, reduced<reduce_mean_attributes>(b, over, x)});
  if (b.refused()) return;
  int const spread = b.emit(square_root{}, {variance_of(b, over, deviation)});
  b.finish(b.cast_to(b.emit(div{}, {deviation, b.emit(add{}, {spread, b.scalar(b.desc_of(x).type, 1e-9)})}), b.desc(0).type));
}

/// x / norm, and zeros where the norm is 0.
inline void bind_lp_norm(binding& b) {
  std::int64_t const p = b.integer("p", 2);
  if (p != 1 && p != 2) return b.refuse("p is " + std::to_string(p), "use 1 or 2");
  reduction_form over;
  over.axes = axis_bit(b.axis(b.integer("axis", -1), b.rank(0)));
  if (b.refused()) return;
  int const x = widened(b, b.input(0));
  int norm = reduced<reduce_sum_attributes>(b, over, p == 1 ? b.emit(absolute{}, {x}) : b.emit(mul{}, {x, x}));
  if (p == 2) norm = b.emit(square_root{}, {norm});
  if (b.refused()) return;
  dtype const type = b.desc_of(x).type;
  int const divisor = b.emit(where{}, {b.emit(equal{}, {norm, b.scalar(type, 0)}), b.scalar(type, 1), norm});
  b.finish(b.cast_to(b.emit(div{}, {x, divisor}), b.desc(0).type));
}

/// x / (bias + alpha * mean of x^2 over `size` channels)^beta, with zeros beside the channels: the mean is a pooling along them.
inline void bind_lrn(binding& b) {
  if (b.rank(0) < 2) return b.refuse("its input has rank " + std::to_string(b.rank(0)), "give it a batch and channels");
  std::int64_t const size = b.integer("size", 0);
  if (size < 1 || size > index{1} << 40) return b.refuse("size is " + std::to_string(size), "correct the attribute size");
  shape const s = b.desc(0).extents;
  int const x = widened(b, b.input(0));
  average_pool_attributes a;
  a.at.kernel[0] = size;
  a.at.pad_begin[0] = (size - 1) / 2;
  a.at.pad_end[0] = size - 1 - a.at.pad_begin[0];
  a.count_include_pad = true;
  int const squares = b.emit(reshape_attributes{shape(s[0], 1, s[1], s.product(2, s.rank))}, {b.emit(mul{}, {x, x})});
  int const mean = b.emit(reshape_attributes{s}, {b.emit(a, {squares})});
  if (b.refused()) return;
  auto const number = [&](char const* name, float otherwise) { return b.scalar(b.desc_of(x).type, b.real(name, otherwise)); };
  int const base = b.emit(add{}, {b.emit(mul{}, {mean, number("alpha", 1e-4f)}), number("bias", 1)});
  b.finish(b.cast_to(b.emit(div{}, {x, b.emit(power{}, {base, number("beta", 0.75f)})}), b.desc(0).type));
}

inline void add_normalizations(onnx_table& table) {
  table["InstanceNormalization"] = {&bind_instance_norm, 3, 3, "epsilon"};
  table["GroupNormalization"] = {&bind_group_norm, 3, 3, "epsilon num_groups stash_type"};
  table["MeanVarianceNormalization"] = {&bind_mean_variance_norm, 1, 1, "axes"};
  table["LpNormalization"] = {&bind_lp_norm, 1, 1, "axis p"};
  table["LRN"] = {&bind_lrn, 1, 1, "alpha beta bias size"};
}

}  // namespace DSI_NAMESPACE::import::detail

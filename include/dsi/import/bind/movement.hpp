// SPDX-License-Identifier: MIT
// ONNX operators that move elements: Transpose, Concat, Split, Slice, Pad, Expand, Tile, Cast.
#pragma once

#include <algorithm>

#include <dsi/backend/reference/cast.hpp>
#include <dsi/backend/reference/concat.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/backend/reference/pad.hpp>
#include <dsi/backend/reference/slice.hpp>
#include <dsi/backend/reference/split.hpp>
#include <dsi/backend/reference/transpose.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/import/element_table.hpp>
#include <dsi/import/shape_rules.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/concat.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/pad.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/slice.hpp>
#include <dsi/op/split.hpp>
#include <dsi/op/transpose.hpp>
#include <dsi/op/where.hpp>

namespace DSI_NAMESPACE::import::detail {

inline void bind_transpose(binding& b) {
  transpose_attributes a;
  auto const perm = b.integers("perm");
  if (perm.empty())
    for (int i = b.rank(0); i-- > 0;) a.perm.push_back(i);
  else if (perm.size() != static_cast<std::size_t>(b.rank(0)))
    return b.refuse("perm has " + std::to_string(perm.size()) + " entries for rank " + std::to_string(b.rank(0)), "correct the attribute perm");
  for (std::int64_t p : perm) a.perm.push_back(p);
  b.finish(b.emit(a, {b.input(0)}));
}

inline void bind_concat(binding& b) {
  std::vector<int> in;
  for (int i = 0; i < b.input_count(); ++i) {
    if (!b.has(i)) return b.refuse("input " + std::to_string(i) + " is left out", "export the model again");
    if (b.desc(i).size() != 0) in.push_back(b.input(i));
  }
  if (in.empty()) in.push_back(b.input(0));  // nothing and nothing is nothing
  int const axis = b.axis(b.integer("axis", b.opset() < 4 ? 1 : 0), b.desc_of(in[0]).rank());
  if (in.size() == 1) return b.finish(in[0]);
  b.finish(b.emit(concat_attributes{axis}, in));
}

/// Parts of given or equal sizes; more parts than a split takes are slices.
inline void bind_split(binding& b) {
  int const axis = b.axis(b.integer("axis", 0), b.rank(0));
  auto sizes = b.has(1) ? b.constant_integers(1, "split") : b.integers("split");
  if (b.refused()) return;
  index const extent = b.desc(0)[axis];
  auto const parts = static_cast<index>(b.onnx().outputs.size());
  if (sizes.empty()) {
    if (b.has_attribute("num_outputs") && b.integer("num_outputs", 0) != parts)
      return b.refuse("num_outputs is " + std::to_string(b.integer("num_outputs", 0)) + " and it has " + std::to_string(parts) + " outputs", "correct the attribute num_outputs");
    if (!b.has_attribute("num_outputs") && extent % parts != 0)
      return b.refuse("an extent of " + std::to_string(extent) + " has no " + std::to_string(parts) + " equal parts", "give the sizes as split, or num_outputs");
    index const each = ceil_div(extent, parts);  // with num_outputs the last part may be smaller
    for (index i = 0; i < parts; ++i) sizes.push_back(larger(0, smaller(each, extent - i * each)));
  }
  if (static_cast<index>(sizes.size()) != parts)
    return b.refuse("split has " + std::to_string(sizes.size()) + " sizes for " + std::to_string(parts) + " outputs", "give one size an output");
  index left = extent;
  for (std::int64_t s : sizes) {
    if (s < 0 || s > left) return b.refuse("the parts do not add up to the extent of " + std::to_string(extent), "correct the node's sizes");
    left -= s;
  }
  if (left != 0) return b.refuse("the parts do not add up to the extent of " + std::to_string(extent), "correct the node's sizes");
  std::vector<std::size_t> filled;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    if (sizes[k] > 0) {
      filled.push_back(k);
      continue;
    }
    auto dims = dims_of(b, 0);
    dims[static_cast<std::size_t>(axis)] = 0;
    b.finish(static_cast<int>(k), b.constant(blank(b.desc(0).type, dims)));
  }
  if (filled.size() == 1) return b.finish(static_cast<int>(filled[0]), b.input(0));
  if (filled.size() <= static_cast<std::size_t>(max_rank)) {
    split_attributes a;
    a.axis = axis;
    for (std::size_t k : filled) a.size.push_back(sizes[k]);
    int next = filled.empty() ? -1 : b.emit(a, {b.input(0)});
    if (next < 0) return;
    for (std::size_t k : filled) b.finish(static_cast<int>(k), next++);
    return;
  }
  index at = 0;
  for (std::size_t k : filled) {
    slice_attributes a;
    for (int d = 0; d < b.rank(0); ++d) {
      a.start.push_back(d == axis ? at : 0);
      a.step.push_back(1);
      a.size.push_back(d == axis ? sizes[k] : b.desc(0)[d]);
    }
    at += sizes[k];
    b.finish(static_cast<int>(k), b.emit(a, {b.input(0)}));
  }
}

inline void bind_slice(binding& b) {
  int const rank = b.rank(0);
  auto const list = [&](int i, char const* name) { return b.opset() < 10 ? b.integers(name) : b.constant_integers(i, name); };
  auto const starts = list(1, "starts"), ends = list(2, "ends");
  auto axes = list(3, "axes");
  auto steps = b.opset() < 10 ? std::vector<std::int64_t>{} : b.constant_integers(4, "steps");
  if (b.refused()) return;
  if (axes.empty())
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) return b.refuse("starts, ends, axes and steps have different lengths", "correct the node's inputs");
  slice_attributes a;
  for (int d = 0; d < rank; ++d) {
    a.start.push_back(0);
    a.step.push_back(1);
    a.size.push_back(b.desc(0)[d]);
  }
  bool whole = true;
  unsigned seen = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    int const d = b.axis(axes[i], rank);
    if (b.refused()) return;
    if ((seen >> d & 1u) != 0) return b.refuse("axis " + std::to_string(axes[i]) + " is named twice", "correct the node's axes");
    seen |= 1u << d;
    slice_range const r = clamp_slice(starts[i], ends[i], steps[i], b.desc(0)[d]);
    if (steps[i] == 0) return b.refuse("a step is 0", "use a step of at least 1 or at most -1");
    a.start[d] = r.count > 0 ? r.first : 0;
    a.step[d] = r.count > 1 ? steps[i] : 1;
    a.size[d] = r.count;
    whole = whole && r.count == b.desc(0)[d] && steps[i] == 1;
  }
  if (whole) return b.finish(b.input(0));
  b.finish(b.emit(a, {b.input(0)}));
}

inline void bind_pad(binding& b) {
  int const rank = b.rank(0);
  auto const pads = b.opset() < 11 ? b.integers("pads") : b.constant_integers(1, "pads");
  auto axes = b.has(3) ? b.constant_integers(3, "axes") : std::vector<std::int64_t>{};
  pad_attributes a;
  std::string const mode = b.text("mode", "constant");
  a.mode = mode == "reflect" ? pad_mode::reflect : mode == "edge" ? pad_mode::edge : mode == "wrap" ? pad_mode::wrap : pad_mode::constant;
  if (b.refused()) return;
  if (a.mode == pad_mode::constant && mode != "constant") return b.refuse("mode is " + in_quotes(mode), "use constant, reflect, edge or wrap");
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  if (pads.size() != 2 * axes.size()) return b.refuse("pads has " + std::to_string(pads.size()) + " values for " + std::to_string(axes.size()) + " dimensions", "give two values a dimension");
  for (int d = 0; d < rank; ++d) {
    a.before.push_back(0);
    a.after.push_back(0);
  }
  bool nothing = true;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    int const d = b.axis(axes[i], rank);
    if (b.refused()) return;
    index const limit = index{1} << 40;
    if (pads[i] < -limit || pads[i] > limit || pads[i + axes.size()] < -limit || pads[i + axes.size()] > limit) return b.refuse("pads are absurdly large", "correct the node's pads");
    a.before[d] = pads[i];
    a.after[d] = pads[i + axes.size()];
    nothing = nothing && pads[i] == 0 && pads[i + axes.size()] == 0;
  }
  if (nothing) return b.finish(b.input(0));
  if (b.opset() < 11) a.value = bits_of(b.real("value", 0));
  if (a.mode != pad_mode::constant || !b.has(2)) return b.finish(b.emit(a, {b.input(0)}));
  if (b.desc(2).size() != 1 || b.desc(2).type != b.desc(0).type) return b.refuse("constant_value is not one " + std::string(name_of(b.desc(0).type)), "export the model again");
  if (b.is_constant(2)) {
    onnx_tensor const as_float = converted(b.data(2), dtype::f32);
    if (converted(as_float, b.data(2).type).bytes == b.data(2).bytes) {
      a.value = bits_of(as_float.at<float>(0));
      return b.finish(b.emit(a, {b.input(0)}));
    }
  }
  // A value that no float holds, or that is computed: it is chosen wherever a mask, padded in the same way, says so.
  if (!b.may_make(dtype::boolean, dims_of(b, 0))) return;
  onnx_tensor inside = blank(dtype::boolean, dims_of(b, 0));
  std::fill(inside.bytes.begin(), inside.bytes.end(), std::byte{1});
  int const mask = b.emit(a, {b.constant(std::move(inside))});
  b.finish(b.emit(where{}, {mask, b.emit(a, {b.input(0)}), b.emit(reshape_attributes{}, {b.input(2)})}));
}

inline void bind_expand(binding& b) {
  expand_attributes a;
  auto const to = b.constant_integers(1, "shape");
  if (b.refused()) return;
  if (to.size() > max_rank) return b.refuse("the result has more than 8 dimensions", "");
  for (std::int64_t d : to) {
    if (d < 0) return b.refuse("its shape has a negative extent", "correct the node's shape");
    a.to.push_back(d);
  }
  if (broadcast(b.desc(0).extents, a.to) == b.desc(0).extents) return b.finish(b.input(0));
  b.finish(b.emit(a, {b.input(0)}));
}
inline void bind_tile(binding& b) {
  tile_attributes a;
  auto const repeats = b.constant_integers(1, "repeats");
  if (b.refused()) return;
  if (repeats.size() != static_cast<std::size_t>(b.rank(0))) return b.refuse("repeats has " + std::to_string(repeats.size()) + " values for rank " + std::to_string(b.rank(0)), "give one value a dimension");
  bool nothing = true;
  for (std::int64_t r : repeats) {
    a.repeats.push_back(r);
    nothing = nothing && r == 1;
  }
  if (nothing) return b.finish(b.input(0));
  b.finish(b.emit(a, {b.input(0)}));
}

inline void bind_cast(binding& b) {
  if (auto const type = dtype_of_onnx(b.integer("to", 0))) return b.finish(b.cast_to(b.input(0), *type));
  b.refuse("its target type (" + std::to_string(b.integer("to", 0)) + ") is not supported", "cast to float, double, float16, bfloat16, bool or an integer of 8 to 64 bits");
}
inline void bind_cast_like(binding& b) {
  b.finish(b.cast_to(b.input(0), b.desc(1).type));
}

inline void add_movement(onnx_table& table) {
  table["Transpose"] = {&bind_transpose, 1, 1, "perm"};
  table["Concat"] = {&bind_concat, 1, any_number, "axis"};
  table["Split"] = {&bind_split, 1, 2, "axis num_outputs split"};
  table["Slice"] = {&bind_slice, 1, 5, "axes ends starts"};
  table["Pad"] = {&bind_pad, 1, 4, "mode pads value"};
  table["Expand"] = {&bind_expand, 2, 2, {}};
  table["Tile"] = {&bind_tile, 2, 2, {}};
  table["Cast"] = {&bind_cast, 1, 1, "round_mode saturate to"};
  table["CastLike"] = {&bind_cast_like, 2, 2, "round_mode saturate"};
}

}  // namespace DSI_NAMESPACE::import::detail

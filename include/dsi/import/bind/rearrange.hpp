// SPDX-License-Identifier: MIT
// ONNX operators that are others with constants: DepthToSpace, SpaceToDepth, ReverseSequence, CenterCropPad, Trilu, EyeLike, OneHot.
#pragma once

#include <dsi/import/bind/scatter.hpp>
#include <dsi/op/comparison.hpp>
#include <dsi/op/sub.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Blocks between channels and space: the parts of six dimensions are transposed.
inline void bind_blocks(binding& b) {
  bool const to_space = b.type() == "DepthToSpace";
  index const side = b.integer("blocksize", 0);
  bool const depth_first = choice(b, "mode", b.text("mode", "DCR"), {"DCR", "CRD"}) == 0;
  if (b.refused()) return;
  if (b.rank(0) != 4) return b.refuse("its input has rank " + std::to_string(b.rank(0)), "it must be [N, C, H, W]");
  if (side < 1 || side > (1 << 20)) return b.refuse("blocksize is " + std::to_string(side), "correct the attribute blocksize");
  shape const x = b.desc(0).extents;
  shape parts, to, perm;
  if (to_space) {
    if (x[1] % (side * side) != 0) return b.refuse(std::to_string(x[1]) + " channels are no blocks of " + std::to_string(side) + " x " + std::to_string(side), "correct the attribute blocksize");
    index const c = x[1] / (side * side);
    parts = depth_first ? shape(x[0], side, side, c, x[2], x[3]) : shape(x[0], c, side, side, x[2], x[3]);
    perm = depth_first ? shape(0, 3, 4, 1, 5, 2) : shape(0, 1, 4, 2, 5, 3);
    to = shape(x[0], c, x[2] * side, x[3] * side);
  } else {
    if (x[2] % side != 0 || x[3] % side != 0) return b.refuse("an image of " + std::to_string(x[2]) + " x " + std::to_string(x[3]) + " has no blocks of " + std::to_string(side), "correct the attribute blocksize");
    parts = shape(x[0], x[1], x[2] / side, side, x[3] / side, side);
    perm = depth_first ? shape(0, 3, 5, 1, 2, 4) : shape(0, 1, 3, 5, 2, 4);
    to = shape(x[0], x[1] * side * side, x[2] / side, x[3] / side);
  }
  int const y = b.emit(transpose_attributes{perm}, {b.emit(reshape_attributes{parts}, {b.input(0)})});
  b.finish(b.emit(reshape_attributes{to}, {y}));
}

/// y[t] = x[t < length ? length - 1 - t : t] for each sample: slices chosen by pairs of indices.
inline void bind_reverse_sequence(binding& b) {
  index const batch_axis = b.integer("batch_axis", 1), time_axis = b.integer("time_axis", 0);
  if (b.rank(0) < 2) return b.refuse("its input has rank " + std::to_string(b.rank(0)), "it needs a batch and a time dimension");
  if (batch_axis + time_axis != 1 || batch_axis * time_axis != 0) return b.refuse("batch_axis is " + std::to_string(batch_axis) + " and time_axis " + std::to_string(time_axis), "one of them must be 0, the other 1");
  std::vector<index> const dims{b.desc(0)[0], b.desc(0)[1]};
  auto const batch = static_cast<std::size_t>(batch_axis), time = static_cast<std::size_t>(time_axis);
  if (b.desc(1).size() != dims[batch] || is_floating(b.desc(1).type)) return b.refuse("sequence_lens is no list of " + std::to_string(dims[batch]) + " integers", "export the model again");
  std::vector<index> each{1, 1};
  each[batch] = dims[batch];
  int const t = coordinates(b, dims, time), length = reshaped(b, b.cast_to(b.input(1), dtype::i64), each);
  int const mirrored = b.emit(sub{}, {b.emit(sub{}, {length, b.scalar(dtype::i64, 1)}), t});
  int const from = b.emit(where{}, {b.emit(less{}, {t, length}), mirrored, t});
  std::vector<index> const column{dims[0], dims[1], 1};
  int const own = reshaped(b, coordinates(b, dims, batch), column), chosen = reshaped(b, from, column);
  int const pairs = b.emit(concat_attributes{2}, time == 0 ? std::vector<int>{chosen, own} : std::vector<int>{own, chosen});
  b.finish(b.emit(gather_nd_attributes{}, {b.input(0), pairs}));
}

inline void bind_center_crop_pad(binding& b) {
  int const rank = b.rank(0);
  auto const to = b.constant_integers(1, "shape");
  auto axes = b.integers("axes");
  if (b.refused()) return;
  if (axes.empty())
    for (int d = 0; d < rank; ++d) axes.push_back(d);
  if (to.size() != axes.size()) return b.refuse("shape has " + std::to_string(to.size()) + " values for " + std::to_string(axes.size()) + " axes", "give one value an axis");
  pad_attributes a;
  for (int d = 0; d < rank; ++d) {
    a.before.push_back(0);
    a.after.push_back(0);
  }
  bool nothing = true;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    int const d = b.axis(axes[i], rank);
    if (b.refused()) return;
    if (to[i] < 0 || to[i] > (index{1} << 40)) return b.refuse("shape has the extent " + std::to_string(to[i]), "correct it");
    index const more = to[i] - b.desc(0)[d];
    a.before[d] = more / 2;  // towards zero: what is left over is at the end, of a crop as of a pad
    a.after[d] = more - more / 2;
    nothing = nothing && more == 0;
  }
  b.finish(nothing ? b.input(0) : b.emit(a, {b.input(0)}));
}

/// x where a comparison of column - row with k says so, else 0.
inline void bind_trilu(binding& b) {
  int const rank = b.rank(0);
  if (rank < 2) return b.refuse("its input has rank " + std::to_string(rank), "it needs matrices");
  std::vector<index> const dims{b.desc(0)[rank - 2], b.desc(0)[rank - 1]};
  int k = b.scalar(dtype::i64, 0);
  if (b.has(1)) {
    if (b.desc(1).size() != 1) return b.refuse("k is not one number", "export the model again");
    k = reshaped(b, b.cast_to(b.input(1), dtype::i64), {});
  }
  int const diagonal = b.emit(sub{}, {coordinates(b, dims, 1), coordinates(b, dims, 0)});
  int const kept = b.integer("upper", 1) != 0 ? b.emit(greater_or_equal{}, {diagonal, k}) : b.emit(less_or_equal{}, {diagonal, k});
  b.finish(b.emit(where{}, {kept, b.input(0), b.scalar(b.desc(0).type, 0)}));
}

inline void bind_eye_like(binding& b) {
  auto dims = dims_of(b, 0);
  if (dims.size() == 1) dims.push_back(dims[0]);
  if (dims.size() != 2) return b.refuse("its input has rank " + std::to_string(dims.size()), "it needs a matrix");
  auto const type = b.has_attribute("dtype") ? dtype_of_onnx(b.integer("dtype", 1)) : b.desc(0).type;
  if (!type) return b.refuse("its dtype (" + std::to_string(b.integer("dtype", 0)) + ") is not supported", "use float, double, float16, bfloat16, bool or an integer of 8 to 64 bits");
  if (!b.may_make(*type, dims)) return;
  index const k = b.integer("k", 0);
  onnx_tensor y = blank(*type, dims);
  onnx_tensor const one = scalar_tensor(*type, 1);
  for (index row = 0; row < dims[0]; ++row)
    if (k < dims[1] && k > -dims[0] && row + k >= 0 && row + k < dims[1])
      std::memcpy(y.bytes.data() + static_cast<std::size_t>(row * dims[1] + row + k) * one.bytes.size(), one.bytes.data(), one.bytes.size());
  b.finish(b.constant(std::move(y)));
}

inline void bind_one_hot(binding& b) {
  double const given = b.constant_number(1, 0, "depth");
  int const rank = b.rank(0), axis = b.axis(b.integer("axis", -1), rank + 1);
  if (b.refused()) return;
  if (!(given >= 0 && given < 1e12)) return b.refuse("depth is " + std::to_string(given), "correct it");
  if (rank + 1 > max_rank) return b.refuse("the result has more than 8 dimensions", "merge some of them");
  if (b.desc(2).size() != 2 || b.rank(2) != 1) return b.refuse("values are not two numbers", "export the model again");
  auto const depth = static_cast<index>(given);
  auto dims = dims_of(b, 0);
  dims.insert(dims.begin() + axis, 1);
  std::vector<index> classes(dims.size(), 1);
  classes[static_cast<std::size_t>(axis)] = depth;
  int const i = reshaped(b, b.cast_to(b.input(0), dtype::i64), dims);
  int const from_end = b.emit(add{}, {i, b.scalar(dtype::i64, depth)});
  int const chosen = b.emit(where{}, {b.emit(less{}, {i, b.scalar(dtype::i64, 0)}), from_end, i});
  int const hot = b.emit(equal{}, {chosen, counting(b, classes)});
  auto const value = [&b](index k) { return reshaped(b, b.emit(slice_attributes{shape(k), shape(1), shape(1)}, {b.input(2)}), {}); };
  int const off = value(0), on = value(1);
  b.finish(b.emit(where{}, {hot, on, off}));
}

inline void add_rearrangements(onnx_table& table) {
  table["DepthToSpace"] = {&bind_blocks, 1, 1, "blocksize mode"};
  table["SpaceToDepth"] = {&bind_blocks, 1, 1, "blocksize mode"};
  table["ReverseSequence"] = {&bind_reverse_sequence, 2, 2, "batch_axis time_axis"};
  table["CenterCropPad"] = {&bind_center_crop_pad, 2, 2, "axes"};
  table["Trilu"] = {&bind_trilu, 1, 2, "upper"};
  table["EyeLike"] = {&bind_eye_like, 1, 1, "dtype k"};
  table["OneHot"] = {&bind_one_hot, 3, 3, "axis"};
}

}  // namespace DSI_NAMESPACE::import::detail

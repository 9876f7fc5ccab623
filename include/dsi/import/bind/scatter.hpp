// SPDX-License-Identifier: MIT
// ONNX operators that write to places given by indices: ScatterElements, Scatter, ScatterND, TensorScatter, MaxUnpool.
#pragma once

#include <dsi/backend/reference/scatter.hpp>
#include <dsi/import/bind/index.hpp>
#include <dsi/import/bind/movement.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/modulo.hpp>
#include <dsi/op/scatter.hpp>

namespace DSI_NAMESPACE::import::detail {

/// 0, step, 2 step ... as int64, with these extents.
inline int counting(binding& b, std::vector<index> const& dims, index step = 1) {
  if (!b.may_make(dtype::i64, dims)) return -1;
  std::vector<std::int64_t> v(static_cast<std::size_t>(elements_of(dims)));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<std::int64_t>(i) * step;
  return b.constant(make_tensor<std::int64_t>({}, dims, v));
}
inline int reshaped(binding& b, int value, std::vector<index> const& dims) {
  if (value < 0) return -1;
  return b.desc_of(value).extents == shape_from(dims) ? value : b.emit(reshape_attributes{shape_from(dims)}, {value});
}
/// A value repeated to these extents.
inline int expanded(binding& b, int value, std::vector<index> const& dims) {
  if (value < 0) return -1;
  return b.desc_of(value).extents == shape_from(dims) ? value : b.emit(expand_attributes{shape_from(dims)}, {value});
}
/// The coordinate `axis` of each element of a tensor of these extents.
inline int coordinates(binding& b, std::vector<index> const& dims, std::size_t axis) {
  std::vector<index> own(dims.size(), 1);
  own[axis] = dims[axis];
  return expanded(b, counting(b, own), dims);
}

inline scatter_reduction read_reduction(binding& b) {
  return static_cast<scatter_reduction>(choice(b, "reduction", b.text("reduction", "none"), {"none", "add", "mul", "min", "max"}));
}
inline void bind_scatter_elements(binding& b) {
  scatter_elements_attributes a;
  a.axis = b.axis(b.integer("axis", 0), b.rank(0));
  a.reduction = read_reduction(b);
  if (b.refused() || !indices_are_integers(b) || !indices_fit(b, b.desc(0)[static_cast<int>(a.axis)])) return;
  b.finish(b.emit(a, {b.input(0), b.input(1), b.input(2)}));
}
inline void bind_scatter_nd(binding& b) {
  scatter_nd_attributes const a{read_reduction(b)};
  if (b.refused() || !indices_are_integers(b)) return;
  b.finish(b.emit(a, {b.input(0), b.input(1), b.input(2)}));
}

/// The update's place along the axis is computed for each of its slices; the coordinates before it are constants.
inline void bind_tensor_scatter(binding& b) {
  int const rank = b.rank(0), axis = b.axis(b.integer("axis", -2), rank);
  bool const circular = choice(b, "mode", b.text("mode", "linear"), {"linear", "circular"}) == 1;
  if (b.refused()) return;
  if (axis == 0) return b.refuse("axis is 0, which is the batch", "correct the attribute axis");
  if (axis + 2 > max_rank) return b.refuse("axis " + std::to_string(axis) + " has too many dimensions before it", "merge some of them");
  if (b.rank(1) != rank) return b.refuse("update has rank " + std::to_string(b.rank(1)) + " and the cache rank " + std::to_string(rank), "export the model again");
  std::vector<index> dims;  // of the update, as far as the axis
  for (int d = 0; d <= axis; ++d) dims.push_back(b.desc(1)[d]);
  index const batch = dims[0], count = dims.back(), most = b.desc(0)[axis];
  if (count > most) return b.refuse("update has " + std::to_string(count) + " elements along an axis of " + std::to_string(most), "correct DIMS");
  std::vector<index> along(dims.size(), 1), start(dims.size(), 1);
  along.back() = count;
  start[0] = batch;
  int place = counting(b, along);
  if (b.has(2)) {
    if (b.desc(2).size() != batch || is_floating(b.desc(2).type)) return b.refuse("write_indices is no list of " + std::to_string(batch) + " integers", "export the model again");
    place = b.emit(add{}, {reshaped(b, b.cast_to(b.input(2), dtype::i64), start), place});
  }
  if (circular) place = b.emit(modulo_attributes{}, {place, b.scalar(dtype::i64, most)});
  std::vector<index> column = dims;
  column.push_back(1);
  std::vector<int> parts;
  for (std::size_t d = 0; d + 1 < dims.size(); ++d) parts.push_back(reshaped(b, coordinates(b, dims, d), column));
  parts.push_back(reshaped(b, expanded(b, place, dims), column));
  if (b.refused()) return;
  b.finish(b.emit(scatter_nd_attributes{}, {b.input(0), b.emit(concat_attributes{axis + 1}, parts), b.input(1)}));
}

/// The indices count in the image that the pooling had; a larger output_shape has zeros behind it.
inline void bind_max_unpool(binding& b) {
  int const spatial = b.rank(0) - 2;
  auto const kernel = b.integers("kernel_shape");
  std::vector<std::int64_t> const strides = b.integers("strides", std::vector<std::int64_t>(kernel.size(), 1)), pads = b.integers("pads", std::vector<std::int64_t>(2 * kernel.size(), 0));
  if (spatial < 1 || kernel.size() != static_cast<std::size_t>(spatial) || strides.size() != kernel.size() || pads.size() != 2 * kernel.size())
    return b.refuse("kernel_shape, strides or pads do not fit an input of rank " + std::to_string(b.rank(0)), "correct the attributes");
  if (!indices_are_integers(b)) return;
  max_unpool_attributes a{shape(b.desc(0)[0], b.desc(0)[1])};
  for (int s = 0; s < spatial; ++s) {
    auto const k = static_cast<std::size_t>(s);
    constexpr index limit = 1 << 24;
    for (index v : {strides[k], kernel[k], pads[k], pads[k + kernel.size()]})
      if (v < 0 || v > limit || b.desc(0)[2 + s] > (index{1} << 38)) return b.refuse("kernel_shape, strides or pads are negative or absurdly large", "correct the attributes");
    index const n = (b.desc(0)[2 + s] - 1) * strides[k] + kernel[k] - pads[k] - pads[k + kernel.size()];
    if (n < 0) return b.refuse("its pads are larger than its result", "correct the attribute pads");
    a.to.push_back(n);
  }
  int y = b.emit(a, {b.input(0), b.input(1)});
  if (!b.has(2)) return b.finish(y);
  auto const to = b.constant_integers(2, "output_shape");
  if (b.refused()) return;
  if (to.size() != static_cast<std::size_t>(b.rank(0))) return b.refuse("output_shape has " + std::to_string(to.size()) + " values for rank " + std::to_string(b.rank(0)), "correct it");
  pad_attributes more;
  bool same = true;
  for (int d = 0; d < b.rank(0); ++d) {
    index const wanted = to[static_cast<std::size_t>(d)];
    if (wanted < 0 || wanted > (index{1} << 40)) return b.refuse("output_shape has the extent " + std::to_string(wanted), "correct it");
    more.before.push_back(0);
    more.after.push_back(wanted - a.to[d]);
    same = same && wanted == a.to[d];
  }
  b.finish(same ? y : b.emit(more, {y}));
}

inline void add_scatter(onnx_table& table) {
  table["Scatter"] = {&bind_scatter_elements, 3, 3, "axis"};
  table["ScatterElements"] = {&bind_scatter_elements, 3, 3, "axis reduction"};
  table["ScatterND"] = {&bind_scatter_nd, 3, 3, "reduction"};
  table["TensorScatter"] = {&bind_tensor_scatter, 2, 3, "axis mode"};
  table["MaxUnpool"] = {&bind_max_unpool, 2, 3, "kernel_shape pads strides"};
}

}  // namespace DSI_NAMESPACE::import::detail

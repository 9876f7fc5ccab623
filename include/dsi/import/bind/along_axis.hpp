// SPDX-License-Identifier: MIT
// ONNX operators that order or accumulate the elements along one dimension, and Det.
#pragma once

#include <dsi/backend/reference/cumulative.hpp>
#include <dsi/backend/reference/determinant.hpp>
#include <dsi/backend/reference/gather.hpp>
#include <dsi/backend/reference/top_k_indices.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/comparison.hpp>
#include <dsi/op/cumulative.hpp>
#include <dsi/op/determinant.hpp>
#include <dsi/op/gather.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/top_k_indices.hpp>

namespace DSI_NAMESPACE::import::detail {

template <bool Largest>
void bind_arg_extreme(binding& b) {
  top_k_indices_attributes a;
  a.axis = b.axis(b.integer("axis", 0), b.rank(0));
  a.largest = Largest;
  a.last = b.integer("select_last_index", 0) != 0;
  if (b.refused()) return;
  int const y = b.emit(a, {b.input(0)});
  if (b.integer("keepdims", 1) != 0) return b.finish(y);
  shape s;
  for (int d = 0; d < b.rank(0); ++d)
    if (d != a.axis) s.push_back(b.desc(0)[d]);
  b.finish(b.emit(reshape_attributes{s}, {y}));
}

/// K is an attribute before opset 10. Sorted or not, the best come first.
inline void bind_top_k(binding& b) {
  top_k_indices_attributes a;
  a.axis = b.axis(b.integer("axis", -1), b.rank(0));
  a.largest = b.integer("largest", 1) != 0;
  if (b.opset() < 10) {
    a.k = b.integer("k", -1);
  } else {
    auto const k = b.constant_integers(1, "K");
    if (b.refused()) return;
    if (k.size() != 1) return b.refuse("input 1 (K) is not one number", "export the model again");
    a.k = k[0];
  }
  if (b.refused()) return;
  if (a.k < 0) return b.refuse("K is " + std::to_string(a.k), "use at least 0");
  int const places = b.emit(a, {b.input(0)});
  b.finish(1, places);
  if (b.wants_output(0)) b.finish(0, b.emit(gather_elements_attributes{a.axis}, {b.input(0), places}));
}

/// 1 for the first greatest element, 0 for the others. Before opset 13 the axis flattens the tensor to two dimensions.
inline void bind_hardmax(binding& b) {
  bool const flattens = b.opset() < 13;
  if (b.rank(0) == 0) return b.refuse("its input is a scalar", "reshape it to [1]");
  int axis = b.axis(b.integer("axis", flattens ? smaller(1, b.rank(0) - 1) : -1), b.rank(0));
  if (b.refused()) return;
  shape const s = b.desc(0).extents;
  int x = b.input(0);
  if (flattens) {
    x = b.emit(reshape_attributes{shape(s.product(0, axis), s.product(axis, s.rank))}, {x});
    axis = 1;
  }
  if (b.refused()) return;
  shape const rows = b.desc_of(x).extents;
  if (rows.product(0, rows.rank) == 0) return b.finish(b.input(0));  // nothing to mark
  top_k_indices_attributes a;
  a.axis = axis;
  int const place = b.emit(a, {x});
  if (!b.may_make(dtype::i64, {rows[axis]})) return;
  std::vector<std::int64_t> numbers;
  for (index i = 0; i < rows[axis]; ++i) numbers.push_back(i);
  shape along(rows[axis]);
  for (int d = axis + 1; d < rows.rank; ++d) along.push_back(1);
  int const every = b.emit(reshape_attributes{along}, {b.constant(from_integers(numbers))});
  int const y = b.cast_to(b.emit(equal{}, {place, every}), b.desc(0).type);
  b.finish(flattens ? b.emit(reshape_attributes{s}, {y}) : y);
}

template <bool Product>
void bind_cumulative(binding& b) {
  auto const axis = b.constant_integers(1, "axis");
  if (b.refused()) return;
  if (axis.size() != 1) return b.refuse("input 1 (axis) is not one number", "export the model again");
  cumulative_attributes a;
  a.axis = b.axis(axis[0], b.rank(0));
  a.product = Product;
  a.exclusive = b.integer("exclusive", 0) != 0;
  a.reverse = b.integer("reverse", 0) != 0;
  b.finish(b.emit(a, {b.input(0)}));
}

/// In float for 16-bit matrices.
inline void bind_determinant(binding& b) {
  dtype const type = b.desc(0).type;
  int const x = type == dtype::f16 || type == dtype::bf16 ? b.cast_to(b.input(0), dtype::f32) : b.input(0);
  b.finish(b.cast_to(b.emit(determinant{}, {x}), type));
}

inline void add_along_axis(onnx_table& table) {
  table["ArgMax"] = {&bind_arg_extreme<true>, 1, 1, "axis keepdims select_last_index"};
  table["ArgMin"] = {&bind_arg_extreme<false>, 1, 1, "axis keepdims select_last_index"};
  table["TopK"] = {&bind_top_k, 1, 2, "axis k largest sorted"};
  table["Hardmax"] = {&bind_hardmax, 1, 1, "axis"};
  table["CumSum"] = {&bind_cumulative<false>, 2, 2, "exclusive reverse"};
  table["CumProd"] = {&bind_cumulative<true>, 2, 2, "exclusive reverse"};
  table["Det"] = {&bind_determinant, 1, 1, {}};
}

}  // namespace DSI_NAMESPACE::import::detail

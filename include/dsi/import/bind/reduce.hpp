// SPDX-License-Identifier: MIT
// ONNX reductions, softmax and normalizations.
#pragma once

#include <dsi/backend/reference/layer_norm.hpp>
#include <dsi/backend/reference/reduce.hpp>
#include <dsi/backend/reference/rms_norm.hpp>
#include <dsi/backend/reference/softmax.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/op/batch_norm.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/global_average_pool.hpp>
#include <dsi/op/global_max_pool.hpp>
#include <dsi/op/layer_norm.hpp>
#include <dsi/op/log_softmax.hpp>
#include <dsi/op/reduce_max.hpp>
#include <dsi/op/reduce_mean.hpp>
#include <dsi/op/reduce_min.hpp>
#include <dsi/op/reduce_prod.hpp>
#include <dsi/op/reduce_sum.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/rms_norm.hpp>
#include <dsi/op/softmax.hpp>

namespace DSI_NAMESPACE::import::detail {

template <class Reduction>
void bind_reduction(binding& b) {
  Reduction a;
  a.keepdims = b.integer("keepdims", 1) != 0;
  auto const list = axes_of(b);
  if (b.refused()) return;
  if (list.empty() && b.integer("noop_with_empty_axes", 0) != 0) return b.finish(b.input(0));
  for (std::int64_t axis : list) a.axes |= axis_bit(b.axis(axis, b.rank(0)));
  b.finish(b.emit(a, {b.input(0)}));
}

/// Before opset 13 the axis flattens the tensor to two dimensions.
template <class Softmax>
void bind_softmax(binding& b) {
  bool const flattens = b.opset() < 13;
  if (b.rank(0) == 0) return b.refuse("its input is a scalar", "reshape it to [1]");
  // A rank of 1 has no axis 1, the old default: all of it is one row then, as ONNX Runtime has it for axis 0.
  int const axis = b.axis(b.integer("axis", flattens ? smaller(1, b.rank(0) - 1) : -1), b.rank(0));
  if (b.refused()) return;
  shape const s = b.desc(0).extents;
  if (!flattens || axis == s.rank - 1 || s.product(axis + 1, s.rank) == 1) return b.finish(b.emit(Softmax{axis}, {b.input(0)}));
  int const flat = b.emit(reshape_attributes{shape(s.product(0, axis), s.product(axis, s.rank))}, {b.input(0)});
  b.finish(b.emit(reshape_attributes{s}, {b.emit(Softmax{1}, {flat})}));
}

inline void bind_batch_norm(binding& b) {
  if (b.integer("training_mode", 0) != 0) return b.refuse("training_mode is 1", "export the model in evaluation mode");
  if (b.integer("spatial", 1) == 0) return b.refuse("spatial is 0: its parameters are one for each element and not one for each channel", "export it with spatial 1, or as Sub, Mul and Add");
  if (b.rank(0) < 1) return b.refuse("its input is a scalar", "");
  batch_norm_attributes a;
  a.epsilon = bits_of(b.real("epsilon", 1e-5f));
  shape s(b.rank(0) >= 2 ? b.desc(0)[1] : b.desc(0).size());
  for (int i = 2; i < b.rank(0); ++i) s.push_back(1);
  auto const channel = [&](int i) { return b.emit(reshape_attributes{s}, {b.input(i)}); };
  b.finish(b.emit(a, {b.input(0), channel(1), channel(2), channel(3), channel(4)}));
}

/// Input i with the extents of a row, the dimensions of input 0 from axis on.
inline int row_of(binding& b, int i, int axis) {
  shape row;
  for (int d = axis; d < b.rank(0); ++d) row.push_back(b.desc(0)[d]);
  if (b.desc(i).size() == row.size()) return b.input(i);
  return b.emit(expand_attributes{row}, {b.input(i)});
}

inline void bind_layer_norm(binding& b) {
  if (b.wants_output(1) || b.wants_output(2)) return b.refuse("its outputs Mean or InvStdDev are used", "dsi computes the normalized values alone");
  layer_norm_attributes a;
  a.axis = b.axis(b.integer("axis", -1), b.rank(0));
  a.epsilon = bits_of(b.real("epsilon", 1e-5f));
  a.bias = b.has(2);
  if (b.refused()) return;
  int const scale = row_of(b, 1, a.axis);
  b.finish(a.bias ? b.emit(a, {b.input(0), scale, row_of(b, 2, a.axis)}) : b.emit(a, {b.input(0), scale}));
}

/// Scale may be smaller than a row, to which it broadcasts then.
inline void bind_rms_norm(binding& b) {
  rms_norm_attributes a;
  a.axis = b.axis(b.integer("axis", -1), b.rank(0));
  a.epsilon = bits_of(b.real("epsilon", 1e-5f));
  if (b.refused()) return;
  b.finish(b.emit(a, {b.input(0), row_of(b, 1, a.axis)}));
}

template <class Pool>
void bind_global(binding& b) { b.finish(b.emit(Pool{}, {b.input(0)})); }

inline void add_reductions(onnx_table& table) {
  constexpr std::string_view reduction = "axes keepdims noop_with_empty_axes";
  table["ReduceMean"] = {&bind_reduction<reduce_mean_attributes>, 1, 2, reduction};
  table["ReduceSum"] = {&bind_reduction<reduce_sum_attributes>, 1, 2, reduction};
  table["ReduceMax"] = {&bind_reduction<reduce_max_attributes>, 1, 2, reduction};
  table["ReduceMin"] = {&bind_reduction<reduce_min_attributes>, 1, 2, reduction};
  table["ReduceProd"] = {&bind_reduction<reduce_prod_attributes>, 1, 2, reduction};
  table["Softmax"] = {&bind_softmax<softmax_attributes>, 1, 1, "axis"};
  table["LogSoftmax"] = {&bind_softmax<log_softmax_attributes>, 1, 1, "axis"};
  table["BatchNormalization"] = {&bind_batch_norm, 5, 5, "epsilon momentum spatial training_mode"};
  table["LayerNormalization"] = {&bind_layer_norm, 2, 3, "axis epsilon stash_type"};
  table["RMSNormalization"] = {&bind_rms_norm, 2, 2, "axis epsilon stash_type"};
  table["GlobalAveragePool"] = {&bind_global<global_average_pool>, 1, 1, {}};
  table["GlobalMaxPool"] = {&bind_global<global_max_pool>, 1, 1, {}};
}

}  // namespace DSI_NAMESPACE::import::detail

// SPDX-License-Identifier: MIT
// ONNX reductions, softmax and normalizations.
#pragma once

#include <dsi/backend/reference/layer_norm.hpp>
#include <dsi/backend/reference/reduce.hpp>
#include <dsi/backend/reference/rms_norm.hpp>
#include <dsi/backend/reference/softmax.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/batch_norm.hpp>
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
  if (b.rank(0) == 0) return b.finish(b.input(0));
  b.finish(b.emit(a, {b.input(0)}));
}

/// Before opset 13 the axis flattens the tensor to two dimensions.
template <class Softmax>
void bind_softmax(binding& b) {
  bool const flattens = b.opset() < 13;
  if (b.rank(0) == 0) return b.refuse("its input is a scalar", "reshape it to [1]");
  int const axis = b.axis(b.integer("axis", flattens ? 1 : -1), b.rank(0) + (flattens && b.rank(0) == 1 && !b.has_attribute("axis") ? 1 : 0));
  if (b.refused()) return;
  shape const s = b.desc(0).extents;
  if (!flattens || axis == s.rank - 1 || s.product(axis + 1, s.rank) == 1) return b.finish(b.emit(Softmax{axis}, {b.input(0)}));
  int const flat = b.emit(reshape_attributes{shape(s.product(0, axis), s.product(axis, s.rank))}, {b.input(0)});
  b.finish(b.emit(reshape_attributes{s}, {b.emit(Softmax{1}, {flat})}));
}

inline void bind_batch_norm(binding& b) {
  if (b.integer("training_mode", 0) != 0) return b.refuse("training_mode is 1", "export the model in evaluation mode");
  if (b.input_count() < 5) return b.refuse("needs 5 inputs and has " + std::to_string(b.input_count()), "export the model again");
  if (b.rank(0) < 1) return b.refuse("its input is a scalar", "");
  batch_norm_attributes a;
  a.epsilon = bits_of(b.real("epsilon", 1e-5f));
  shape s(b.rank(0) >= 2 ? b.desc(0)[1] : b.desc(0).size());
  for (int i = 2; i < b.rank(0); ++i) s.push_back(1);
  auto const channel = [&](int i) { return b.emit(reshape_attributes{s}, {b.input(i)}); };
  b.finish(b.emit(a, {b.input(0), channel(1), channel(2), channel(3), channel(4)}));
}

inline void bind_layer_norm(binding& b) {
  if (b.wants_output(1) || b.wants_output(2)) return b.refuse("its outputs Mean or InvStdDev are used", "dsi computes the normalized values alone");
  layer_norm_attributes a;
  a.axis = b.axis(b.integer("axis", -1), b.rank(0));
  a.epsilon = bits_of(b.real("epsilon", 1e-5f));
  a.bias = b.has(2);
  b.finish(a.bias ? b.emit(a, {b.input(0), b.input(1), b.input(2)}) : b.emit(a, {b.input(0), b.input(1)}));
}

template <class Pool>
void bind_global(binding& b) { b.finish(b.emit(Pool{}, {b.input(0)})); }

inline void add_reductions(onnx_table& table) {
  table["ReduceMean"] = &bind_reduction<reduce_mean_attributes>;
  table["ReduceSum"] = &bind_reduction<reduce_sum_attributes>;
  table["ReduceMax"] = &bind_reduction<reduce_max_attributes>;
  table["ReduceMin"] = &bind_reduction<reduce_min_attributes>;
  table["ReduceProd"] = &bind_reduction<reduce_prod_attributes>;
  table["Softmax"] = &bind_softmax<softmax_attributes>;
  table["LogSoftmax"] = &bind_softmax<log_softmax_attributes>;
  table["BatchNormalization"] = &bind_batch_norm;
  table["LayerNormalization"] = &bind_layer_norm;
  table["GlobalAveragePool"] = &bind_global<global_average_pool>;
  table["GlobalMaxPool"] = &bind_global<global_max_pool>;
}

}  // namespace DSI_NAMESPACE::import::detail

// SPDX-License-Identifier: MIT
// ONNX reductions, softmax and normalizations.
#pragma once

#include <dsi/backend/reference/layer_norm.hpp>
#include <dsi/backend/reference/reduce.hpp>
#include <dsi/backend/reference/rms_norm.hpp>
#include <dsi/backend/reference/softmax.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/import/element_table.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/op/absolute.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/batch_norm.hpp>
#include <dsi/op/exp.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/global_average_pool.hpp>
#include <dsi/op/global_max_pool.hpp>
#include <dsi/op/is_inf.hpp>
#include <dsi/op/layer_norm.hpp>
#include <dsi/op/log.hpp>
#include <dsi/op/log_softmax.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/reciprocal.hpp>
#include <dsi/op/reduce_max.hpp>
#include <dsi/op/reduce_mean.hpp>
#include <dsi/op/reduce_min.hpp>
#include <dsi/op/reduce_prod.hpp>
#include <dsi/op/reduce_sum.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/rms_norm.hpp>
#include <dsi/op/softmax.hpp>
#include <dsi/op/square_root.hpp>
#include <dsi/op/sub.hpp>
#include <dsi/op/where.hpp>

namespace DSI_NAMESPACE::import::detail {

/// What a reduction's node says.
struct reduction_form {
  axis_set axes = 0;
  bool keepdims = true;
  bool nothing = false;  ///< no axis at all: every element is its own result
};
inline reduction_form form_of(binding& b) {
  reduction_form f;
  f.keepdims = b.integer("keepdims", 1) != 0;
  auto const list = axes_of(b);
  f.nothing = list.empty() && b.integer("noop_with_empty_axes", 0) != 0;
  for (std::int64_t axis : list) f.axes |= axis_bit(b.axis(axis, b.rank(0)));
  return f;
}
template <class Reduction>
int reduced(binding& b, reduction_form const& f, int x) {
  return f.nothing ? x : b.emit(Reduction{f.axes, f.keepdims}, {x});
}
template <class Reduction>
void bind_reduction(binding& b) { b.finish(reduced<Reduction>(b, form_of(b), b.input(0))); }

/// The greatest of bools is whether one is true, the least whether all are: as bytes they are numbers.
template <class Reduction>
void bind_extreme(binding& b) {
  dtype const type = b.desc(0).type;
  int const x = type == dtype::boolean ? b.cast_to(b.input(0), dtype::u8) : b.input(0);
  b.finish(b.cast_to(reduced<Reduction>(b, form_of(b), x), type));
}

/// As a type in which squares, exponentials and their sums fit: float for 16 bits; for integers double, if they are to have
/// roots or logarithms.
inline int widened(binding& b, int x, bool integers = false) {
  dtype const type = b.desc_of(x).type;
  if (type == dtype::f16 || type == dtype::bf16) return b.cast_to(x, dtype::f32);
  return integers && !is_floating(type) ? b.cast_to(x, dtype::f64) : x;
}
inline void bind_reduce_l1(binding& b) { b.finish(reduced<reduce_sum_attributes>(b, form_of(b), b.emit(absolute{}, {b.input(0)}))); }
template <bool Root>
void bind_reduce_squares(binding& b) {
  int const x = widened(b, b.input(0), Root), sum = reduced<reduce_sum_attributes>(b, form_of(b), b.emit(mul{}, {x, x}));
  b.finish(b.cast_to(Root ? b.emit(square_root{}, {sum}) : sum, b.desc(0).type));
}
inline void bind_reduce_log_sum(binding& b) {
  int const sum = reduced<reduce_sum_attributes>(b, form_of(b), widened(b, b.input(0), true));
  b.finish(b.cast_to(b.emit(log{}, {sum}), b.desc(0).type));
}
/// m + log(sum of e^(x - m)), m the greatest element, so that nothing overflows; m = 0 where that is infinite.
inline void bind_reduce_log_sum_exp(binding& b) {
  reduction_form f = form_of(b);
  if (f.nothing) return b.finish(b.input(0));
  bool const keepdims = f.keepdims;
  f.keepdims = true;
  int const x = widened(b, b.input(0), true);
  int const greatest = reduced<reduce_max_attributes>(b, f, x);
  int const m = b.emit(where{}, {b.emit(is_inf_attributes{}, {greatest}), b.scalar(b.desc_of(x).type, 0), greatest});
  int const sum = reduced<reduce_sum_attributes>(b, f, b.emit(exp{}, {b.emit(sub{}, {x, m})}));
  int y = b.emit(add{}, {b.emit(log{}, {sum}), m});
  if (b.refused()) return;
  if (!keepdims) {
    unsigned const dims = reduced_dims(f.axes, b.rank(0));
    shape s;
    for (int d = 0; d < b.rank(0); ++d)
      if (!has_dim(dims, d)) s.push_back(b.desc(0)[d]);
    y = b.emit(reshape_attributes{s}, {y});
  }
  b.finish(b.cast_to(y, b.desc(0).type));
}

/// x - mean over axes, and 1 / sqrt(variance + epsilon), for x of float or double.
struct moments {
  int mean = -1, deviation = -1, inverse = -1;
};
inline int variance_of(binding& b, reduction_form const& over, int deviation) { return reduced<reduce_mean_attributes>(b, over, b.emit(mul{}, {deviation, deviation})); }
inline moments moments_of(binding& b, reduction_form const& over, int x, float epsilon) {
  moments m;
  m.mean = reduced<reduce_mean_attributes>(b, over, x);
  m.deviation = b.emit(sub{}, {x, m.mean});
  if (b.refused()) return m;
  int const spread = b.emit(add{}, {variance_of(b, over, m.deviation), b.scalar(b.desc_of(x).type, epsilon)});
  m.inverse = b.emit(reciprocal{}, {b.emit(square_root{}, {spread})});
  return m;
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
  layer_norm_attributes a;
  a.axis = b.axis(b.integer("axis", -1), b.rank(0));
  a.epsilon = bits_of(b.real("epsilon", 1e-5f));
  a.bias = b.has(2);
  if (b.refused()) return;
  int const scale = row_of(b, 1, a.axis);
  if (b.wants_output(1) || b.wants_output(2)) {
    auto const type = dtype_of_onnx(b.integer("stash_type", 1));
    if (!type || !is_floating(*type)) return b.refuse("stash_type is " + std::to_string(b.integer("stash_type", 1)), "use 1 (float)");
    reduction_form rows;
    for (int d = a.axis; d < b.rank(0); ++d) rows.axes |= axis_bit(d);
    moments const m = moments_of(b, rows, widened(b, b.input(0)), b.real("epsilon", 1e-5f));
    b.finish(1, b.cast_to(m.mean, *type));
    b.finish(2, b.cast_to(m.inverse, *type));
  }
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
  table["ReduceMax"] = {&bind_extreme<reduce_max_attributes>, 1, 2, reduction};
  table["ReduceMin"] = {&bind_extreme<reduce_min_attributes>, 1, 2, reduction};
  table["ReduceL1"] = {&bind_reduce_l1, 1, 2, reduction};
  table["ReduceL2"] = {&bind_reduce_squares<true>, 1, 2, reduction};
  table["ReduceSumSquare"] = {&bind_reduce_squares<false>, 1, 2, reduction};
  table["ReduceLogSum"] = {&bind_reduce_log_sum, 1, 2, reduction};
  table["ReduceLogSumExp"] = {&bind_reduce_log_sum_exp, 1, 2, reduction};
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

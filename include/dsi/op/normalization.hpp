// SPDX-License-Identifier: MIT
// What layer_norm and rms_norm share: rows made of the last dimensions, and parameters as long as a row.
#pragma once

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The axis from the front, or -1 when a tensor of this rank does not have it.
constexpr int axis_from_front(int axis, int rank) {
  int const a = axis < 0 ? axis + rank : axis;
  return a < 0 || a >= rank ? -1 : a;
}

/// Elements of one row: the dimensions from axis on.
constexpr index row_length(int axis, tensor_desc const& x) { return x.extents.product(axis_from_front(axis, x.rank()), x.rank()); }

/// x and parameter_count rows of parameters, all of one floating-point type.
constexpr inferred infer_normalization(int axis, int parameter_count, op_inputs in) {
  if (in.count != 1 + parameter_count) return {invalid::input_count, 1 + parameter_count, in.count};
  tensor_desc y = in[0];
  if (!is_floating(y.type)) return {invalid::input_type, 0, static_cast<index>(y.type)};
  if (axis_from_front(axis, y.rank()) < 0) return {invalid::axis, axis, y.rank()};
  for (int i = 1; i < in.count; ++i) {
    if (in[i].type != y.type) return {invalid::types_differ, static_cast<index>(y.type), static_cast<index>(in[i].type)};
    if (in[i].size() != row_length(axis, y)) return {invalid::parameter_extent, row_length(axis, y), in[i].size()};
  }
  y.order = layout::row_major;
  return y;
}

/// A parameter with the extents of a row.
constexpr tensor_desc row_parameter(int axis, tensor_desc const& x) {
  tensor_desc p{x.type, layout::row_major, {}};
  int const a = axis_from_front(axis, x.rank());
  if (a >= 0)
    for (int d = a; d < x.rank(); ++d) p.extents.push_back(x[d]);
  return p;
}

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Layer normalization in eight nodes or so (ReduceMean, Sub, Pow or Mul, ReduceMean, Add, Sqrt, Div, Mul, Add) becomes layer_norm.
#pragma once

#include <dsi/backend/reference/layer_norm.hpp>
#include <dsi/import/rewrite/mean_square.hpp>
#include <dsi/op/layer_norm.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {
/// x for d = x - mean(x) over the dimensions from axis on, else -1.
inline int deviation_of(import_graph const& g, int d, int axis) {
  auto const* n = made_by<sub>(g, d);
  if (n == nullptr || row_mean_axis(g, n->inputs[1]) != axis) return -1;
  return made_by<reduce_mean_attributes>(g, n->inputs[1])->inputs[0] == n->inputs[0] ? n->inputs[0] : -1;
}
inline bool match_layer_norm(import_graph& g, int v) {
  // Some exporters subtract the mean twice.
  auto const same = [&g](int a, int b) {
    if (a == b) return true;
    auto const *m = made_by<sub>(g, a), *n = made_by<sub>(g, b);
    return m != nullptr && n != nullptr && m->inputs == n->inputs;
  };
  for (affine_parts const& parts : affine_readings(g, v)) {
    auto const y = mean_square_match(g).match(parts.normalized, same);
    int const x = y ? deviation_of(g, y->x, y->axis) : -1;
    if (x < 0) continue;
    tensor_desc const d = g.value(x).desc;
    if (d.extents != g.value(v).desc.extents || d.size() == 0) continue;
    import_node const like = g.node(g.value(v).producer);
    layer_norm_attributes op;
    op.axis = y->axis - d.rank();
    op.epsilon = {std::bit_cast<std::uint32_t>(y->epsilon)};
    op.bias = parts.bias >= 0;
    shape const row = row_parameter(op.axis, d).extents;
    std::vector<int> in{x, parts.scale >= 0 ? row_parameter_from(g, parts.scale, row, like) : row_of(g, d.type, row, 1, like)};
    if (op.bias) in.push_back(row_parameter_from(g, parts.bias, row, like));
    if (in[1] < 0 || in.back() < 0 || !fits(g, op, in, g.value(v).desc)) continue;
    replace(g, v, op, in, "layer norm");
    return true;
  }
  return false;
}
}  // namespace detail

inline bool rewrite_layer_norm(import_graph& g) { return detail::rewrite_last(g, &detail::match_layer_norm); }

}  // namespace DSI_NAMESPACE::import

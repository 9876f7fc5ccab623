// SPDX-License-Identifier: MIT
// Root mean square normalization (Pow or Mul, ReduceMean, Add, Sqrt, Div or Reciprocal and Mul, Mul) becomes rms_norm.
#pragma once

#include <dsi/backend/reference/rms_norm.hpp>
#include <dsi/import/rewrite/mean_square.hpp>
#include <dsi/op/rms_norm.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {
inline bool match_rms_norm(import_graph& g, int v) {
  for (affine_parts const& parts : affine_readings(g, v)) {
    if (parts.bias >= 0) continue;  // an addition behind it is fused into the kernel in any case
    auto const y = mean_square_match(g).match(parts.normalized, [](int a, int b) { return a == b; });
    if (!y) continue;
    tensor_desc const d = g.value(y->x).desc;
    if (d.extents != g.value(v).desc.extents || d.size() == 0) continue;
    import_node const like = g.node(g.value(v).producer);
    rms_norm_attributes op;
    op.axis = y->axis - d.rank();
    op.epsilon = {std::bit_cast<std::uint32_t>(y->epsilon)};
    shape const row = row_parameter(op.axis, d).extents;
    std::vector<int> const in{y->x, parts.scale >= 0 ? row_parameter_from(g, parts.scale, row, like) : row_of(g, d.type, row, 1, like)};
    if (in[1] < 0 || !fits(g, op, in, g.value(v).desc)) continue;
    replace(g, v, op, in, "rms norm");
    return true;
  }
  return false;
}
}  // namespace detail

inline bool rewrite_rms_norm(import_graph& g) { return detail::rewrite_last(g, &detail::match_rms_norm); }

}  // namespace DSI_NAMESPACE::import

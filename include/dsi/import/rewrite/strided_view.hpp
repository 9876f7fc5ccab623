// SPDX-License-Identifier: MIT
// A tensor as steps through the memory of an earlier one: what chains of Reshape, Transpose, Expand and scaling amount to.
#pragma once

#include <dsi/import/rewrite/match.hpp>
#include <dsi/op/div.hpp>

namespace DSI_NAMESPACE::import::detail {

/// A dimension, or a part of one: the element at i lies i * stride behind the first.
struct axis_part {
  index extent = 1, stride = 0;
  bool operator==(axis_part const&) const = default;
};
/// From the outermost to the innermost; no extents of 1, and as few as possible.
using axis_parts = std::vector<axis_part>;

inline void push_merged(axis_parts& to, axis_part p) {
  if (p.extent == 1) return;
  if (!to.empty() && to.back().stride == p.stride * p.extent) to.back() = {to.back().extent * p.extent, p.stride};
  else to.push_back(p);
}

/// A value's dimensions as steps through `base`, a row-major tensor, whose elements are multiplied by `factor`.
struct strided_view {
  int base = -1;
  double factor = 1;
  std::vector<axis_parts> dims;

  strided_view(import_graph const& g, int v) : base(v) {
    shape const strides = strides_of({g.value(v).desc.type, layout::row_major, g.value(v).desc.extents});
    for (int d = 0; d < strides.rank; ++d) push_merged(dims.emplace_back(), {g.value(v).desc[d], strides[d]});
  }

  /// The same elements as steps through what base is made of; false when base is no mere rearrangement.
  bool step_back(import_graph const& g) {
    int const p = g.value(base).producer;
    if (p < 0 || !g.node(p).op || g.node(p).outputs.size() != 1) return false;
    import_node const& n = g.node(p);
    tensor_desc const y = g.value(base).desc, x = g.value(n.inputs[0]).desc;
    if (y.size() == 0) return false;
    shape const steps = strides_of({x.type, layout::row_major, x.extents});  // through x, for each dimension of y
    if (n.op->traits({&x, 1}).view && x.type == y.type) {
      base = n.inputs[0];
      return true;
    }
    if (auto const* t = as_operator<transpose_attributes>(n.op)) {
      shape turned = steps;
      for (int d = 0; d < y.rank(); ++d) turned.dim[d] = steps[static_cast<int>(t->perm[d])];
      return remap(y.extents, turned, n.inputs[0]);
    }
    if (as_operator<expand_attributes>(n.op) != nullptr) {
      shape repeated = y.extents;
      int const more = y.rank() - x.rank();
      for (int d = 0; d < y.rank(); ++d) repeated.dim[d] = d < more || x[d - more] == 1 ? 0 : steps[d - more];
      return remap(y.extents, repeated, n.inputs[0]);
    }
    if (auto const s = scaled<mul, div>(g, base)) {
      base = s->x;
      factor *= s->factor;
      return true;
    }
    return false;
  }

 private:
  /// Steps through a tensor of these extents become `steps` of each of its dimensions.
  bool remap(shape const& extents, shape const& steps, int to) {
    shape const strides = strides_of({dtype::f32, layout::row_major, extents});
    std::vector<axis_parts> result;
    for (axis_parts const& parts : dims) {
      axis_parts& out = result.emplace_back();
      for (axis_part const& p : parts) {
        axis_parts digits;  // the innermost first
        if (!split(p, extents, strides, steps, digits)) return false;
        for (std::size_t i = digits.size(); i-- > 0;) push_merged(out, digits[i]);
      }
    }
    dims = std::move(result);
    base = to;
    return true;
  }
  static bool split(axis_part p, shape const& extents, shape const& strides, shape const& steps, axis_parts& out) {
    if (p.stride == 0) return out.push_back(p), true;
    while (p.extent > 1) {
      int d = 0;
      while (d < extents.rank && (extents[d] == 1 || strides[d] > p.stride)) ++d;
      if (d == extents.rank || p.stride % strides[d] != 0) return false;
      index const first = p.stride / strides[d];
      if (extents[d] % first != 0) return false;
      index const count = smaller(p.extent, extents[d] / first);
      if (p.extent % count != 0 || count < 2) return false;
      out.push_back({count, first * steps[d]});
      p = {p.extent / count, p.stride * count};
    }
    return true;
  }
};

/// Takes `extent` elements off the inner end of a dimension: their stride, -1 when that is not one number.
inline index take_inner(axis_parts& parts, index extent) {
  if (extent == 1) return 0;
  if (parts.empty() || parts.back().extent % extent != 0) return -1;
  index const stride = parts.back().stride;
  parts.back() = {parts.back().extent / extent, stride * extent};
  if (parts.back().extent == 1) parts.pop_back();
  return stride;
}

}  // namespace DSI_NAMESPACE::import::detail

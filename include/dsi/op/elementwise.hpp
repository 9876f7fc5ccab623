// SPDX-License-Identifier: MIT
// What all elementwise operators share: broadcasting (ONNX, Broadcasting in ONNX = NumPy's rules) and their traits.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The extents to which two operands broadcast, or rank -1 with the first pair that does not match in dim[0], dim[1].
constexpr shape broadcast(shape const& a, shape const& b) {
  shape r;
  r.rank = a.rank > b.rank ? a.rank : b.rank;
  for (int i = 0; i < r.rank; ++i) {
    index const x = i < a.rank ? a.dim[a.rank - 1 - i] : 1;
    index const y = i < b.rank ? b.dim[b.rank - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      r.rank = -1;
      r.dim[0] = x;
      r.dim[1] = y;
      return r;
    }
    r.dim[r.rank - 1 - i] = x == 1 ? y : x;
  }
  return r;
}

/// Base of elementwise operators with Arity inputs of one element type out of Types, which is also the output's.
/// Those with attributes stay aggregates and forward to it: nvcc cannot write a value with a base class as a template argument.
template <int Arity, dtype_set Types = numeric_types>
struct elementwise {
  static constexpr int arity = Arity;
  static constexpr dtype_set types = Types;
  static constexpr op_traits traits{.elementwise = true, .layouts = layout_rule::same};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != Arity) return {invalid::input_count, Arity, in.count};
    tensor_desc out = in[0];
    if (!contains(Types, out.type)) return {invalid::input_type, 0, static_cast<index>(out.type)};
    for (int i = 1; i < Arity; ++i) {
      if (in[i].type != in[0].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[i].type)};
      out.extents = broadcast(out.extents, in[i].extents);
      if (out.extents.rank < 0) return {invalid::broadcast, out.extents.dim[0], out.extents.dim[1]};
    }
    out.order = layout::row_major;
    return out;
  }
  constexpr bool operator==(elementwise const&) const = default;
};

}  // namespace DSI_NAMESPACE

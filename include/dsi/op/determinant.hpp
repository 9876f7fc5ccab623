// SPDX-License-Identifier: MIT
// Determinants of square matrices.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The determinants of the matrices in the last two dimensions, by Gaussian elimination with the greatest pivot of each column.
/// A matrix without rows has determinant 1.
/// Shape    x [d..., n, n] -> y [d...], and what the elimination leaves, [d..., n, n]: it needs the room
/// Types    float, double
/// ONNX     Det
struct determinant {
  static constexpr std::string_view name = "determinant";
  static constexpr dtype_set types = set_of(dtype::f32) | set_of(dtype::f64);
  static constexpr op_traits traits{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    tensor_desc x = in[0];
    if (!contains(types, x.type)) return {invalid::input_type, 0, static_cast<index>(x.type)};
    int const rank = x.rank();
    if (rank < 2) return {invalid::rank, 2, rank};
    if (x[rank - 1] != x[rank - 2]) return {invalid::square, x[rank - 2], x[rank - 1]};
    x.order = layout::row_major;
    inferred y;
    y.push_back({x.type, layout::row_major, {}});
    for (int d = 0; d < rank - 2; ++d) y.out[0].extents.push_back(x[d]);
    y.push_back(x);
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const {
    index const n = in[0][in[0].rank() - 1];
    return capped_product(y.size(), capped_product(capped_product(n, n), n) / 3);
  }
  constexpr bool operator==(determinant const&) const = default;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Product of two computed matrices, or of stacks of them.
#pragma once

#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = alpha * A B, as numpy.matmul: the last two dimensions are matrices, the others broadcast; an operand of rank 1 is a row
/// (on the left) or a column (on the right), and its dimension is missing in y. With a constant B, dense is the better operator.
/// Shape    A [batch..., M, K] ([..., K, M] when trans_a), B [batch..., K, N] ([..., N, K] when trans_b) -> y [batch..., M, N];
///          the transposes need rank 2 or more
/// Types    float, half, bfloat16 (sums in float), double, integers (products and sums wrap, alpha must be 1)
/// Error    float: |y - exact| <= alpha * g sum|a b| + u |y|, g = Ku / (1-Ku)  (Higham, ASNA 2e, 3.1)
/// Fuses    any elementwise expression
/// ONNX     MatMul; Gemm without constants (transA, transB, alpha; beta C is a mul and an add behind it); FusedMatMul. The
///          importer puts a Transpose of the last two dimensions and a division by a constant into the attributes, so that
///          attention's Q K^T / sqrt(d) is one step.
struct matmul_attributes {
  static constexpr std::string_view name = "matmul";
  static constexpr dtype_set types = numeric_types;
  static constexpr op_traits traits{.anchor = true, .layouts = layout_rule::row_major};
  bool trans_a = false;
  bool trans_b = false;
  float_bits alpha = constant(1.f);

  /// The operands as matrices: rows, columns, steps between them, and the batch dimensions.
  struct operand {
    index rows = 1, columns = 1;
    index row_step = 0, column_step = 0;
    shape batch{};
  };
  constexpr operand left(tensor_desc const& a) const {
    if (a.rank() == 1) return {1, a[0], 0, 1, {}};
    return stack(a, trans_a);
  }
  constexpr operand right(tensor_desc const& b) const {
    if (b.rank() == 1) return {b[0], 1, 1, 0, {}};
    return stack(b, trans_b);
  }

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    if (in[0].type != in[1].type) return {invalid::types_differ, static_cast<index>(in[0].type), static_cast<index>(in[1].type)};
    for (int i = 0; i < 2; ++i)
      if (in[i].rank() < (i == 0 ? trans_a : trans_b) + 1) return {invalid::rank, (i == 0 ? trans_a : trans_b) + 1, in[i].rank()};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (!is_floating(in[0].type) && alpha.value() != 1.f) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    operand const a = left(in[0]), b = right(in[1]);
    if (a.columns != b.rows) return {invalid::matmul_inner, a.columns, b.rows};
    tensor_desc y{in[0].type, layout::row_major, broadcast(a.batch, b.batch)};
    if (y.extents.rank < 0) return {invalid::broadcast, y.extents.dim[0], y.extents.dim[1]};
    if (in[0].rank() > 1) y.extents.push_back(a.rows);
    if (in[1].rank() > 1) y.extents.push_back(b.columns);
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const { return capped_product(y.size(), left(in[0]).columns); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("trans_a", trans_a);
    f("trans_b", trans_b);
    f("alpha", alpha);
  }
  constexpr bool operator==(matmul_attributes const&) const = default;

 private:
  static constexpr operand stack(tensor_desc const& t, bool transposed) {
    int const r = t.rank();
    operand o{t[r - 2], t[r - 1], t[r - 1], 1, t.extents};
    o.batch.rank = r - 2;
    if (transposed) o = {o.columns, o.rows, o.column_step, o.row_step, o.batch};
    return o;
  }
};
template <matmul_attributes A = matmul_attributes{}>
using matmul = with_attributes<matmul_attributes(A)>;

}  // namespace DSI_NAMESPACE

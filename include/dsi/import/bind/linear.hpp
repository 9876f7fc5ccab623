// SPDX-License-Identifier: MIT
// ONNX MatMul and Gemm: a dense layer when the second operand is constant, else a matmul.
#pragma once

#include <cmath>

#include <dsi/backend/reference/dense.hpp>
#include <dsi/backend/reference/matmul.hpp>
#include <dsi/backend/reference/transpose.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/dense.hpp>
#include <dsi/op/matmul.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/transpose.hpp>

namespace DSI_NAMESPACE::import::detail {

inline int transposed(binding& b, int matrix) { return b.emit(transpose_attributes{shape(1, 0)}, {matrix}); }

/// The product of two values: a dense layer when the second is a constant matrix.
inline int emit_product(binding& b, int x, int w) {
  if (x < 0 || w < 0) return -1;
  tensor_desc const d = b.desc_of(w);
  if (!b.graph().value(w).constant || d.rank() != 2 || b.desc_of(x).rank() < 1 || !is_floating(d.type)) return b.emit(matmul_attributes{}, {x, w});
  dense_attributes a;
  a.out = d[1];
  a.bias = false;
  return b.emit(a, {x, transposed(b, w)});
}
inline void bind_matmul(binding& b) { b.finish(emit_product(b, b.input(0), b.input(1))); }

/// Y = alpha A' B' + beta C. Alpha and beta go into constant weights.
inline void bind_gemm(binding& b) {
  if (b.rank(0) != 2 || b.rank(1) != 2) return b.refuse("its operands must have rank 2", "flatten them first");
  bool const trans_a = b.integer("transA", 0) != 0, trans_b = b.integer("transB", 0) != 0;
  float const alpha = b.real("alpha", 1), beta = b.real("beta", 1);
  dtype const type = b.desc(0).type;
  if (!is_floating(type) && (alpha != std::trunc(alpha) || beta != std::trunc(beta)))
    return b.refuse("alpha or beta is no whole number and its operands are " + std::string(name_of(type)), "put a Cast to a floating-point type before it");
  auto const scaled = [&](int v, float by) { return by == 1 ? v : b.emit(mul{}, {v, b.scalar(type, by)}); };
  index const out = trans_b ? b.desc(1)[0] : b.desc(1)[1];
  int y;
  bool add_c = b.has(2);
  if (b.is_constant(1) && is_floating(type)) {
    int const x = trans_a ? transposed(b, b.input(0)) : b.input(0);
    int const w = scaled(trans_b ? b.input(1) : transposed(b, b.input(1)), alpha);
    dense_attributes a;
    a.out = out;
    // A bias is one value per output; any other C that broadcasts is added behind.
    a.bias = b.is_constant(2) && b.desc(2).size() == out && (b.rank(2) == 1 || (b.rank(2) == 2 && b.desc(2)[1] == out));
    if (a.bias) {
      y = b.emit(a, {x, w, scaled(b.emit(reshape_attributes{shape(out)}, {b.input(2)}), beta)});
      add_c = false;
    } else {
      y = b.emit(a, {x, w});
    }
  } else {
    matmul_attributes a;
    a.trans_a = trans_a;
    a.trans_b = trans_b;
    if (is_floating(type)) a.alpha = bits_of(alpha);
    y = b.emit(a, {b.input(0), b.input(1)});
    if (!is_floating(type)) y = scaled(y, alpha);
  }
  if (add_c) y = b.emit(add{}, {y, scaled(b.input(2), beta)});
  b.finish(y);
}

inline void add_linear(onnx_table& table) {
  table["MatMul"] = {&bind_matmul, 2, 2, {}};
  table["Gemm"] = {&bind_gemm, 2, 3, "alpha beta transA transB"};
}

}  // namespace DSI_NAMESPACE::import::detail

// SPDX-License-Identifier: MIT
// Product of two matrices as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/matmul.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<matmul_attributes> {
  template <class T>
  static void run(matmul_attributes const& op, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const a = op.left(x.in[0].desc), b = op.right(x.in[1].desc);
    shape const batch = broadcast(a.batch, b.batch);
    T* y = x.out[0].data;
    if (x.out[0].size() == 0) return;
    position p;
    do {
      T const* const left = x.in[0].data + matrix(a.batch, p, batch.rank) * a.rows * a.columns;
      T const* const right = x.in[1].data + matrix(b.batch, p, batch.rank) * b.rows * b.columns;
      for (index m = 0; m < a.rows; ++m)
        for (index n = 0; n < b.columns; ++n) {
          A sum(0);
          for (index k = 0; k < a.columns; ++k)
            sum = wrapping_add(sum, wrapping_mul(static_cast<A>(left[m * a.row_step + k * a.column_step]), static_cast<A>(right[k * b.row_step + n * b.column_step])));
          if constexpr (!std::is_integral_v<T>) sum *= static_cast<A>(op.alpha.value());
          *y++ = static_cast<T>(sum);
        }
    } while (next(p, batch));
  }

 private:
  /// The number of an operand's matrix at batch position p of rank `to`.
  static index matrix(shape const& batch, position const& p, int to) {
    index n = 0;
    for (int d = 0; d < batch.rank; ++d) n = n * batch[d] + (batch[d] == 1 ? 0 : p[d + to - batch.rank]);
    return n;
  }
};

}  // namespace DSI_NAMESPACE::reference

// SPDX-License-Identifier: MIT
// Determinants by elimination, as plain loops.
#pragma once

#include <cstring>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/determinant.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<determinant> {
  template <class T>
  static void run(determinant const&, operands<T> const& x) {
    index const n = x.in[0][x.in[0].rank() - 1];
    for (index m = 0; m < x.out[0].size(); ++m) {
      T* const a = x.out[1].data + m * n * n;
      if (n > 0) std::memcpy(a, x.in[0].data + m * n * n, static_cast<std::size_t>(n * n) * sizeof(T));
      x.out[0].data[m] = eliminate(a, n);
    }
  }

 private:
  template <class T>
  static T eliminate(T* a, index n) {
    auto const magnitude = [](T v) { return v < T(0) ? -v : v; };
    T product = T(1);
    for (index c = 0; c < n; ++c) {
      index pivot = c;
      for (index r = c + 1; r < n; ++r)
        if (magnitude(a[r * n + c]) > magnitude(a[pivot * n + c])) pivot = r;
      if (pivot != c) {
        product = -product;
        for (index k = 0; k < n; ++k) {
          T const v = a[c * n + k];
          a[c * n + k] = a[pivot * n + k];
          a[pivot * n + k] = v;
        }
      }
      product *= a[c * n + c];
      if (a[c * n + c] == T(0)) return product;  // the column has no other element; NaN stays NaN
      for (index r = c + 1; r < n; ++r) {
        T const factor = a[r * n + c] / a[c * n + c];
        for (index k = c; k < n; ++k) a[r * n + k] -= factor * a[c * n + k];
      }
    }
    return product;
  }
};

}  // namespace DSI_NAMESPACE::reference

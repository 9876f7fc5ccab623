// SPDX-License-Identifier: MIT
// Convolution with transformed weights as plain loops: the definition of what vectors do faster, and the fallback for such weights.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/kernel/winograd.hpp>
#include <dsi/op/conv.hpp>

namespace DSI_NAMESPACE::reference {

/// Tile by tile and output by output: transforms the tile's inputs, multiplies and sums over channels, transforms back.
template <int M, class T>
void winograd_conv(conv_attributes const& op, operands<T> const& x) {
  using A = accumulator_t<T>;
  constexpr winograd<M> transform;
  constexpr int n = winograd<M>::size;
  auto const& in = x.in[0];
  auto const& w = x.in[1];
  auto const& y = x.out[0];
  panel_shape const panels = winograd_panels(w.desc);
  for (index item = 0; item < y[0]; ++item)
    for (index row = 0; row < y[2]; row += M)
      for (index column = 0; column < y[3]; column += M)
        for (index o = 0; o < y[1]; ++o) {
          A sum[n][n]{};
          for (index c = 0; c < in[1]; ++c)
            for (int i = 0; i < n; ++i)
              for (int j = 0; j < n; ++j) {
                A number = 0;
                for (int k = 0; k < n; ++k)
                  for (int l = 0; l < n; ++l) {
                    index const r = row + k - op.at.pad_begin[0], s = column + l - op.at.pad_begin[1];
                    if (transform.bt[i][k] * transform.bt[j][l] != 0 && r >= 0 && r < in[2] && s >= 0 && s < in[3])
                      number += static_cast<A>(transform.bt[i][k]) * static_cast<A>(transform.bt[j][l]) * static_cast<A>(in(item, c, r, s));
                  }
                sum[i][j] += number * static_cast<A>(w.data[(i * n + j) * panels.size() + panels.offset(0, o, c)]);
              }
          for (int i = 0; i < M && row + i < y[2]; ++i)
            for (int j = 0; j < M && column + j < y[3]; ++j) {
              A result = x.inputs > 2 ? static_cast<A>(x.in[2].data[o]) : A(0);
              for (int k = 0; k < n; ++k)
                for (int l = 0; l < n; ++l) result += static_cast<A>(transform.at[i][k]) * static_cast<A>(transform.at[j][l]) * sum[k][l];
              y(item, o, row + i, column + j) = static_cast<T>(result);
            }
        }
}

}  // namespace DSI_NAMESPACE::reference

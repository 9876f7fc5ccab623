// SPDX-License-Identifier: MIT
// Winograd's minimal filtering F(m x m, 3 x 3): its transforms as matrices, their error growth, and the layers that take it.
#pragma once

#include <dsi/tensor/tensor.hpp>

namespace DSI_NAMESPACE {

/// Outputs along each side of a tile, for layouts of transformed weights; 0 for all other layouts.
constexpr int winograd_tile(layout l) { return l == layout::winograd_4x4 ? 4 : l == layout::winograd_2x2 ? 2 : 0; }

/// F(M, 3) by Toom and Cook: y = at [(g w) * (bt x)], element by element in the brackets, for M outputs y of a window w of 3 that
/// moves over M + 2 inputs x. In two dimensions each transform is applied along both: y = at [(g w g') * (bt x bt')] at'.
/// Points 0, infinity and pairs: +-1, or +-11/16 and +-23/16, which have the least growth among sixteenths (158 in two
/// dimensions, where the usual +-1 and +-2 have 860) and make every number of bt and at exact in float.
template <int M>
struct winograd {
  static_assert(M == 2 || M == 4);
  static constexpr int size = M + 2;
  static constexpr double near_point = M == 2 ? 1 : 11. / 16, far_point = 23. / 16;

  double bt[size][size]{};
  double g[size][3]{};
  double at[M][size]{};

  constexpr winograd() {
    constexpr double point[]{0, near_point, -near_point, far_point, -far_point};
    for (int i = 0; i < size; ++i) {
      bool const finite = i <= M;
      // Row i of bt: the product of (x - q) over all finite points q but the i-th, by powers of x.
      double divisor = 1;
      bt[i][0] = 1;
      for (int q = 0, degree = 0; q <= M; ++q) {
        if (q == i) continue;
        ++degree;
        for (int k = degree; k > 0; --k) bt[i][k] = bt[i][k - 1] - point[q] * bt[i][k];
        bt[i][0] *= -point[q];
        if (finite) divisor *= point[i] - point[q];
      }
      double power = 1;
      for (int k = 0; k < (M > 3 ? M : 3); ++k) {
        if (k < 3) g[i][k] = finite ? power / divisor : k == 2;
        if (k < M) at[k][i] = finite ? power : k == M - 1;
        if (finite) power *= point[i];
      }
    }
  }

  /// How much rounding errors can grow, in two dimensions: with x of magnitude 1 at most, intermediate results whose sum an output
  /// is are at most growth() times sum|w|. The square of the greatest  sum over i, j of |at[y][i]| |g[i][k]| |bt[i][j]|.
  constexpr double growth() const {
    auto const abs = [](double v) { return v < 0 ? -v : v; };
    double most = 0;
    for (int y = 0; y < M; ++y)
      for (int k = 0; k < 3; ++k) {
        double sum = 0;
        for (int i = 0; i < size; ++i)
          for (int j = 0; j < size; ++j) sum += abs(at[y][i]) * abs(g[i][k]) * abs(bt[i][j]);
        if (sum > most) most = sum;
      }
    return most * most;
  }
};
static_assert(winograd<2>().growth() == 16 && winograd<4>().growth() < 159);

/// Weights whose extents and type allow it: [outputs, channels, 3, 3] in float.
constexpr bool can_be_winograd(tensor_desc const& w) { return w.rank() == 4 && w[2] == 3 && w[3] == 3 && w.type == dtype::f32; }

/// The layout of the weights w of a convolution in one group whose 3x3 window moves by single elements, with the output y: panels
/// where direct sums are faster. It does not depend on the batch size (dimension 0 of y), so that one blob serves all.
///
/// Costs are counted in multiply-adds of one lane:
///  - a weight comes from memory in the time of 9 [Zen 4: 4 bytes at 26 GB/s beside 59 G a second], so that fewer outputs or
///    tiles for each weight gain nothing;
///  - transforms cost 5 for each of a tile's numbers and each channel and output [Zen 4: 4.7 to 5.4, 16 to 64 channels].
/// Below 16 channels or outputs vectors are not full. A larger error must gain a tenth.
constexpr layout winograd_layout(tensor_desc const& w, tensor_desc const& y) {
  constexpr double memory = 9, transform = 5;
  if (!can_be_winograd(w) || y.rank() != 4 || w[0] < 16 || w[1] < 16) return layout::panels;
  auto const most = [](double a, double b) { return a < b ? b : a; };
  double const outputs = static_cast<double>(w[0]), channels = static_cast<double>(w[1]);
  double least = 0.9 * 9 * outputs * channels * most(memory, static_cast<double>(y[2]) * static_cast<double>(y[3]));
  layout best = layout::panels;
  for (layout l : {layout::winograd_2x2, layout::winograd_4x4}) {
    index const m = winograd_tile(l);
    double const tiles = static_cast<double>(ceil_div(y[2], m)) * static_cast<double>(ceil_div(y[3], m)), numbers = static_cast<double>((m + 2) * (m + 2));
    double const cost = numbers * (outputs * channels * most(memory, tiles) + transform * tiles * (outputs + channels));
    if (cost < least) {
      least = cost;
      best = l;
    }
  }
  return best;
}

}  // namespace DSI_NAMESPACE

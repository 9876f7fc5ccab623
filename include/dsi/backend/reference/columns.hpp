// SPDX-License-Identifier: MIT
// Images from columns, and columns under moved taps, as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/col2im.hpp>
#include <dsi/op/deform_columns.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<col2im_attributes> {
  template <class T>
  static void run(col2im_attributes const& op, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const& y = x.out[0];
    if (y.size() == 0) return;
    int const spatial = op.image.rank;
    index const taps = op.at.taps();
    shape window;
    for (int s = 0; s < spatial; ++s) window.push_back(op.at.kernel[s]);
    position p;
    do {
      A sum = A(0);
      position tap;
      index t = 0;
      do {
        index column = 0;
        bool met = true;  // some position of the window has this tap here
        for (int s = 0; s < spatial; ++s) {
          index const count = op.at.positions(s, op.image[s]), from = p[2 + s] + op.at.pad_begin[s] - tap[s] * op.at.dilation[s];
          index const which = from / op.at.stride[s];
          met = met && from >= 0 && from % op.at.stride[s] == 0 && which < count;
          column = column * count + which;
        }
        if (met) sum = added(sum, static_cast<A>(x.in[0](p[0], p[1] * taps + t, column)));
        ++t;
      } while (next(tap, window));
      y(p) = static_cast<T>(sum);
    } while (next(p, y.desc.extents));
  }

 private:
  template <class A>
  static A added(A a, A b) {
    if constexpr (std::is_integral_v<A>) return static_cast<A>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    else return a + b;
  }
};

template <>
struct implementation<deform_columns_attributes> {
  template <class T>
  static void run(deform_columns_attributes const& op, operands<T> const& all) {
    using V = compute_t<T>;
    auto const& x = all.in[0];
    auto const& offsets = all.in[1];
    auto const& y = all.out[0];
    if (y.size() == 0) return;
    index const taps = op.at.taps(), wide = offsets[3], channels = x[1] / op.offset_groups;
    position p;  // image, channel and tap, position
    do {
      index const channel = p[1] / taps, tap = p[1] % taps, row = p[2] / wide, column = p[2] % wide;
      index const g = channel / channels * taps + tap;
      index const ky = tap / op.at.kernel[1], kx = tap % op.at.kernel[1];
      V const v = static_cast<V>(row * op.at.stride[0] + ky * op.at.dilation[0] - op.at.pad_begin[0]) + static_cast<V>(offsets(p[0], 2 * g, row, column));
      V const u = static_cast<V>(column * op.at.stride[1] + kx * op.at.dilation[1] - op.at.pad_begin[1]) + static_cast<V>(offsets(p[0], 2 * g + 1, row, column));
      V sum = V(0);
      // Elsewhere nothing of the image is near, and the position may not fit into an index, or be none.
      if (v > V(-1) && v < static_cast<V>(x[2]) && u > V(-1) && u < static_cast<V>(x[3])) {
        index const top = static_cast<index>(v + 1) - 1, left = static_cast<index>(u + 1) - 1;
        V const down = v - static_cast<V>(top), right = u - static_cast<V>(left);
        for (index a = 0; a < 2; ++a)
          for (index b = 0; b < 2; ++b) {
            index const i = top + a, j = left + b;
            if (i < 0 || i >= x[2] || j < 0 || j >= x[3]) continue;
            sum += (a == 1 ? down : V(1) - down) * (b == 1 ? right : V(1) - right) * static_cast<V>(x(p[0], channel, i, j));
          }
      }
      if (all.inputs > 2) sum *= static_cast<V>(all.in[2](p[0], g, row, column));
      y(p) = static_cast<T>(sum);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

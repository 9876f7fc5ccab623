// SPDX-License-Identifier: MIT
// The discrete Fourier transform as plain loops.
#pragma once

#include <dsi/backend/reference/mixed.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/dft.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<dft_attributes> : mixed_implementation<dft_attributes, 2> {
  template <class T, class I>
  static void run_mixed(dft_attributes const& op, mixed_operands<T, I> const& operands) {
    auto const& x = operands.in[0];
    auto const& turn = operands.other_in[0];
    auto const& y = operands.out[0];
    if (y.size() == 0) return;
    int const last = x.rank() - 1, a = static_cast<int>(op.axis_in(x.rank()));
    bool const halved = op.inverse && op.onesided;  // the other half of the spectrum is the conjugate of this one
    index const count = smaller(x[a], halved ? op.bins() : op.length);
    double const sign = op.inverse ? 1 : -1, scale = op.inverse ? 1 / static_cast<double>(op.length) : 1;
    shape signals = y.desc.extents;
    --signals.rank;
    position p;
    do {
      double re = 0, im = 0;
      index const k = p[a];
      index m = 0;  // j * k modulo length
      position from = p;
      for (index j = 0; j < count; ++j) {
        from[a] = j;
        from[last] = 0;
        double const r = convert<double>(x(from));
        from[last] = 1;
        double const i = x[last] == 2 ? convert<double>(x(from)) : 0;
        double const c = turn(m, 0), s = sign * turn(m, 1);
        double const times = halved && j != 0 && 2 * j != op.length ? 2 : 1;
        re += times * (r * c - i * s);
        im += times * (r * s + i * c);
        m += k;
        if (m >= op.length) m -= op.length;
      }
      y(p) = convert<T>(re * scale);
      if (halved) continue;
      position second = p;
      second[last] = 1;
      y(second) = convert<T>(im * scale);
    } while (next(p, signals));
  }
};

}  // namespace DSI_NAMESPACE::reference

// SPDX-License-Identifier: MIT
// Images sampled at positions and in regions as plain loops.
#pragma once

#include <dsi/backend/reference/mixed.hpp>
#include <dsi/backend/reference/pool.hpp>
#include <dsi/op/grid_sample.hpp>
#include <dsi/op/roi_align.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<grid_sample_attributes> : mixed_implementation<grid_sample_attributes, 2> {
  template <class T, class I>
  static void run_mixed(grid_sample_attributes const& op, mixed_operands<T, I> const& operands) {
    using V = compute_t<T>;
    using P = compute_t<I>;
    auto const& x = operands.in[0];
    auto const& grid = operands.other_in[0];
    auto const& y = operands.out[0];
    if (y.size() == 0) return;
    int const spatial = x.rank() - 2;
    shape taps;
    for (int s = 0; s < spatial; ++s) taps.push_back(op.taps());
    position p;
    do {
      index first[max_rank]{};
      V weight[max_rank][4]{};
      bool given = true;
      for (int s = 0; s < spatial; ++s) {
        position which;
        which[0] = p[0];
        for (int d = 0; d < spatial; ++d) which[1 + d] = p[2 + d];
        which[1 + spatial] = spatial - 1 - s;
        P const n = static_cast<P>(grid(which));
        given = given && n == n;
        first[s] = place(op, placed(op, n, x[2 + s]), weight[s]);
      }
      V sum = V(0);
      position tap;
      if (given) {
        do {
          position q = p;
          V w = V(1);
          bool inside = true;
          for (int s = 0; s < spatial; ++s) {
            w *= weight[s][tap[s]];
            q[2 + s] = element(op, first[s] + tap[s], x[2 + s]);
            inside = inside && q[2 + s] >= 0;
          }
          if (inside) sum += op.mode == sample_mode::nearest ? static_cast<V>(x(q)) : w * static_cast<V>(x(q));
        } while (next(tap, taps));
      }
      y(p) = static_cast<T>(sum);
    } while (next(p, y.desc.extents));
  }

 private:
  /// The mirror image of a position between two borders.
  template <class P>
  static P reflected(P v, P low, P high) {
    P const range = high - low;
    if (!(range > 0)) return low;
    P const beyond = v < low ? low - v : v - high;
    if (!(v < low) && !(v > high)) return v;
    P const turns = math::trunc(beyond / range), rest = beyond - turns * range;
    bool const even = math::trunc(turns / 2) * 2 == turns;
    return (v < low) == even ? low + rest : high - rest;
  }
  template <class P>
  static P lowest(grid_sample_attributes const& op) { return op.align_corners ? P(0) : P(-0.5); }

  /// The element, with fractions, that a coordinate of the grid means, after padding; never so far off that no index fits.
  template <class P>
  static P placed(grid_sample_attributes const& op, P n, index extent) {
    P const size = static_cast<P>(extent), low = lowest<P>(op), high = size - 1 - low;
    P v = op.align_corners ? (n + 1) / 2 * (size - 1) : ((n + 1) * size - 1) / 2;
    if (op.mode == sample_mode::nearest) v = math::round_even(v);
    if (v < low || v > high) {
      if (op.padding == sample_padding::border) v = v < 0 ? P(0) : v > size - 1 ? size - 1 : v;
      if (op.padding == sample_padding::reflection) v = reflected(v, low, high);
    }
    P const far = size + 8;
    return !(v > -far) ? -far : v > far ? far : v;
  }
  /// The first element that is read, and the weights.
  template <class P, class V>
  static index place(grid_sample_attributes const& op, P v, V* weight) {
    if (op.mode == sample_mode::nearest) return static_cast<index>(v);
    P const floor = math::floor(v);
    V const x = static_cast<V>(v - floor);
    if (op.mode == sample_mode::linear) {
      weight[0] = 1 - x;
      weight[1] = x;
      return static_cast<index>(floor);
    }
    V const a = V(-0.75);
    auto const inner = [a](V d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    auto const outer = [a](V d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    weight[0] = outer(x + 1);
    weight[1] = inner(x);
    weight[2] = inner(1 - x);
    weight[3] = outer(2 - x);
    return static_cast<index>(floor) - 1;
  }
  /// The element that stands for element i, or -1 for a zero.
  static index element(grid_sample_attributes const& op, index i, index extent) {
    if (i >= 0 && i < extent) return i;
    switch (op.padding) {
      case sample_padding::border: return i < 0 ? 0 : extent - 1;
      case sample_padding::reflection: {
        double const low = lowest<double>(op);
        index const r = static_cast<index>(reflected(static_cast<double>(i), low, static_cast<double>(extent - 1) - low));
        return r < 0 ? 0 : r >= extent ? extent - 1 : r;
      }
      case sample_padding::zeros: break;
    }
    return -1;
  }
};

template <>
struct implementation<roi_align_attributes> : mixed_implementation<roi_align_attributes, 3> {
  template <class T, class I>
  static void run_mixed(roi_align_attributes const& op, mixed_operands<T, I> const& operands) {
    using V = compute_t<T>;
    auto const& x = operands.in[0];
    auto const& regions = operands.in[1];
    auto const& y = operands.out[0];
    if (y.size() == 0) return;
    V const scale = static_cast<V>(op.scale.value()), shift = op.half_pixel ? V(0.5) : V(0);
    position p;  // region, channel, bin
    do {
      auto const corner = [&](index i) { return static_cast<V>(regions(p[0], i)) * scale - shift; };
      V const left = corner(0), top = corner(1);
      V wide = corner(2) - left, high = corner(3) - top;
      if (!op.half_pixel) {  // none is smaller than an element
        wide = wide > V(1) ? wide : V(1);
        high = high > V(1) ? high : V(1);
      }
      V const bin_y = high / static_cast<V>(op.height), bin_x = wide / static_cast<V>(op.width);
      index const rows = op.samples > 0 ? op.samples : samples_in(bin_y), columns = op.samples > 0 ? op.samples : samples_in(bin_x);
      index const image = element_at(operands.other_in[0](p[0]), x[0]);
      V result = V(0);
      bool any = false;
      for (index r = 0; r < rows; ++r)
        for (index c = 0; c < columns; ++c) {
          V const v = top + static_cast<V>(p[2]) * bin_y + (static_cast<V>(r) + V(0.5)) * bin_y / static_cast<V>(rows);
          V const u = left + static_cast<V>(p[3]) * bin_x + (static_cast<V>(c) + V(0.5)) * bin_x / static_cast<V>(columns);
          V const s = sample(op, x, image, p[1], v, u);
          if (!op.greatest) result += s;
          else result = any ? greater_of(result, s) : s;
          any = true;
        }
      if (!op.greatest && any) result /= static_cast<V>(rows * columns);
      y(p) = static_cast<T>(result);
    } while (next(p, y.desc.extents));
  }

 private:
  /// As many samples as a bin has elements; a bound, so that a region of any size ends.
  template <class V>
  static index samples_in(V extent) { return !(extent > 0) ? 0 : extent < V(1 << 20) ? static_cast<index>(math::ceil(extent)) : 1 << 20; }

  template <class T, class V>
  static V sample(roi_align_attributes const& op, view<T const> const& x, index image, index channel, V v, V u) {
    if (!(v >= -1 && v <= static_cast<V>(x[2]) && u >= -1 && u <= static_cast<V>(x[3]))) return V(0);
    index low[2], high[2];
    V part[2]{v > 0 ? v : V(0), u > 0 ? u : V(0)};
    for (int d = 0; d < 2; ++d) {
      low[d] = smaller(static_cast<index>(part[d]), x[2 + d] - 1);
      high[d] = smaller(low[d] + 1, x[2 + d] - 1);
      part[d] = low[d] == x[2 + d] - 1 ? V(0) : part[d] - static_cast<V>(low[d]);
    }
    V const a = (1 - part[0]) * (1 - part[1]) * static_cast<V>(x(image, channel, low[0], low[1]));
    V const b = (1 - part[0]) * part[1] * static_cast<V>(x(image, channel, low[0], high[1]));
    V const c = part[0] * (1 - part[1]) * static_cast<V>(x(image, channel, high[0], low[1]));
    V const d = part[0] * part[1] * static_cast<V>(x(image, channel, high[0], high[1]));
    return op.greatest ? greater_of(greater_of(a, b), greater_of(c, d)) : a + b + c + d;
  }
};

}  // namespace DSI_NAMESPACE::reference

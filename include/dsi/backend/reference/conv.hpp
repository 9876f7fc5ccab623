// SPDX-License-Identifier: MIT
// Convolution as plain loops.
#pragma once

#include <dsi/backend/reference/conv_winograd.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/conv.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<conv_attributes> {
  template <class T>
  static void run(conv_attributes const& op, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const& in = x.in[0];
    auto const& w = x.in[1];
    auto const& y = x.out[0];
    int const spatial = in.rank() - 2;
    index const per_group_in = in[1] / op.groups, per_group_out = y[1] / op.groups;
    shape taps;
    for (int s = 0; s < spatial; ++s) taps.push_back(op.at.kernel[s]);
    if (y.size() == 0) return;
    if constexpr (std::is_floating_point_v<T>) {
      if (w.desc.order == layout::winograd_2x2) return winograd_conv<2>(op, x);
      if (w.desc.order == layout::winograd_4x4) return winograd_conv<4>(op, x);
    }
    position p;
    do {
      index const channel = p[1], group = channel / per_group_out;
      A sum = x.inputs > 2 ? static_cast<A>(x.in[2].data[channel]) : A(0);
      position tap;
      do {
        position q;
        q[0] = p[0];
        bool inside = true;
        for (int s = 0; s < spatial; ++s) {
          q[2 + s] = p[2 + s] * op.at.stride[s] + tap[s] * op.at.dilation[s] - op.at.pad_begin[s];
          inside = inside && q[2 + s] >= 0 && q[2 + s] < in[2 + s];
        }
        if (!inside) continue;
        position k;
        int const lead = op.groups > 1 ? 1 : 0;
        k[0] = group;
        k[lead] = channel - (lead == 1 ? group * per_group_out : 0);
        for (int s = 0; s < spatial; ++s) k[lead + 2 + s] = tap[s];
        for (index c = 0; c < per_group_in; ++c) {
          q[1] = group * per_group_in + c;
          k[lead + 1] = c;
          sum = wrapping_add(sum, wrapping_mul(static_cast<A>(in(q)), static_cast<A>(w(k))));
        }
      } while (next(tap, taps));
      y(p) = static_cast<T>(sum);
    } while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

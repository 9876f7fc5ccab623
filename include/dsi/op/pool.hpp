// SPDX-License-Identifier: MIT
// What max_pool and average_pool share: the extents of a window's positions, with ONNX's ceil_mode.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/window.hpp>

namespace DSI_NAMESPACE {

/// The result of a pooling window over x [N, C, s...]: y [N, C, positions...]. Padding must be smaller than the window's
/// reach, so that no window is all padding (with dilation one may still meet no element).
constexpr inferred infer_pool(window const& at, bool ceil_mode, op_inputs in) {
  if (in.count != 1) return {invalid::input_count, 1, in.count};
  tensor_desc const& x = in[0];
  int const spatial = x.rank() - 2;
  if (spatial < 1 || spatial > max_spatial || !at.slides_over(spatial)) return {invalid::rank, at.dims_needed() + 2, x.rank()};
  if (int const f = at.bad_field(); f != 0) return {invalid::positive, f, 0};
  if (!at.fits(x)) return {invalid::overflow, 0, 0};
  tensor_desc y{x.type, layout::row_major, shape(x[0], x[1])};
  for (int s = 0; s < spatial; ++s) {
    for (index pad : {at.pad_begin[s], at.pad_end[s]})
      if (pad < 0 || pad >= at.reach(s)) return {invalid::pool_padding, pad, at.reach(s)};
    index const n = at.positions(s, x[2 + s], ceil_mode);
    if (n < 1) return {invalid::window, at.reach(s), x[2 + s] + at.pad_begin[s] + at.pad_end[s]};
    y.extents.push_back(n);
  }
  return y;
}

/// The taps of a window that fall on data, along one dimension: those from `first` to before `last` lie inside;
/// `padded` counts the ones that lie inside the data or its padding, but not behind it (a last window under ceil_mode).
struct tap_range {
  index first = 0, last = 1, padded = 1;
  constexpr index count() const { return last - first; }
};
constexpr tap_range taps_inside(window const& at, int s, index position, index extent) {
  index const begin = position * at.stride[s] - at.pad_begin[s];
  index const step = at.dilation[s];
  tap_range r;
  r.first = begin < 0 ? ceil_div(-begin, step) : 0;
  r.last = begin >= extent ? 0 : smaller(at.kernel[s], ceil_div(extent - begin, step));
  r.first = smaller(r.first, r.last);
  r.padded = smaller(at.kernel[s], ceil_div(extent + at.pad_end[s] - begin, step));
  return r;
}

static_assert(taps_inside(window{{3, 1, 1}, {2, 1, 1}, {1, 1, 1}, {1, 0, 0}, {1, 0, 0}}, 0, 0, 5).first == 1);
static_assert(taps_inside(window{{4, 1, 1}, {3, 1, 1}, {1, 1, 1}, {1, 0, 0}, {1, 0, 0}}, 0, 2, 7).padded == 3);
static_assert(taps_inside(window{{2, 1, 1}, {1, 1, 1}, {3, 1, 1}, {1, 0, 0}, {1, 0, 0}}, 0, 0, 2).count() == 0);

}  // namespace DSI_NAMESPACE

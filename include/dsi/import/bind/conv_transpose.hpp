// SPDX-License-Identifier: MIT
// ONNX ConvTranspose as a convolution: elements of the result that lie a stride apart use the same weights, so that one
// convolution computes all of them as channels, and a transpose puts them beside each other.
#pragma once

#include <dsi/backend/reference/slice.hpp>
#include <dsi/import/bind/window.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/pad.hpp>
#include <dsi/op/slice.hpp>
#include <dsi/op/transpose.hpp>

namespace DSI_NAMESPACE::import::detail {

/// One spatial dimension. With o' = o + pad_begin = q * stride + r, result element o is the sum over t of
/// x[q - t] * w[t * stride + r], where w holds zeros between dilated taps and behind the last one.
struct transposed_axis {
  index extent = 1, kernel = 1, stride = 1, dilation = 1, pad_begin = 0, size = 1;
  index taps = 1;          ///< of each of the `stride` convolutions
  index before = 0, after = 0;  ///< padding of the convolution
  index crop = 0;          ///< elements before the first one that is wanted
  index steps = 1;         ///< positions of the convolution
};

/// Extents of the result and what follows from them. False when the node was refused.
inline bool read_transposed(binding& b, int spatial, transposed_axis* axes) {
  auto const values = [&](char const* name, std::size_t count, std::int64_t otherwise) {
    auto v = b.integers(name);
    if (v.empty()) v.assign(count, otherwise);
    if (v.size() != count) b.refuse(std::string(name) + " has " + std::to_string(v.size()) + " values for " + std::to_string(spatial) + " spatial dimensions", "correct the attribute " + std::string(name));
    return v;
  };
  auto const count = static_cast<std::size_t>(spatial);
  auto const strides = values("strides", count, 1), dilations = values("dilations", count, 1), pads = values("pads", 2 * count, 0), more = values("output_padding", count, 0);
  auto shape_wanted = b.integers("output_shape");
  if (shape_wanted.size() == count + 2) shape_wanted.erase(shape_wanted.begin(), shape_wanted.begin() + 2);
  if (!shape_wanted.empty() && shape_wanted.size() != count) b.refuse("output_shape has " + std::to_string(shape_wanted.size()) + " values", "give one for each spatial dimension");
  std::string const automatic = b.text("auto_pad", "NOTSET");
  choice(b, "auto_pad", automatic, {"NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"});
  for (std::size_t s = 0; s < count && !b.refused(); ++s) {
    constexpr index limit = 1 << 20;  // far above any real one, far below where products overflow
    transposed_axis& a = axes[s];
    a.extent = b.desc(0)[static_cast<int>(s) + 2];
    a.kernel = b.desc(1)[static_cast<int>(s) + 2];
    a.stride = strides[s];
    a.dilation = dilations[s];
    for (index v : {a.stride, a.dilation, a.kernel})
      if (v < 1 || v > limit) return b.refuse("kernel, strides and dilations must be positive and sensible", "correct the attributes"), false;
    if (more[s] < 0 || more[s] > limit || pads[s] < -limit || pads[s] > limit || pads[s + count] < -limit || pads[s + count] > limit || a.extent < 1 || a.extent > limit * limit / a.stride / 2)
      return b.refuse("pads, output_padding or an extent are out of all proportion", "correct the attributes"), false;
    index const reach = (a.kernel - 1) * a.dilation + 1, whole = (a.extent - 1) * a.stride + reach + more[s];
    bool const same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    if (same || !shape_wanted.empty()) {
      a.size = shape_wanted.empty() ? a.extent * a.stride : shape_wanted[s];
      index const total = larger(0, whole - a.size);
      a.pad_begin = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    } else {
      a.pad_begin = automatic == "VALID" ? 0 : pads[s];
      a.size = whole - a.pad_begin - (automatic == "VALID" ? 0 : pads[s + count]);
    }
    if (a.size < 1 || a.size > limit * limit) return b.refuse("its result has extent " + std::to_string(a.size), "correct pads, or DIMS"), false;
    // Taps that lie behind the kernel are zeros: they give the elements that only output_padding adds.
    a.taps = ceil_div(larger(reach, a.size + a.pad_begin - (a.extent - 1) * a.stride), a.stride);
    index const first = a.pad_begin >= 0 ? a.pad_begin / a.stride : -ceil_div(-a.pad_begin, a.stride);  // the first q that is wanted
    index const last = (a.pad_begin + a.size - 1) / a.stride;
    a.before = larger(0, a.taps - 1 - first);
    index const begin = a.taps - 1 - a.before;  // the q of the convolution's first position
    a.crop = a.pad_begin - begin * a.stride;
    a.after = larger(0, last - (a.extent - 1));
    a.steps = a.extent + a.before + a.after - a.taps + 1;
  }
  return !b.refused();
}

/// W [In, Out / groups, k...] as the weights of a convolution: [groups, Out / groups * phases, In / groups, taps...].
inline int transposed_weight(binding& b, int spatial, transposed_axis const* axes, index groups, index phases) {
  index const in = b.desc(1)[0], out = b.desc(1)[1];
  int w = b.input(1);
  shape now(in, out);
  for (int s = 0; s < spatial; ++s) now.push_back(axes[s].kernel);
  // Zeros between dilated taps, and behind them up to taps * stride.
  for (int s = 0; s < spatial; ++s) {
    transposed_axis const& a = axes[s];
    if (a.dilation > 1) {
      shape split(now.product(0, 2 + s), now[2 + s], 1, now.product(3 + s, now.rank));
      int const spread = b.emit(pad_attributes{pad_mode::constant, shape(0, 0, 0, 0), shape(0, 0, a.dilation - 1, 0), constant(0.f)}, {b.emit(reshape_attributes{split}, {w})});
      now[2 + s] = a.kernel * a.dilation;
      w = b.emit(reshape_attributes{now}, {spread});
    }
    pad_attributes p{pad_mode::constant, {}, {}, constant(0.f)};
    for (int d = 0; d < now.rank; ++d) {
      p.before.push_back(0);
      p.after.push_back(d == 2 + s ? a.taps * a.stride - now[2 + s] : 0);  // negative where dilation left zeros behind the last tap
    }
    if (p.after[2 + s] != 0) w = b.emit(p, {w});
    now[2 + s] = a.taps * a.stride;
  }
  // [groups, In / groups, Out / groups, taps and strides...], the taps backwards.
  shape apart(groups, in / groups, out);
  slice_attributes back{shape(0, 0, 0), shape(1, 1, 1), shape(groups, in / groups, out)};
  shape order(0, 2);  // groups, outputs, then the strides, inputs, taps
  shape taps_at, result(groups, out * phases, in / groups);
  for (int s = 0; s < spatial; ++s) {
    taps_at.push_back(apart.rank);
    apart.push_back(axes[s].taps);
    back.start.push_back(axes[s].taps - 1);
    back.step.push_back(-1);
    back.size.push_back(axes[s].taps);
    result.push_back(axes[s].taps);
    if (axes[s].stride == 1) continue;
    order.push_back(apart.rank);
    apart.push_back(axes[s].stride);
    back.start.push_back(0);
    back.step.push_back(1);
    back.size.push_back(axes[s].stride);
  }
  order.push_back(1);
  for (int s = 0; s < spatial; ++s) order.push_back(taps_at[s]);
  if (apart.rank < 0 || apart.rank > max_rank) return b.refuse("its strides need more than 8 dimensions", "use stride 1 in one dimension"), -1;
  w = b.emit(transpose_attributes{order}, {b.emit(back, {b.emit(reshape_attributes{apart}, {w})})});
  if (groups == 1) {
    shape plain(out * phases);
    for (int d = 2; d < result.rank; ++d) plain.push_back(result[d]);
    result = plain;
  }
  return b.emit(reshape_attributes{result}, {w});
}

inline void bind_conv_transpose(binding& b) {
  int const spatial = spatial_dimensions(b);
  if (spatial == 0) return;
  if (b.rank(1) != spatial + 2) return b.refuse("its weight has rank " + std::to_string(b.rank(1)) + " and its input rank " + std::to_string(b.rank(0)), "export the model again");
  auto const kernel = b.integers("kernel_shape");
  for (std::size_t s = 0; s < kernel.size(); ++s)
    if (kernel.size() != static_cast<std::size_t>(spatial) || kernel[s] != b.desc(1)[static_cast<int>(s) + 2])
      return b.refuse("kernel_shape says another window than its weight has", "correct the attribute kernel_shape, or leave it out");
  index const groups = b.integer("group", 1), channels = b.desc(0)[1];
  if (groups < 1 || channels % groups != 0 || b.desc(1)[0] != channels) return b.refuse("its weight or group does not fit the " + std::to_string(channels) + " input channels", "correct the attribute group");
  transposed_axis axes[max_spatial];
  if (!read_transposed(b, spatial, axes)) return;
  index phases = 1;
  for (int s = 0; s < spatial; ++s) phases *= axes[s].stride;
  index const batch = b.desc(0)[0], outputs = b.desc(1)[1] * groups;

  conv_attributes a;
  a.at.dims = spatial;
  a.groups = groups;
  a.out = outputs * phases;
  a.bias = b.has(2);
  for (int s = 0; s < spatial; ++s) {
    a.at.kernel[s] = axes[s].taps;
    a.at.pad_begin[s] = axes[s].before;
    a.at.pad_end[s] = axes[s].after;
  }
  int const w = transposed_weight(b, spatial, axes, groups, phases);
  int y;
  if (a.bias) {
    int bias = b.input(2);
    if (phases > 1) bias = b.emit(reshape_attributes{shape(outputs * phases)}, {b.emit(expand_attributes{shape(outputs, phases)}, {b.emit(reshape_attributes{shape(outputs, 1)}, {bias})})});
    y = b.emit(a, {b.input(0), w, bias});
  } else {
    y = b.emit(a, {b.input(0), w});
  }
  if (b.refused()) return;

  // [N, Out, strides..., steps...] -> [N, Out, steps and strides in turn...]
  shape whole(batch, outputs), wanted(batch, outputs), start(0, 0), step(1, 1);
  bool crop = false;
  for (int s = 0; s < spatial; ++s) {
    whole.push_back(axes[s].steps * axes[s].stride);
    wanted.push_back(axes[s].size);
    start.push_back(axes[s].crop);
    step.push_back(1);
    crop = crop || axes[s].crop != 0 || axes[s].size != whole[s + 2];
  }
  if (phases > 1) {
    shape apart(batch, outputs), order(0, 1);
    for (int s = 0; s < spatial; ++s)
      if (axes[s].stride > 1) apart.push_back(axes[s].stride);
    int const first_step = apart.rank;
    for (int s = 0, at = 2; s < spatial; ++s) {
      apart.push_back(axes[s].steps);
      order.push_back(first_step + s);
      if (axes[s].stride > 1) order.push_back(at++);
    }
    y = b.emit(reshape_attributes{whole}, {b.emit(transpose_attributes{order}, {b.emit(reshape_attributes{apart}, {y})})});
  }
  if (crop) y = b.emit(slice_attributes{start, step, wanted}, {y});
  b.finish(y);
}

inline void add_conv_transpose(onnx_table& table) {
  table["ConvTranspose"] = {&bind_conv_transpose, 2, 3, "auto_pad dilations group kernel_shape output_padding output_shape pads strides"};
}

}  // namespace DSI_NAMESPACE::import::detail

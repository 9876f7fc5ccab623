// SPDX-License-Identifier: MIT
// Convolution over one to three spatial dimensions, with groups.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/window.hpp>

namespace DSI_NAMESPACE {

/// Convolution (cross-correlation, as ONNX Conv).
/// Shape    x [N, In, s...], W [Out, In, k...], or [groups, Out/groups, In/groups, k...] when groups > 1, b [Out]
///          -> y [N, Out, positions...]; positions = (s + pads - (k-1)*dilation - 1) / stride + 1
/// Padding  zeros, never negative
/// Types    float, half, bfloat16, double, int32 (products and sums wrap; plain loops): one for x, W and b
/// Error    float: |y - exact| <= g (sum|w x| + |b|), g = (K+1)u / (1-(K+1)u), K = In/groups * taps  (Higham, ASNA 2e, 3.1);
///          with plan_options::winograd larger where that is used, see backend/simd/conv_winograd.hpp
/// Fuses    any elementwise expression; folds batch_norm
struct conv_attributes {
  static constexpr std::string_view name = "conv";
  static constexpr dtype_set types = float_types | set_of(dtype::i32);
  static constexpr bool is_convolution = true;  ///< the trailing dimensions of a weight are the window's
  window at{};
  index groups = 1;
  index out = 0;      ///< output channels; 0 only with a weight of your own: a pipeline creates one from it
  bool bias = true;

  constexpr op_traits traits_for(op_inputs in) const {
    // With few channels a strip of a row_major image is as good a source, and saves a pass over the image.
    bool const few = groups == 1 && in.count > 0 && in[0].rank() >= 3 && in[0][1] <= 4;
    return {.anchor = true,
            .foldable = true,
            .layouts = few ? layout_rule::channels_last_out : layout_rule::channels_last,
            .weight = weight_role::convolution,
            .rows = in.count > 0 && in[0].rank() == 4 ? row_window{at.kernel[0], at.stride[0], at.dilation[0], at.pad_begin[0], at.pad_end[0]} : row_window{},
            .winograd = groups == 1 && in.count > 0 && in[0].rank() == 4 && at.kernel[0] == 3 && at.kernel[1] == 3 && at.stride[0] == 1 &&
                        at.stride[1] == 1 && at.dilation[0] == 1 && at.dilation[1] == 1};
  }
  constexpr conv_attributes without_row_padding() const {
    conv_attributes c = *this;
    c.at.pad_begin[0] = c.at.pad_end[0] = 0;
    return c;
  }
  constexpr inferred infer(op_inputs in) const {
    if (in.count < 1) return {invalid::input_count, bias ? 3 : 2, in.count};
    tensor_desc const& x = in[0];
    int const spatial = x.rank() - 2;
    if (spatial < 1 || spatial > max_spatial || !at.slides_over(spatial)) return {invalid::rank, at.dims_needed() + 2, x.rank()};
    if (in.count < 2 || in.count > 3) return {invalid::input_count, bias ? 3 : 2, in.count};
    for (int i = 1; i < in.count; ++i)
      if (in[i].type != x.type) return {invalid::types_differ, static_cast<index>(x.type), static_cast<index>(in[i].type)};
    tensor_desc const& w = in[1];
    int const lead = groups > 1 ? 1 : 0;
    if (w.rank() != x.rank() + lead) return {invalid::rank, x.rank() + lead, w.rank()};
    if (int const f = at.bad_field(); f != 0) return {invalid::positive, f, 0};
    if (!at.fits(x)) return {invalid::overflow, 0, 0};
    for (int s = 0; s < spatial; ++s) {
      if (at.pad_begin[s] < 0) return {invalid::conv_padding, s, at.pad_begin[s]};
      if (at.pad_end[s] < 0) return {invalid::conv_padding, spatial + s, at.pad_end[s]};
    }
    if (groups > 1 && out % groups != 0) return {invalid::conv_groups, out, groups};
    if (groups < 1 || x[1] % groups != 0 || (lead == 1 && w[0] != groups)) return {invalid::conv_groups, x[1], groups};
    if (w[lead + 1] != x[1] / groups) return {invalid::conv_channels, w[lead + 1], x[1] / groups};
    index const channels = checked_product(w[lead], groups);
    if (channels < 1) return {invalid::outputs_missing, out, channels};
    if (out != 0 && out != channels) return {invalid::outputs_differ, out, channels};
    if (in.count == 3 && in[2].size() != channels) return {invalid::bias_extent, channels, in[2].size()};
    tensor_desc y{x.type, layout::row_major, shape(x[0], channels)};
    for (int s = 0; s < spatial; ++s) {
      if (w[lead + 2 + s] != at.kernel[s]) return {invalid::window, at.kernel[s], w[lead + 2 + s]};
      index const n = at.positions(s, x[2 + s]);
      if (n < 1) return {invalid::window, at.reach(s), x[2 + s] + at.pad_begin[s] + at.pad_end[s]};
      y.extents.push_back(n);
    }
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const { return capped_product(capped_product(y.size(), at.taps()), in[0][1] / groups); }
  constexpr parameter_list parameters(op_inputs in) const {
    parameter_list p;
    if (in[0].rank() < 3 || groups < 1) return p;
    shape w;
    if (groups > 1) w.push_back(groups);
    w.push_back(out / groups);
    w.push_back(in[0][1] / groups);
    for (int s = 0; s < in[0].rank() - 2 && s < max_spatial; ++s) w.push_back(at.kernel[s]);
    p.push_back("weight", {in[0].type, layout::row_major, w});
    if (bias) p.push_back("bias", {in[0].type, layout::row_major, shape(out)});
    return p;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("groups", groups);
    f("out", out);
    f("bias", bias);
  }
  constexpr bool operator==(conv_attributes const&) const = default;
};
template <conv_attributes A>
using conv = with_attributes<conv_attributes(A)>;

/// Attributes of conv2d as users type them: conv2d<{.out = 32, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>.
struct conv2d_attributes {
  index out = 0;
  index kernel[2]{1, 1};
  index stride[2]{1, 1};
  index dilation[2]{1, 1};
  index pad[4]{};  ///< top, left, bottom, right
  index groups = 1;
  bool bias = true;
};
template <conv2d_attributes A>
using conv2d = conv<conv_attributes{
    .at = window2d{{A.kernel[0], A.kernel[1]}, {A.stride[0], A.stride[1]}, {A.dilation[0], A.dilation[1]}, {A.pad[0], A.pad[1], A.pad[2], A.pad[3]}},
    .groups = A.groups,
    .out = A.out,
    .bias = A.bias}>;

/// Attributes of conv1d: conv1d<{.out = 16, .kernel = 3, .dilation = 4, .pad = {8, 0}}>.
struct conv1d_attributes {
  index out = 0;
  index kernel = 1;
  index stride = 1;
  index dilation = 1;
  index pad[2]{};  ///< before, after
  index groups = 1;
  bool bias = true;
};
template <conv1d_attributes A>
using conv1d = conv<conv_attributes{
    .at = window{{A.kernel, 1, 1}, {A.stride, 1, 1}, {A.dilation, 1, 1}, {A.pad[0], 0, 0}, {A.pad[1], 0, 0}, 1},
    .groups = A.groups,
    .out = A.out,
    .bias = A.bias}>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// ONNX operators that sample images or slide windows in other ways than Conv: AffineGrid, GridSample, RoiAlign, DeformConv, Col2Im,
// LpPool, CausalConvWithState.
#pragma once

#include <algorithm>

#include <dsi/backend/reference/columns.hpp>
#include <dsi/backend/reference/matmul.hpp>
#include <dsi/backend/reference/max_pool_indices.hpp>
#include <dsi/backend/reference/sampling.hpp>
#include <dsi/import/bind/scatter.hpp>
#include <dsi/import/bind/window.hpp>
#include <dsi/op/col2im.hpp>
#include <dsi/op/deform_columns.hpp>
#include <dsi/op/grid_sample.hpp>
#include <dsi/op/lp_pool.hpp>
#include <dsi/op/matmul.hpp>
#include <dsi/op/roi_align.hpp>
#include <dsi/op/silu.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Positions of the result's elements, with a 1 behind them, as a constant; the product with theta moves them.
inline void bind_affine_grid(binding& b) {
  auto const size = b.constant_integers(1, "size");
  if (b.refused()) return;
  if (size.size() != 4 && size.size() != 5) return b.refuse("size has " + std::to_string(size.size()) + " values", "give N, C and two or three spatial extents");
  auto const spatial = static_cast<index>(size.size()) - 2;
  if (b.rank(0) != 3 || b.desc(0)[0] != size[0] || b.desc(0)[1] != spatial || b.desc(0)[2] != spatial + 1)
    return b.refuse("theta does not fit size", "theta must be [N, 2, 3], or [N, 3, 4] for three spatial dimensions");
  bool const corners = b.integer("align_corners", 0) != 0;
  std::vector<index> to(size.begin() + 2, size.end());
  index const count = elements_of(to);
  if (count < 0) return b.refuse("size has negative extents or too large ones", "correct it");
  if (!b.may_make(dtype::f64, {count, spatial + 1})) return;
  std::vector<double> v(static_cast<std::size_t>(count * (spatial + 1)));
  for (index i = 0; i < count; ++i) {
    index rest = i;
    for (index d = 0; d < spatial; ++d) {  // the last dimension's coordinate is the first
      index const extent = to[static_cast<std::size_t>(spatial - 1 - d)], k = rest % extent;
      rest /= extent;
      auto const x = static_cast<double>(k), n = static_cast<double>(extent);
      v[static_cast<std::size_t>(i * (spatial + 1) + d)] = corners ? (extent == 1 ? -1 : 2 * x / (n - 1) - 1) : (2 * x + 1) / n - 1;
    }
    v[static_cast<std::size_t>(i * (spatial + 1) + spatial)] = 1;
  }
  int const places = b.constant(converted(make_tensor<double>({}, {count, spatial + 1}, v), b.desc(0).type));
  matmul_attributes product;
  product.trans_b = true;
  to.insert(to.begin(), size[0]);
  to.push_back(spatial);
  b.finish(reshaped(b, b.emit(product, {places, b.input(0)}), to));
}

/// Before opset 20 linear and cubic are called bilinear and bicubic. Integers go by way of double.
inline void bind_grid_sample(binding& b) {
  grid_sample_attributes a;
  std::string const mode = b.text("mode", "linear");
  a.mode = static_cast<sample_mode>(choice(b, "mode", mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode, {"nearest", "linear", "cubic"}));
  a.padding = static_cast<sample_padding>(choice(b, "padding_mode", b.text("padding_mode", "zeros"), {"zeros", "border", "reflection"}));
  a.align_corners = b.integer("align_corners", 0) != 0;
  dtype const type = b.desc(0).type;
  int const x = is_floating(type) ? b.input(0) : b.cast_to(b.input(0), dtype::f64);
  b.finish(b.cast_to(b.emit(a, {x, b.input(1)}), type));
}

inline void bind_roi_align(binding& b) {
  roi_align_attributes a;
  a.greatest = choice(b, "mode", b.text("mode", "avg"), {"avg", "max"}) == 1;
  a.half_pixel = choice(b, "coordinate_transformation_mode", b.text("coordinate_transformation_mode", b.opset() < 16 ? "output_half_pixel" : "half_pixel"), {"output_half_pixel", "half_pixel"}) == 1;
  a.height = b.integer("output_height", 1);
  a.width = b.integer("output_width", 1);
  a.samples = b.integer("sampling_ratio", 0);
  a.scale = bits_of(b.real("spatial_scale", 1));
  for (index v : {a.height, a.width, a.samples})
    if (v < 0 || v > (1 << 24)) return b.refuse("output_height, output_width or sampling_ratio is negative or absurdly large", "correct the attributes");
  b.finish(b.emit(a, {b.input(0), b.input(1), b.input(2)}));
}

/// The columns under the moved taps, times the weights.
inline void bind_deform_conv(binding& b) {
  if (b.rank(0) != 4 || b.rank(1) != 4) return b.refuse("its input has rank " + std::to_string(b.rank(0)), "dsi has deformable convolutions over two spatial dimensions");
  deform_columns_attributes a;
  for (int s = 0; s < 2; ++s) a.at.kernel[s] = b.desc(1)[2 + s];
  auto const kernel = b.integers("kernel_shape");
  if (!kernel.empty() && !std::equal(kernel.begin(), kernel.end(), a.at.kernel, a.at.kernel + 2)) return b.refuse("kernel_shape says another window than its weight has", "correct the attribute kernel_shape, or leave it out");
  if (!read_window(b, a.at, 2)) return;
  a.offset_groups = b.integer("offset_group", 1);
  index const groups = b.integer("group", 1), out = b.desc(1)[0], taps = a.at.taps();
  if (groups < 1 || out % groups != 0 || b.desc(0)[1] != groups * b.desc(1)[1]) return b.refuse("group " + std::to_string(groups) + " does not fit its channels", "correct the attribute group");
  int const columns = b.has(4) ? b.emit(a, {b.input(0), b.input(2), b.input(4)}) : b.emit(a, {b.input(0), b.input(2)});
  if (columns < 0) return;
  index const inner = b.desc(1)[1] * taps, positions = b.desc_of(columns)[2], n = b.desc(0)[0];
  int const w = reshaped(b, b.input(1), {groups, out / groups, inner});
  int const product = b.emit(matmul_attributes{}, {w, reshaped(b, columns, {n, groups, inner, positions})});
  int y = reshaped(b, product, {n, out, b.desc(2)[2], b.desc(2)[3]});
  if (b.has(3)) {
    if (b.desc(3).size() != out) return b.refuse("its bias has " + std::to_string(b.desc(3).size()) + " elements for " + std::to_string(out) + " channels", "export the model again");
    y = b.emit(add{}, {y, reshaped(b, b.input(3), {out, 1, 1})});
  }
  b.finish(y);
}

inline void bind_col2im(binding& b) {
  auto const image = b.constant_integers(1, "image_shape"), kernel = b.constant_integers(2, "block_shape");
  if (b.refused()) return;
  if (image.empty() || image.size() > static_cast<std::size_t>(max_spatial) || kernel.size() != image.size())
    return b.refuse("image_shape has " + std::to_string(image.size()) + " values and block_shape " + std::to_string(kernel.size()), "dsi slides windows over one to three spatial dimensions");
  col2im_attributes a;
  for (std::size_t s = 0; s < image.size(); ++s) {
    a.image.push_back(image[s]);
    a.at.kernel[s] = kernel[s];
  }
  if (read_window(b, a.at, a.image.rank)) b.finish(b.emit(a, {b.input(0)}));
}

inline void bind_lp_pool(binding& b) {
  lp_pool_attributes a;
  a.p = b.integer("p", 2);
  if (read_pool(b, a)) b.finish(b.emit(a, {b.input(0)}));
}

/// A depthwise convolution over what came before and the input; the state is the end of both.
inline void bind_causal_conv(binding& b) {
  bool const silu_behind = choice(b, "activation", b.text("activation", "none"), {"none", "silu", "swish"}) > 0;
  if (b.refused()) return;
  if (b.rank(0) != 3 || b.rank(1) != 3) return b.refuse("its input has rank " + std::to_string(b.rank(0)) + " and its weight rank " + std::to_string(b.rank(1)), "both must have rank 3");
  shape const x = b.desc(0).extents;
  index const channels = x[1], k = b.desc(1)[2], before = k - 1;
  if (k < 1 || k > (1 << 24) || b.desc(1)[0] != channels || b.desc(1)[1] != 1) return b.refuse("its weight does not fit " + std::to_string(channels) + " channels", "it must be [channels, 1, k]");
  if (b.has(3) && b.desc(3).extents != shape(x[0], channels, before)) return b.refuse("its past_state does not fit", "it must be [batch, channels, k - 1]");
  conv_attributes a;
  a.at.kernel[0] = k;
  a.groups = channels;
  a.out = channels;
  a.bias = b.has(2);
  int all = b.input(0);
  if (b.has(3) && before > 0) all = b.emit(concat_attributes{2}, {b.input(3), all});
  else a.at.pad_begin[0] = before;
  int const w = channels > 1 ? reshaped(b, b.input(1), {channels, 1, 1, k}) : b.input(1);
  int const y = a.bias ? b.emit(a, {all, w, b.input(2)}) : b.emit(a, {all, w});
  b.finish(silu_behind ? b.emit(silu{}, {y}) : y);
  if (!b.wants_output(1) || b.refused()) return;
  if (before == 0) return b.finish(1, b.constant(blank(b.desc(0).type, {x[0], channels, 0})));
  // A short input without a past has zeros before it; a long one is cut.
  index const length = b.desc_of(all)[2];
  pad_attributes last{pad_mode::constant, shape(0, 0, before - length), shape(0, 0, 0)};
  b.finish(1, length == before ? all : b.emit(last, {all}));
}

inline void add_sampling(onnx_table& table) {
  table["AffineGrid"] = {&bind_affine_grid, 2, 2, "align_corners"};
  table["GridSample"] = {&bind_grid_sample, 2, 2, "align_corners mode padding_mode"};
  table["RoiAlign"] = {&bind_roi_align, 3, 3, "coordinate_transformation_mode mode output_height output_width sampling_ratio spatial_scale"};
  table["DeformConv"] = {&bind_deform_conv, 3, 5, "dilations group kernel_shape offset_group pads strides"};
  table["Col2Im"] = {&bind_col2im, 3, 3, "dilations pads strides"};
  table["LpPool"] = {&bind_lp_pool, 1, 1, "auto_pad ceil_mode dilations kernel_shape p pads strides"};
  table["CausalConvWithState"] = {&bind_causal_conv, 2, 4, "activation"};
}

}  // namespace DSI_NAMESPACE::import::detail

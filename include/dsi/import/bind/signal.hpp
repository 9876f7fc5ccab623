// SPDX-License-Identifier: MIT
// ONNX operators for signals: DFT, STFT, and the tables that they are used with, which are constants.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include <dsi/backend/reference/dft.hpp>
#include <dsi/backend/reference/gather.hpp>
#include <dsi/import/bind/scatter.hpp>
#include <dsi/op/dft.hpp>
#include <dsi/op/gather.hpp>
#include <dsi/op/mul.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Cosine and sine of 2 pi m / n; exact where they are 0 or 1.
inline int turns(binding& b, index n) {
  if (!b.may_make(dtype::f64, {n, 2})) return -1;
  std::vector<double> v(static_cast<std::size_t>(2 * n));
  for (index m = 0; m < n; ++m) {
    double const angle = 2 * std::numbers::pi * static_cast<double>(m) / static_cast<double>(n);
    auto const at = static_cast<std::size_t>(2 * m);
    v[at] = 4 * m == n || 4 * m == 3 * n ? 0 : std::cos(angle);
    v[at + 1] = m == 0 || 2 * m == n ? 0 : std::sin(angle);
  }
  return b.constant(make_tensor<double>({}, {n, 2}, v));
}
inline int emit_dft(binding& b, dft_attributes const& a, int x) {
  if (a.length < 1 || a.length > (index{1} << 32)) {
    b.refuse("has the length " + std::to_string(a.length), "correct dft_length, or DIMS");
    return -1;
  }
  return b.emit(a, {x, turns(b, a.length)});
}

/// Since opset 20 the axis is an input.
inline void bind_dft(binding& b) {
  int const rank = b.rank(0);
  dft_attributes a;
  a.inverse = b.integer("inverse", 0) != 0;
  a.onesided = b.integer("onesided", 0) != 0;
  double const axis = b.opset() < 20 ? static_cast<double>(b.integer("axis", 1)) : b.constant_number(2, -2, "axis");
  if (b.refused()) return;
  a.axis = b.axis(static_cast<std::int64_t>(std::clamp(axis, -1e6, 1e6)), rank);
  if (b.refused()) return;
  if (rank < 2 || a.axis == rank - 1) return b.refuse("its axis is the last dimension, which holds a number's parts", "choose another axis");
  index const extent = b.desc(0)[static_cast<int>(a.axis)];
  double const length = b.constant_number(1, static_cast<double>(a.inverse && a.onesided ? 2 * (extent - 1) : extent), "dft_length");
  if (b.refused()) return;
  a.length = static_cast<index>(std::clamp(length, -1., 1e15));
  b.finish(emit_dft(b, a, b.input(0)));
}

/// Frames are chosen by constant indices, weighted, and transformed together.
inline void bind_stft(binding& b) {
  if (b.rank(0) != 3) return b.refuse("its signal has rank " + std::to_string(b.rank(0)), "it must be [batch, length, 1 or 2]");
  index const extent = b.desc(0)[1];
  auto const step = static_cast<index>(std::clamp(b.constant_number(1, 1, "frame_step"), -1., 1e15));
  if (b.has(2) && (b.rank(2) != 1 || b.desc(2).type != b.desc(0).type)) return b.refuse("its window is no list of the signal's type", "export the model again");
  index const usual = b.has(2) ? b.desc(2)[0] : extent;
  auto const length = static_cast<index>(std::clamp(b.constant_number(3, static_cast<double>(usual), "frame_length"), -1., 1e15));
  if (b.refused()) return;
  if (step < 1) return b.refuse("frame_step is " + std::to_string(step), "use a step of at least 1");
  if (length < 1 || length > extent) return b.refuse("frames of " + std::to_string(length) + " do not fit into a signal of " + std::to_string(extent), "correct frame_length, or DIMS");
  if (b.has(2) && b.desc(2)[0] != length) return b.refuse("its window has " + std::to_string(b.desc(2)[0]) + " elements and its frames " + std::to_string(length), "use a window as long as a frame");
  index const frames = 1 + (extent - length) / step;
  if (!b.may_make(dtype::i64, {frames, length})) return;
  int const places = b.emit(add{}, {counting(b, {frames, 1}, step), counting(b, {1, length})});
  int x = b.emit(gather_attributes{1}, {b.input(0), places});
  if (b.has(2)) x = b.emit(mul{}, {x, reshaped(b, b.input(2), {length, 1})});
  dft_attributes a;
  a.axis = 2;
  a.length = length;
  a.onesided = b.integer("onesided", 1) != 0;
  b.finish(emit_dft(b, a, x));
}

/// A table in double as a constant of the type that the node asks for.
inline void finish_table(binding& b, onnx_tensor const& table) {
  auto const type = dtype_of_onnx(b.integer("output_datatype", 1));
  if (!type) return b.refuse("its output_datatype (" + std::to_string(b.integer("output_datatype", 1)) + ") is not supported", "use float, double, float16, bfloat16 or an integer");
  if (b.may_make(*type, table.dims)) b.finish(b.constant(converted(table, *type)));
}

/// a + c1 cos(2 pi i / n) + c2 cos(4 pi i / n), i < size, with n = size or, when it is not periodic, size - 1.
inline void bind_window(binding& b) {
  double const given = b.constant_number(0, 0, "size");
  if (b.refused()) return;
  if (!(given >= 0 && given < 1e12)) return b.refuse("size is " + std::to_string(given), "correct it");
  auto const size = static_cast<index>(given);
  if (!b.may_make(dtype::f64, {size})) return;
  double const n = static_cast<double>(larger(1, b.integer("periodic", 1) != 0 ? size : size - 1));
  double const hamming = 25. / 46;
  double const a = b.type() == "HannWindow" ? 0.5 : b.type() == "HammingWindow" ? hamming : 0.42;
  double const c1 = b.type() == "HammingWindow" ? hamming - 1 : -0.5, c2 = b.type() == "BlackmanWindow" ? 0.08 : 0;
  std::vector<double> v(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < v.size(); ++i) {
    double const angle = 2 * std::numbers::pi * static_cast<double>(i) / n;
    v[i] = a + c1 * std::cos(angle) + c2 * std::cos(2 * angle);
  }
  finish_table(b, make_tensor<double>({}, {size}, v));
}

/// Triangles over the bins of a spectrum, whose corners are equally far apart in mels.
inline void bind_mel_weights(binding& b) {
  char const* const names[]{"num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz", "upper_edge_hertz"};
  double v[5];
  for (int i = 0; i < 5; ++i) v[i] = b.constant_number(i, 0, names[i]);
  if (b.refused()) return;
  if (!(v[0] >= 1 && v[0] < 1e9 && v[1] >= 1 && v[1] < 1e9 && v[2] > 0 && v[3] >= 0 && v[4] >= v[3]))
    return b.refuse("its sizes or frequencies are not positive, or not in order", "correct its inputs");
  auto const mels = static_cast<index>(v[0]), bins = static_cast<index>(v[1]) / 2 + 1;
  auto const mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  double const low = mel(v[3]), step = (mel(v[4]) - low) / static_cast<double>(mels + 2);
  if (!b.may_make(dtype::f64, {bins, mels})) return;
  auto const corner = [&](index i) {
    double const hertz = 700 * (std::pow(10., (static_cast<double>(i) * step + low) / 2595) - 1);
    return static_cast<index>(std::clamp(std::floor((v[1] + 1) * hertz / v[2]), 0., 1e12));
  };
  if (corner(mels + 1) > bins) return b.refuse("upper_edge_hertz is beyond half the sample_rate", "correct its inputs");
  std::vector<double> w(static_cast<std::size_t>(bins * mels));
  for (index i = 0; i < mels; ++i) {
    index const left = corner(i), top = corner(i + 1), right = corner(i + 2);
    auto const put = [&](index bin, double weight) {
      if (bin < bins) w[static_cast<std::size_t>(bin * mels + i)] = weight;
    };
    if (left == top) put(top, 1);
    for (index j = left; j <= top && left != top; ++j) put(j, static_cast<double>(j - left) / static_cast<double>(top - left));
    for (index j = top; j < right; ++j) put(j, static_cast<double>(right - j) / static_cast<double>(right - top));
  }
  finish_table(b, make_tensor<double>({}, {bins, mels}, w));
}

inline void add_signals(onnx_table& table) {
  table["DFT"] = {&bind_dft, 1, 3, "axis inverse onesided"};
  table["STFT"] = {&bind_stft, 2, 4, "onesided"};
  table["HannWindow"] = {&bind_window, 1, 1, "output_datatype periodic"};
  table["HammingWindow"] = {&bind_window, 1, 1, "output_datatype periodic"};
  table["BlackmanWindow"] = {&bind_window, 1, 1, "output_datatype periodic"};
  table["MelWeightMatrix"] = {&bind_mel_weights, 5, 5, "output_datatype"};
}

}  // namespace DSI_NAMESPACE::import::detail

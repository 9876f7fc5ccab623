// SPDX-License-Identifier: MIT
// The discrete Fourier transform along one axis.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// y[k] = sum over j of x[j] * exp(-2 pi i j k / length), or with `inverse` its inverse, exp(+...) and divided by length. The
/// last dimension holds a number's real part, or real and imaginary part. The signal is cut, or filled up with zeros, to length.
/// Input 1  double [length, 2]: cosine and sine of 2 pi m / length
/// Shape    x [..., n, ..., 1 or 2] -> y [..., length, ..., 2]; one-sided: the first length / 2 + 1 values alone, and the
///          inverse reads as many and gives the real signal, y [..., length, ..., 1]
/// Types    floats; sums in double. Work: length * n for each signal.
/// ONNX     DFT, STFT
struct dft_attributes {
  static constexpr std::string_view name = "dft";
  static constexpr dtype_set types = float_types;
  static constexpr unsigned other_inputs = 0b10;
  static constexpr unsigned other_outputs = 0;
  static constexpr dtype_set other_types = set_of(dtype::f64);
  static constexpr op_traits traits{};
  index axis = 0;    ///< not the last one
  index length = 1;
  bool inverse = false;
  bool onesided = false;

  constexpr index axis_in(int rank) const { return axis < 0 ? axis + rank : axis; }
  /// Values of a spectrum that are given or read.
  constexpr index bins() const { return onesided ? length / 2 + 1 : length; }
  constexpr bool keeps_float(int input) const { return input == 1; }

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 2) return {invalid::input_count, 2, in.count};
    if (!contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (in[1].type != dtype::f64) return {invalid::input_type, 1, static_cast<index>(in[1].type)};
    int const rank = in[0].rank();
    if (rank < 2) return {invalid::rank, 2, rank};
    if (axis < -rank || axis_in(rank) >= rank - 1) return {invalid::axis, axis, rank};
    if (length < 1) return {invalid::positive, 2, length};
    index const parts = in[0][rank - 1];
    if (parts != 1 && parts != 2) return {invalid::broadcast, 2, parts};
    if (in[1].rank() != 2 || in[1][0] != length || in[1][1] != 2) return {invalid::parameter_extent, 2 * length, in[1].size()};
    tensor_desc y{in[0].type, layout::row_major, in[0].extents};
    y.extents[static_cast<int>(axis_in(rank))] = inverse ? length : bins();
    y.extents[rank - 1] = inverse && onesided ? 1 : 2;
    return y;
  }
  constexpr index macs(op_inputs in, tensor_desc const& y) const { return capped_product(capped_product(y.size(), 2), in[0][static_cast<int>(axis_in(in[0].rank()))]); }
  template <class F>
  constexpr void each_field(F&& f) const {
    f("axis", axis);
    f("length", length);
    f("inverse", inverse);
    f("onesided", onesided);
  }
  constexpr bool operator==(dft_attributes const&) const = default;
};
template <dft_attributes A>
using dft = with_attributes<dft_attributes(A)>;

}  // namespace DSI_NAMESPACE

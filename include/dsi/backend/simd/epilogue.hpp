// SPDX-License-Identifier: MIT
// What happens to the sums of a tile: the fused expression on vectors, its args broadcast as ONNX says, and the store.
#pragma once

#include <dsi/backend/simd/vec.hpp>
#include <dsi/kernel/kernel.hpp>
#include <dsi/kernel/pack.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/relu.hpp>
#include <dsi/op/sub.hpp>

namespace DSI_NAMESPACE::simd {

/// True for elementwise operators of a few instructions: expressions made of them are unrolled over a register tile. Others
/// run in a loop over the tile's vectors, which costs 2-3% at 64 inputs and keeps the code small. Specialize it for your own.
template <class Value>
inline constexpr bool is_few_instructions = false;
template <>
inline constexpr bool is_few_instructions<relu> = true;
template <>
inline constexpr bool is_few_instructions<clip_attributes> = true;
template <>
inline constexpr bool is_few_instructions<add> = true;
template <>
inline constexpr bool is_few_instructions<sub> = true;
template <>
inline constexpr bool is_few_instructions<mul> = true;

namespace detail {

template <class Expression>
inline constexpr bool few_instructions = true;
template <class Op, class... Operands>
inline constexpr bool few_instructions<apply<Op, Operands...>> = is_few_instructions<op_value_t<Op>> && (true && ... && few_instructions<Operands>);

/// How an arg lies beside the output: element strides along the output's dimensions, 0 where it broadcasts. Output dimensions
/// are given in memory order without the channels, which come last.
struct arg_strides {
  int rank = 0;
  index extent[max_rank]{};
  index step[max_rank]{};
  index channel = 0;

  /// The step from one row (one position before the channels) to the next, when that is always the same; else -1.
  constexpr index row_step() const {
    index expected = -1, rows = 1;
    for (int i = rank - 1; i >= 0; --i) {
      if (extent[i] == 1) continue;
      if (expected < 0) expected = step[i];
      else if (step[i] != expected * rows) return -1;
      rows *= extent[i];
    }
    return expected < 0 ? 0 : expected;
  }
};

/// channel_dim: the dimension that lies innermost in memory.
constexpr arg_strides strides_beside(tensor_desc const& a, tensor_desc const& y, int channel_dim) {
  shape const strides = broadcast_strides(a, y);
  arg_strides s;
  s.channel = strides[channel_dim];
  for (int d = 0; d < y.rank(); ++d) {
    if (d == channel_dim) continue;
    s.extent[s.rank] = y[d];
    s.step[s.rank++] = strides[d];
  }
  return s;
}

}  // namespace detail

/// True when the types of bias, args and output are Problem's element type, so that epilogue serves the problem.
template <class Problem>
constexpr bool epilogue_supports() {
  constexpr int own = anchor_inputs<Problem>;
  if (own < 2 || own > 3 || Problem::output_count != 1) return false;
  if (own == 3 && Problem::in(2).order != layout::row_major) return false;
  for (int i = 0; i < Problem::input_count; ++i) {
    if (Problem::in(i).type != Problem::out().type) return false;
    if (i >= 2 && Problem::in(i).order != layout::row_major && Problem::in(i).order != layout::channels_last) return false;
  }
  return true;
}

/// Bias and expression of a problem whose output lies as rows of channels; ChannelDim is the channels' ONNX dimension.
/// `Per` channels belong together (all, or those of one group of a convolution): only the last vector of them is cut off.
template <class Isa, class Problem, int ChannelDim, index Per>
struct epilogue {
  using v = vec<Isa>;
  using element = typename Problem::template output<0>::value_type;
  using expression = expression_of<Problem>;
  static constexpr index channels = Problem::out()[ChannelDim];
  static constexpr bool has_bias = anchor_inputs<Problem> == 3;

  kernel_args args;
  index first_row = 0;      ///< of the output, where row 0 of the calls lies
  index first_channel = 0;  ///< likewise

  /// The start of a sum of the vector of channels from `channel` on, `left` of which exist.
  DSI_INLINE v start(index channel, index left) const {
    if constexpr (has_bias) return load(static_cast<element const*>(args.in[2]) + first_channel + channel, left);
    else return v::zero();
  }

  /// Finishes and stores Rows x Vectors sums: rows row.., channels channel.., `left` of which exist.
  template <int Rows, int Vectors>
  DSI_INLINE void finish(v (&sum)[Rows][Vectors], index row, index channel, index left) const {
    row += first_row;
    channel += first_channel;
    auto* const to = static_cast<element*>(args.out[0]) + row * channels + channel;
    if constexpr (detail::few_instructions<expression>) {
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r)
        DSI_UNROLL
        for (int n = 0; n < Vectors; ++n) finish_one<Vectors>(sum[r][n], to + r * channels, n, row + r, channel, left);
    } else {
      alignas(alignment) float spilled[Rows][Vectors][Isa::lanes];
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r)
        DSI_UNROLL
        for (int n = 0; n < Vectors; ++n) sum[r][n].store(spilled[r][n]);
      for (int r = 0; r < Rows; ++r)
        for (int n = 0; n < Vectors; ++n) finish_one<Vectors>(v::load(spilled[r][n]), to + r * channels, n, row + r, channel, left);
    }
  }

 private:
  static constexpr bool whole = Per % panel_width == 0;  ///< no panel is cut off

  DSI_INLINE static v load(element const* p, index left) {
    if constexpr (whole) return v::loadu(p);
    else if (left >= Isa::lanes) return v::loadu(p);
    else if (left > 0) return v::load_n(p, left);
    else return v::zero();
  }

  /// Vector n of a row. Only vectors of the last panel may be cut off.
  template <int Vectors>
  DSI_INLINE void finish_one(v sum, element* to, int n, index row, index channel, index left) const {
    to += n * Isa::lanes;
    channel += n * Isa::lanes;
    if constexpr (whole) {
      expressed<true>(sum, row, channel, Isa::lanes).storeu(to);
    } else {
      left -= n * Isa::lanes;
      if (n < Vectors - static_cast<int>(panel_width) / Isa::lanes || left >= Isa::lanes) expressed<true>(sum, row, channel, Isa::lanes).storeu(to);
      else if (left > 0) expressed<false>(sum, row, channel, left).store_n(to, left);
    }
  }

  template <bool Whole>
  DSI_INLINE v expressed(v sum, index row, index channel, index left) const {
    return evaluate<expression>(sum, [&]<int I>(std::integral_constant<int, I>) DSI_LAMBDA_INLINE { return arg_at<I, Whole>(row, channel, left); });
  }

  template <int I, bool Whole>
  DSI_INLINE v arg_at(index row, index channel, index left) const {
    static constexpr detail::arg_strides s = detail::strides_beside(Problem::in(I), Problem::out(), ChannelDim);
    element const* p = static_cast<element const*>(args.in[I]) + channel * s.channel;
    if constexpr (s.row_step() >= 0) {
      p += row * s.row_step();
    } else {
      index rest = row;
      DSI_UNROLL
      for (int d = s.rank - 1; d >= 0; --d) {
        p += rest % s.extent[d] * s.step[d];
        rest /= s.extent[d];
      }
    }
    if constexpr (s.channel == 0) {
      return v(static_cast<float>(*p));
    } else if constexpr (s.channel == 1) {
      if constexpr (Whole) return v::loadu(p);
      else return v::load_n(p, left);
    } else {
      alignas(alignment) float gathered[Isa::lanes]{};
      for (index i = 0; i < left; ++i) gathered[i] = static_cast<float>(p[i * s.channel]);
      return v::load(gathered);
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

// SPDX-License-Identifier: MIT
// Maximum and mean over sliding windows of channels-last tensors: vectors of channels.
#pragma once

#include <dsi/backend/simd/reducer.hpp>
#include <dsi/backend/simd/row_epilogue.hpp>
#include <dsi/op/average_pool.hpp>
#include <dsi/op/max_pool.hpp>

namespace DSI_NAMESPACE::simd {

/// Kind: reduction::max or reduction::mean. Up to four vectors of channels stay in registers while the window is walked in
/// row-major order of its taps, which is also the order of the sums.
template <class Isa, class Problem, reduction Kind>
struct pool_channels : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr auto op = anchor_value<Problem>();
  static constexpr tensor_desc x_desc = Problem::in(0), y_desc = Problem::out();
  static constexpr int spatial = x_desc.rank() - 2;
  static constexpr index channels = x_desc.rank() >= 2 ? x_desc[1] : 0;
  using epilogue = row_epilogue<Problem, Isa, channels>;
  static constexpr bool supports = is_vector_type(x_desc.type) && y_desc.type == x_desc.type && has_contiguous_channels(x_desc) &&
                                   has_contiguous_channels(y_desc) && y_desc.size() > 0 && epilogue::own_inputs == 1 && epilogue::supports;
  static constexpr std::string_view name = Kind == reduction::max ? "max over channel vectors" : "mean over channel vectors";

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    if constexpr (rows * columns * channels * op.at.taps() > 50'000)
      context.team.for_each(rows, [args](index first, index last) noexcept { run_rows(args, first, last); });
    else run_rows(args, 0, rows);
  }

 private:
  static constexpr int lanes = Isa::lanes;
  // Always three spatial dimensions, the missing ones in front with extent 1.
  static constexpr index extent(tensor_desc const& t, int d) { return d + spatial >= 3 ? t[d + spatial - 1] : 1; }
  static constexpr index kernel(int d) { return d + spatial >= 3 ? op.at.kernel[d + spatial - 3] : 1; }
  static constexpr index dilation(int d) { return d + spatial >= 3 ? op.at.dilation[d + spatial - 3] : 1; }
  static constexpr index start(int d, index position) {
    return d + spatial >= 3 ? position * op.at.stride[d + spatial - 3] - op.at.pad_begin[d + spatial - 3] : 0;
  }
  DSI_INLINE static constexpr tap_range taps(int d, index position) {
    return d + spatial >= 3 ? taps_inside(op.at, d + spatial - 3, position, extent(x_desc, d)) : tap_range{};
  }
  static constexpr index plane = extent(x_desc, 0) * extent(x_desc, 1) * extent(x_desc, 2) * channels;
  static constexpr index step[3]{dilation(0) * extent(x_desc, 1) * extent(x_desc, 2) * channels, dilation(1) * extent(x_desc, 2) * channels,
                                 dilation(2) * channels};
  static constexpr index columns = extent(y_desc, 2);
  static constexpr index rows = x_desc.rank() >= 1 ? x_desc[0] * extent(y_desc, 0) * extent(y_desc, 1) : 0;
  static constexpr bool unrolled = op.at.taps() <= 9;

  /// Where a window lies: the offset of its tap (0, 0, 0), which may be outside, and the taps inside.
  struct place {
    index origin;
    tap_range tap[3];
    DSI_INLINE constexpr bool whole() const {
      return tap[0].count() == kernel(0) && tap[1].count() == kernel(1) && tap[2].count() == kernel(2);
    }
    DSI_INLINE constexpr index divisor() const {
      if constexpr (requires { op.count_include_pad; }) {
        if constexpr (op.count_include_pad) return tap[0].padded * tap[1].padded * tap[2].padded;
      }
      return tap[0].count() * tap[1].count() * tap[2].count();
    }
  };

  template <int Vectors, bool Whole>
  DSI_INLINE static void take(reducer<Isa, Kind> (&r)[Vectors], element const* p, index n) {
    DSI_UNROLL
    for (int v = 0; v < Vectors; ++v) r[v].take(load_row<Isa, Whole>(p + v * lanes, n));
  }

  /// Vectors registers of channels from c on, or the last n channels.
  template <int Vectors, bool Whole>
  DSI_INLINE static void channels_at(kernel_args const& args, place const& at, index position, index c, index n) {
    reducer<Isa, Kind> r[Vectors];
    DSI_UNROLL
    for (int v = 0; v < Vectors; ++v) r[v].start();
    element const* const x = static_cast<element const*>(args.in[0]);
    index const origin = at.origin + c;
    if (unrolled && at.whole()) {
      constexpr int taps = unrolled ? static_cast<int>(op.at.taps()) : 1;
      DSI_UNROLL
      for (int t = 0; t < taps; ++t) {
        index const k = t % kernel(2), j = t / kernel(2) % kernel(1), i = t / (kernel(2) * kernel(1));
        take<Vectors, Whole>(r, x + (origin + i * step[0] + j * step[1] + k * step[2]), n);
      }
    } else {
      for (index i = at.tap[0].first; i < at.tap[0].last; ++i)
        for (index j = at.tap[1].first; j < at.tap[1].last; ++j)
          for (index k = at.tap[2].first; k < at.tap[2].last; ++k)
            take<Vectors, Whole>(r, x + (origin + i * step[0] + j * step[1] + k * step[2]), n);
    }
    element* const y = static_cast<element*>(args.out[0]) + position * channels + c;
    vec<Isa> const divisor(static_cast<float>(at.divisor()));
    DSI_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      vec<Isa> result = r[v].lanes();
      if constexpr (Kind == reduction::mean) result = result / divisor;
      result = epilogue::template apply<Whole>(args, result, position, c + v * lanes, n);
      store_row<Whole>(result, y + v * lanes, n);
    }
  }

  static void run_rows(kernel_args args, index first, index last) noexcept {
    constexpr index vectors = channels / lanes, rest = channels % lanes;
    for (index row = first; row < last; ++row) {
      index const b = row % extent(y_desc, 1), ab = row / extent(y_desc, 1);
      index const a = ab % extent(y_desc, 0), image = ab / extent(y_desc, 0);
      place at;
      at.tap[0] = taps(0, a);
      at.tap[1] = taps(1, b);
      index const row_origin = image * plane + (start(0, a) * extent(x_desc, 1) + start(1, b)) * extent(x_desc, 2) * channels;
      for (index o = 0; o < columns; ++o) {
        at.tap[2] = taps(2, o);
        at.origin = row_origin + start(2, o) * channels;
        index const position = row * columns + o;
        index c = 0;
        if constexpr (vectors >= 4)
          for (; c < vectors / 4 * (4 * lanes); c += 4 * lanes) channels_at<4, true>(args, at, position, c, lanes);
        if constexpr (vectors % 4 > 0) {
          channels_at<vectors % 4, true>(args, at, position, c, lanes);
          c += (vectors % 4) * lanes;
        }
        if constexpr (rest > 0) channels_at<1, false>(args, at, position, c, rest);
      }
    }
  }
};

}  // namespace DSI_NAMESPACE::simd

namespace DSI_NAMESPACE {

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, max_pool_attributes, Problem> {
  using type = kernel_list<simd::pool_channels<Isa, Problem, reduction::max>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, average_pool_attributes, Problem> {
  using type = kernel_list<simd::pool_channels<Isa, Problem, reduction::mean>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Fully connected layers on 8-bit integers.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/epilogue.hpp>
#include <dsi/backend/simd/int8_tile.hpp>
#include <dsi/backend/simd/product.hpp>
#include <dsi/op/dense_int8.hpp>

namespace DSI_NAMESPACE {

namespace simd {

namespace detail {

/// The parameters and fused inputs are as int8_result needs them.
template <class Problem>
constexpr bool int8_result_supports() {
  if (Problem::output_count != 1 || Problem::out().order != layout::row_major) return false;
  if (Problem::out().type == dtype::u8) return std::is_same_v<expression_of<Problem>, acc>;
  for (int i = 4; i < Problem::input_count; ++i)
    if (Problem::in(i).type != dtype::f32 || Problem::in(i).order != layout::row_major) return false;
  return true;
}

}  // namespace detail

/// From sums to the layer's result: requantize(), or float(sum) * multiplier and the fused expression.
template <class Isa, class Problem, index Outputs>
struct int8_result {
  using v = vec<Isa>;
  using iv = ivec<Isa>;
  using element = typename Problem::template output<0>::value_type;
  static constexpr bool to_float_result = std::is_same_v<element, float>;
  static constexpr bool whole = Outputs % panel_width == 0;

  kernel_args args;
  v low{}, high{};
  iv zero{};

  DSI_INLINE explicit int8_result(kernel_args a) : args(a) {
    if constexpr (!to_float_result) {
      auto const* const range = static_cast<std::int32_t const*>(a.in[4]);
      low = v(static_cast<float>(range[1] - range[0]));
      high = v(static_cast<float>(range[2] - range[0]));
      zero = iv(range[0]);
    }
  }

  DSI_INLINE iv start(index channel, index left) const { return part<iv>(static_cast<std::int32_t const*>(args.in[2]) + channel, left); }

  /// Finishes Rows x Vectors sums: rows row.., outputs channel.., `left` of which exist.
  template <class Word, int Rows, int Vectors>
  DSI_INLINE void finish(Word (&sum)[Rows][Vectors], index row, index channel, index left) const {
    v multiplier[Vectors];
    DSI_UNROLL
    for (int n = 0; n < Vectors; ++n) multiplier[n] = part<v>(static_cast<float const*>(args.in[3]) + channel + n * Isa::lanes, left - n * Isa::lanes);
    if constexpr (to_float_result) {
      v value[Rows][Vectors];
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r)
        DSI_UNROLL
        for (int n = 0; n < Vectors; ++n) value[r][n] = to_float(iv(sum[r][n])) * multiplier[n];
      epilogue<Isa, Problem, Problem::out().rank() - 1, Outputs>{args}.finish(value, row, channel, left);
    } else {
      auto* const to = static_cast<std::uint8_t*>(args.out[0]) + row * Outputs + channel;
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r)
        DSI_UNROLL
        for (int n = 0; n < Vectors; ++n) {
          iv const y = to_int(math::clamp(to_float(iv(sum[r][n])) * multiplier[n], low, high)) + zero;
          std::uint8_t* const place = to + r * Outputs + n * Isa::lanes;
          index const here = left - n * Isa::lanes;
          if (whole || here >= Isa::lanes) y.storeu(place);
          else if (here > 0) y.store_n(place, here);
        }
    }
  }

 private:
  /// Parameters per output are not padded.
  template <class V, class T>
  DSI_INLINE static V part(T const* p, index left) {
    if (whole || left >= Isa::lanes) return V::loadu(p);
    return left > 0 ? V::load_n(p, left) : V::zero();
  }
};

/// x [..., In] uint8, weights in panels. Every sum is exact, so all tiles give the same bytes.
template <class Isa, class Problem, tile_tuning Tuning = default_int8_tile<Isa>>
struct dense_int8_tile : kernel_defaults {
  static constexpr std::string_view name = Isa::has_vnni ? "int8 tile (VNNI)" : "int8 tile";
  static constexpr tile_tuning tuning = Tuning;
  static constexpr tensor_desc x = Problem::in(0);
  static constexpr bool supports = x.type == dtype::u8 && x.size() > 0 && Problem::out().size() > 0 && x.order == layout::row_major &&
                                   Problem::in(1).order == layout::panels && detail::int8_result_supports<Problem>();
  static constexpr index inputs = x[x.rank() - 1];
  static constexpr index outputs = Problem::out()[x.rank() - 1];
  static constexpr index rows = inputs > 0 ? x.size() / inputs : 0;
  static constexpr index panels = ceil_div(outputs, panel_width);
  static constexpr even_parts groups = split_evenly(larger(1, panels), panels_for<Isa>(larger(1, rows), Tuning));
  static constexpr even_parts tiles = split_evenly(larger(1, rows), rows_for<Isa>(groups.size, Tuning));
  using result = int8_result<Isa, Problem, outputs>;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void*, void*, Context& context) noexcept {
    result const to(args);
    if constexpr (rows * outputs * inputs < worth_threads) {
      part(args, to, {0, tiles.count(), 0, groups.count()});
    } else if constexpr (tiles.count() >= groups.count()) {
      context.team.for_each(tiles.count(), [&](index first, index last) { part(args, to, {first, last, 0, groups.count()}); });
    } else {
      context.team.for_each(groups.count(), [&](index first, index last) { part(args, to, {0, tiles.count(), first, last}); });
    }
  }

 private:
  /// Multiply-adds below which waking threads costs more than it gains: four times as many as for floats.
  static constexpr index worth_threads = 200'000;

  DSI_INLINE static void part(kernel_args args, result const& to, work_range range) {
    index g = range.first_group;
    for (; g < smaller(range.last_group, groups.large); ++g) group<groups.size>(args, to, range, groups.start(g));
    if constexpr (groups.small > 0)
      for (; g < range.last_group; ++g) group<groups.size - 1>(args, to, range, groups.start(g));
  }
  template <index Panels>
  DSI_INLINE static void group(kernel_args args, result const& to, work_range range, index panel) {
    index t = range.first_unit;
    for (; t < smaller(range.last_unit, tiles.large); ++t) tile<tiles.size, Panels>(args, to, tiles.start(t), panel);
    if constexpr (tiles.small > 0)
      for (; t < range.last_unit; ++t) tile<tiles.size - 1, Panels>(args, to, tiles.start(t), panel);
  }
  template <index Rows, index Panels>
  DSI_INLINE static void tile(kernel_args args, result const& to, index row, index panel) {
    // A call costs nothing beside a long sum, and compilers are several times faster on small functions.
    if constexpr (Rows * Panels * inputs > 2048) compute_apart<Rows, Panels>(args, to, row, panel);
    else compute<Rows, Panels>(args, to, row, panel);
  }
  template <index Rows, index Panels>
  DSI_NOINLINE static void compute_apart(kernel_args args, result to, index row, index panel) noexcept {
    compute<Rows, Panels>(args, to, row, panel);
  }
  template <index Rows, index Panels>
  DSI_INLINE static void compute(kernel_args args, result const& to, index row, index panel) {
    using registers = int8_tile<Isa, inputs, static_cast<int>(Rows), static_cast<int>(Panels)>;
    index const output = panel * panel_width;
    typename registers::sums sum;
    DSI_UNROLL
    for (int n = 0; n < registers::vectors; ++n) {
      ivec<Isa> const start = to.start(output + n * Isa::lanes, outputs - output - n * Isa::lanes);
      DSI_UNROLL
      for (int r = 0; r < static_cast<int>(Rows); ++r) sum[0][r][n] = start;
    }
    registers::run(static_cast<std::uint8_t const*>(args.in[0]) + row * inputs,
                   static_cast<std::int8_t const*>(args.in[1]) + panel * registers::panel_stride, sum);
    to.finish(sum[0], row, output, outputs - output);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, dense_int8_attributes, Problem> {
  using type = kernel_list<simd::dense_int8_tile<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

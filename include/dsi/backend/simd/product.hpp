// SPDX-License-Identifier: MIT
// Rows of activations times packed weights, cut into register tiles: the loops around tile.hpp that dense and convolution share.
#pragma once

#include <dsi/backend/simd/tile.hpp>

namespace DSI_NAMESPACE::simd {

/// Half-open ranges of a product's work: units are tiles of rows, line by line; groups are panels side by side.
struct work_range {
  index first_unit = 0, last_unit = 0, first_group = 0, last_group = 0;
};

/// How `Rows` rows are cut into tiles of at most `limit` rows. Where the last tile may start a little earlier and compute a few
/// rows twice, all tiles have one size, hence one piece of code; else two sizes share the rows evenly.
struct row_tiles {
  even_parts parts{};
  bool overlap = false;  ///< one more tile, at the end of the rows, belongs to the last part
};
constexpr row_tiles cut_rows(index rows, index limit) {
  for (index r = limit; r >= limit * 2 / 3 && r > 0 && rows >= r; --r)
    if (index const twice = (r - rows % r) % r; twice * 33 <= rows) return {{r, rows / r, 0}, twice != 0};
  return {split_evenly(rows, limit), false};
}
static_assert(cut_rows(49, 6).parts.size == 5 && cut_rows(49, 6).overlap && !cut_rows(3136, 8).overlap && cut_rows(14, 6).parts.small == 1);

/// Lines of Rows rows each times Outputs outputs. W: how a row's inputs lie; T: type of the weights.
/// A group of panels is kept while all rows go by: 64 outputs of up to some 3000 inputs fit into a second-level cache.
template <class Isa, class T, walk W, index Rows, index Outputs, tile_tuning Tuning>
struct product {
  static constexpr index panels = ceil_div(Outputs, panel_width);
  static constexpr even_parts groups = split_evenly(panels, panels_for<Isa>(Rows, Tuning));
  static constexpr row_tiles cut = cut_rows(Rows, rows_for<Isa>(groups.size, Tuning));
  static constexpr even_parts tiles = cut.parts;
  static constexpr index panel_size = round_up(W.inputs(), interleave_of(dtype_of<T>)) * panel_width;

  static constexpr work_range all(index lines) { return {0, lines * tiles.count(), 0, groups.count()}; }
  /// First row of a unit, and the end of the rows for the unit behind the last one.
  static constexpr index row_of(index unit) { return unit < tiles.count() ? tiles.start(unit) : Rows; }

  /// Runs a range. a: row `origin` of line 0; line_step: elements from a line to the next. Calls sink.start(output, left) for
  /// each vector of start values, and sink.finish(sums, line * Rows + row, output, left).
  template <class Sink>
  DSI_INLINE static void run(float const* a, index line_step, index origin, T const* w, work_range range, Sink const& sink) {
    index g = range.first_group;
    for (; g < smaller(range.last_group, groups.large); ++g) run_group<groups.size>(a, line_step, origin, w, range, groups.start(g), sink);
    if constexpr (groups.small > 0)
      for (; g < range.last_group; ++g) run_group<groups.size - 1>(a, line_step, origin, w, range, groups.start(g), sink);
  }

  /// The same for the whole range, shared among the threads of a team where the work is worth it.
  template <class Sink, class Team>
  DSI_INLINE static void run_all(float const* a, index line_step, index origin, T const* w, work_range range, Sink const& sink, Team& team) {
    index const units = range.last_unit - range.first_unit;
    if (units * tiles.size * Outputs * W.inputs() < worth_threads) {
      run(a, line_step, origin, w, range, sink);
    } else if (units >= groups.count()) {
      team.for_each(units, [&](index first, index last) DSI_LAMBDA_INLINE {
        run(a, line_step, origin, w, {range.first_unit + first, range.first_unit + last, range.first_group, range.last_group}, sink);
      });
    } else {
      team.for_each(groups.count(), [&](index first, index last) DSI_LAMBDA_INLINE {
        run(a, line_step, origin, w, {range.first_unit, range.last_unit, first, last}, sink);
      });
    }
  }

 private:
  /// Multiply-adds below which waking threads costs more than it gains.
  static constexpr index worth_threads = 50'000;

  template <index Panels, class Sink>
  DSI_INLINE static void run_group(float const* a, index line_step, index origin, T const* w, work_range range, index panel, Sink const& sink) {
    w += panel * panel_size;
    index line = range.first_unit / tiles.count(), at = range.first_unit % tiles.count();
    for (index left = range.last_unit - range.first_unit; left > 0; ++line) {
      index const end = smaller(tiles.count(), at + left);
      float const* const x = a + line * line_step;
      left -= end - at;
      for (; at < smaller(end, tiles.large); ++at) run_tile<tiles.size, Panels>(x, line, tiles.start(at), origin, w, panel, sink);
      if constexpr (tiles.small > 0)
        for (; at < end; ++at) run_tile<tiles.size - 1, Panels>(x, line, tiles.start(at), origin, w, panel, sink);
      if constexpr (cut.overlap)
        if (end == tiles.count()) run_tile<tiles.size, Panels>(x, line, Rows - tiles.size, origin, w, panel, sink);
      at = 0;
    }
  }

  template <index TileRows, index Panels, class Sink>
  DSI_INLINE static void run_tile(float const* a, index line, index row, index origin, T const* w, index panel,
                                  Sink const& sink) {
    float const* const x = a + (row - origin) * W.row;
    index const output = panel * panel_width;
    // A call costs nothing beside long sums; inside loops compilers keep constants of the expression in registers that the sums
    // need, and they are several times faster on small functions.
    if constexpr (TileRows * Panels * W.inputs() > 512 || Rows * panels * W.inputs() > 2048) compute_apart<TileRows, Panels>(x, line * Rows + row, w, output, sink);
    else compute<TileRows, Panels>(x, line * Rows + row, w, output, sink);
  }
  template <index TileRows, index Panels, class Sink>
  DSI_NOINLINE static void compute_apart(float const* x, index row, T const* w, index output, Sink sink) noexcept {
    compute<TileRows, Panels>(x, row, w, output, sink);
  }
  template <index TileRows, index Panels, class Sink>
  DSI_INLINE static void compute(float const* x, index row, T const* w, index output, Sink const& sink) {
    using registers = tile<Isa, T, static_cast<int>(TileRows), static_cast<int>(Panels), W>;
    typename registers::sums sum;
    DSI_UNROLL
    for (int n = 0; n < registers::vectors; ++n) {
      vec<Isa> const start = sink.start(output + n * Isa::lanes, Outputs - output - n * Isa::lanes);
      DSI_UNROLL
      for (int r = 0; r < static_cast<int>(TileRows); ++r) sum[0][r][n] = start;
    }
    registers::run(x, w, sum);
    sink.finish(sum[0], row, output, Outputs - output);
  }
};

}  // namespace DSI_NAMESPACE::simd

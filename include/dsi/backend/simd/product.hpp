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

/// Which ends of a line a tile lies at: a sum of these.
inline constexpr int at_first = 1, at_last = 2;

/// A row's window where all rows have the same inputs; others say which rows an input belongs to, see conv_direct.
struct same_inputs {
  static constexpr index columns = 1;
  static constexpr bool reads(index, index) { return true; }
};

/// What a line costs in multiply-adds per panel. A tile loads its weights for at least 4 rows' time [measured].
template <class Window>
constexpr index line_cost(row_tiles const& cut, index rows) {
  index cost = 0;
  for (index t = 0; t < cut.parts.count() + (cut.overlap ? 1 : 0); ++t) {
    index const size = cut.parts.size - (t >= cut.parts.large && t < cut.parts.count() ? 1 : 0);
    index const start = t < cut.parts.count() ? cut.parts.start(t) : rows - size;
    for (index c = 0; c < Window::columns; ++c) {
      index reading = 0;
      for (index r = start; r < start + size; ++r) reading += Window::reads(r, c) ? 1 : 0;
      cost += larger(4, reading);
    }
  }
  return cost;
}

/// Panels side by side for so many rows: fewer than the tuning says where that gives better tiles, 7 rows as 7 instead of 4 + 3.
template <class Isa, class Window>
constexpr index choose_panels(index rows, index panels, tile_tuning t) {
  index const most = panels_for<Isa>(rows, t);
  if (most < 4 || panels < 4) return most;
  index const as_told = line_cost<Window>(cut_rows(rows, rows_for<Isa>(most, t)), rows);
  index const fewer = line_cost<Window>(cut_rows(rows, rows_for<Isa>(most - 1, t)), rows);
  return fewer * 33 < as_told * 32 ? most - 1 : most;
}

/// Lines of Rows rows each times Outputs outputs. W: how a row's inputs lie; T: type of the weights.
/// A group of panels is kept while all rows go by: 64 outputs of up to some 3000 inputs fit into a second-level cache.
/// Window: what a row reads of a line's inputs.
template <class Isa, class T, walk W, index Rows, index Outputs, tile_tuning Tuning, class Window = same_inputs>
struct product {
  static constexpr index panels = ceil_div(Outputs, panel_width);
  static constexpr even_parts groups = split_evenly(panels, choose_panels<Isa, Window>(Rows, panels, Tuning));
  static constexpr row_tiles cut = cut_rows(Rows, rows_for<Isa>(groups.size, Tuning));
  static constexpr even_parts tiles = cut.parts;
  static constexpr bool same = std::is_same_v<Window, same_inputs>;
  static constexpr index panel_size = round_up(W.inputs(), interleave_of(dtype_of<T>)) * panel_width;

  /// Weights come from memory once per run of a network: while the first tiles of a group compute, each fetches a panel of the
  /// next group. Blobs lie in the order of execution, so behind the last group that is the next layer. A single row is nothing but
  /// a stream already.
  static constexpr index weight_bytes = panels * panel_size * static_cast<index>(sizeof(T));
  static constexpr bool fetches = Tuning.fetch && Rows > 1 && weight_bytes >= 64 * 1024;

  static constexpr work_range all(index lines) { return {0, lines * tiles.count(), 0, groups.count()}; }
  /// First row of a unit, and the end of the rows for the unit behind the last one.
  static constexpr index row_of(index unit) { return unit < tiles.count() ? tiles.start(unit) : Rows; }
  /// First row of a tile of a line, also of the one that overlaps.
  static constexpr index row_of_tile(index tile) { return tile < tiles.count() ? tiles.start(tile) : Rows - tiles.size; }

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
    [[maybe_unused]] index fetched = 0;
    auto const ahead = [&]() DSI_LAMBDA_INLINE {
      if constexpr (!fetches) return index{0};
      else return fetched < Panels ? (Panels + fetched++) * panel_size : index{0};
    };
    for (index left = range.last_unit - range.first_unit; left > 0; ++line) {
      index const end = smaller(tiles.count(), at + left);
      float const* const x = a + line * line_step;
      left -= end - at;
      if constexpr (!same) {  // the tiles at the ends of a line are code of their own
        constexpr bool alone = tiles.count() + (cut.overlap ? 1 : 0) == 1, last_apart = !alone && !cut.overlap;
        if (at == 0) run_tile<tiles.size, Panels, alone ? at_first + at_last : at_first>(x, line, at++, origin, w, ahead(), panel, sink);
        for (; at < smaller(end, tiles.large - (last_apart && tiles.small == 0 ? 1 : 0)); ++at)
          run_tile<tiles.size, Panels>(x, line, tiles.start(at), origin, w, ahead(), panel, sink);
        if constexpr (tiles.small > 1)
          for (; at < smaller(end, tiles.count() - 1); ++at) run_tile<tiles.size - 1, Panels>(x, line, tiles.start(at), origin, w, ahead(), panel, sink);
        if constexpr (last_apart)
          if (at < end) run_tile<tiles.size - (tiles.small > 0 ? 1 : 0), Panels, at_last>(x, line, tiles.start(at), origin, w, ahead(), panel, sink);
      } else {
        for (; at < smaller(end, tiles.large); ++at) run_tile<tiles.size, Panels>(x, line, tiles.start(at), origin, w, ahead(), panel, sink);
        if constexpr (tiles.small > 0)
          for (; at < end; ++at) run_tile<tiles.size - 1, Panels>(x, line, tiles.start(at), origin, w, ahead(), panel, sink);
      }
      if constexpr (cut.overlap)
        if (end == tiles.count()) run_tile<tiles.size, Panels, same ? 0 : at_last>(x, line, Rows - tiles.size, origin, w, ahead(), panel, sink);
      at = 0;
    }
  }

  template <index TileRows, index Panels, int Ends = 0, class Sink>
  DSI_INLINE static void run_tile(float const* a, index line, index row, index origin, T const* w, index ahead, index panel,
                                  Sink const& sink) {
    float const* const x = a + (row - origin) * W.row;
    index const output = panel * panel_width;
    // A call costs nothing beside long sums; inside loops compilers keep constants of the expression in registers that the sums
    // need, and they are several times faster on small functions.
    if constexpr (TileRows * Panels * W.inputs() > 512 || Rows * panels * W.inputs() > 2048) compute_apart<TileRows, Panels, Ends>(x, line * Rows + row, w, ahead, output, sink);
    else compute<TileRows, Panels, Ends>(x, line * Rows + row, w, ahead, output, sink);
  }
  template <index TileRows, index Panels, int Ends, class Sink>
  DSI_NOINLINE static void compute_apart(float const* x, index row, T const* w, index ahead, index output, Sink sink) noexcept {
    compute<TileRows, Panels, Ends>(x, row, w, ahead, output, sink);
  }
  template <index TileRows, index Panels, int Ends, class Sink>
  DSI_INLINE static void compute(float const* x, index row, T const* w, index ahead, index output, Sink const& sink) {
    using registers = tile<Isa, T, static_cast<int>(TileRows), static_cast<int>(Panels), W>;
    typename registers::sums sum;
    DSI_UNROLL
    for (int n = 0; n < registers::vectors; ++n) {
      vec<Isa> const start = sink.start(output + n * Isa::lanes, Outputs - output - n * Isa::lanes);
      DSI_UNROLL
      for (int r = 0; r < static_cast<int>(TileRows); ++r) sum[0][r][n] = start;
    }
    if constexpr (same) {
      registers::template run<fetches>(x, w, sum, ahead);
    } else {
      constexpr index start = Ends & at_first ? 0 : Ends & at_last ? Rows - TileRows : -1;
      Window::template run<registers, start, fetches>(x, w, sum, ahead, row / Rows);
    }
    sink.finish(sum[0], row, output, Outputs - output);
  }
};

}  // namespace DSI_NAMESPACE::simd

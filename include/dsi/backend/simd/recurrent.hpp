// SPDX-License-Identifier: MIT
// Recurrent layers on vectors: inputs of many steps as one product, then step by step the recurrent product and the cell.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/recurrent_cell.hpp>
#include <dsi/backend/simd/recurrent_tile.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// lstm, gru, rnn and their cells.
/// Types     float; half and bfloat16 in x, weights and outputs, with h, C and all sums in float
/// Order     of a gate's sum: Wb + Rb, then x's inputs, then h's units (GRU's third gate: two sums), whatever the batch, the
///           length and the number of threads
/// Threads   sequences and directions are independent; a single sequence in one direction runs on one thread
/// Memory    per thread some 64 KiB for the inputs' products, and a few rows of gates * hidden
template <class Isa, class Problem>
struct recurrent_kernel : kernel_defaults {
  using T = typename Problem::template input<0>::value_type;
  static constexpr std::string_view name = "panels";
  static constexpr recurrent_form form = anchor_value<Problem>().form();
  static constexpr bool supports = [] {
    bool good = (std::is_same_v<T, float> || std::is_same_v<T, half> || std::is_same_v<T, bfloat16>) && Problem::in(0).size() > 0 &&
                Problem::in(1).order == layout::panels && Problem::in(2).order == layout::panels;
    for (int i = 0; i < Problem::input_count; ++i) good = good && (i == 1 || i == 2 || Problem::in(i).order == layout::row_major);
    return good;
  }();
  static constexpr recurrent_extents extents = extents_of(form, Problem::in(0));
  static constexpr index H = form.hidden, I = extents.inputs, steps = extents.steps, batch = extents.batch;
  static constexpr int directions = form.directions();
  static constexpr index outputs = form.gates() * H, panels = ceil_div(outputs, panel_width), width = panels * panel_width;
  static constexpr index padded_h = round_up(H, panel_width), padded_i = round_up(larger(I, 1), panel_width);
  static constexpr bool is_gru = form.kind == recurrent_form::gru;
  static constexpr bool reset_after = is_gru && form.linear_before_reset, reset_before = is_gru && !form.linear_before_reset;

  /// Sequences that run side by side in one register tile.
  static constexpr index tile_limit = default_tile<Isa>.rows;
  static constexpr index tiles = ceil_div(larger(batch, 1), tile_limit);
  static constexpr int rows = static_cast<int>(ceil_div(larger(batch, 1), tiles));
  /// x and h in one go: where a product of its own for x would have one row, or hardly any inputs.
  static constexpr bool merged = !is_gru && rows == 1 && (steps == 1 || I <= 4);
  /// Steps whose inputs are multiplied at once.
  static constexpr index chunk = merged ? 1 : larger(1, smaller(steps, larger(tile_limit, 64 * 1024 / (rows * width * 4))));
  static constexpr int input_rows = static_cast<int>(smaller(tile_limit, chunk * rows));
  static constexpr index chunk_rows = round_up(chunk * rows, input_rows);

  /// Independent parts of the work, each with scratch memory of its own.
  static constexpr index tasks = tiles * directions;
  static constexpr index slices = steps * batch * directions * outputs * (I + H) < 50'000 ? 1 : smaller(tasks, 16);

  /// Floats of one slice: products of x, x itself when it must be converted, sums (and those after the reset), GRU's third
  /// gate from x, r . h, h and C.
  struct places {
    index from_x = 0, x = 0, sums = 0, after = 0, third = 0, reset_h = 0, h = 0, c = 0, size = 0;
  };
  static constexpr places place = [] {
    places p;
    index at = 0;
    auto const take = [&at](index n) { index const here = at; at += n; return here; };
    p.from_x = take(merged ? 0 : chunk_rows * width);
    p.x = take(std::is_same_v<T, float> ? 0 : chunk_rows * padded_i);
    p.sums = take(rows * width);
    p.after = take(reset_before ? rows * width : 0);
    p.third = take(reset_after ? chunk_rows * padded_h : 0);
    p.reset_h = take(reset_before ? rows * padded_h : 0);
    p.h = take(form.cell ? 0 : rows * padded_h);
    p.c = take(form.cell ? 0 : rows * padded_h);
    p.size = at;
    return p;
  }();
  static constexpr std::size_t workspace = static_cast<std::size_t>(slices * place.size) * sizeof(float);
  /// h of all streams, then C if there is one.
  static constexpr std::size_t state =
      form.cell ? static_cast<std::size_t>((form.kind == recurrent_form::lstm ? 2 : 1) * batch * padded_h) * sizeof(float) : 0;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void* scratch, void* kept, Context& context) noexcept {
    context.team.for_each(slices, [&](index first, index last) DSI_LAMBDA_INLINE {
      for (index s = first; s < last; ++s) {
        float* const mine = static_cast<float*>(scratch) + s * place.size;
        for (index task = s * tasks / slices; task < (s + 1) * tasks / slices; ++task) {
          if (directions == 2 && task >= tiles) direction<directions - 1>(args, task - tiles, mine, static_cast<float*>(kept));
          else direction<0>(args, task, mine, static_cast<float*>(kept));
        }
      }
    });
  }

 private:
  using v = vec<Isa>;
  template <index K, int Rows, index First, index Last>
  using product = recurrent_product<Isa, T, Rows, First, Last, K>;

  /// One tile of sequences in one direction.
  struct job {
    T const *x, *w, *r, *bias, *peephole, *first_h, *first_c;
    T *y, *last_h, *last_c;
    float *scratch, *h, *c;
    index first, count;  ///< sequences
    int d;

    float* from_x(index row) const { return scratch + place.from_x + row * width; }
    float* sums(index row) const { return scratch + place.sums + row * width; }
    float* after(index row) const { return scratch + place.after + row * width; }
    float* third(index row) const { return scratch + place.third + row * padded_h; }
    /// Row of a tile that is not full: the last sequence stands in for those that do not exist.
    index sequence(index row) const { return first + smaller(row, active(*this) - 1); }
    index time(index step) const { return form.backwards(d) ? steps - 1 - step : step; }
    T const* input(index step, index row) const {
      index const b = sequence(row), t = time(step);
      return x + (form.batch_first ? b * steps + t : t * batch + b) * I;
    }
    T* output(index step, index row) const {
      index const b = first + row, t = time(step);
      return y + (form.cell ? b : form.batch_first ? (b * steps + t) * directions + d : (t * directions + d) * batch + b) * H;
    }
    index last_at(index row) const { return (form.batch_first ? sequence(row) * directions + d : d * batch + sequence(row)) * H; }
  };

  template <int D>
  DSI_INLINE static void direction(kernel_args args, index tile, float* scratch, float* kept) {
    auto const in = [&](bool there, int i, index offset) { return there ? static_cast<T const*>(args.in[i]) + offset : nullptr; };
    auto const out = [&](bool there, int i) { return there ? static_cast<T*>(args.out[i]) : nullptr; };
    job j{};
    j.x = in(true, 0, 0);
    j.w = in(true, 1, D * product<I, 1, 0, panels>::panel_size * panels);
    j.r = in(true, 2, D * product<H, 1, 0, panels>::panel_size * panels);
    j.bias = in(form.bias, form.bias_at(), D * 2 * outputs);
    j.peephole = in(form.peephole, form.peephole_at(), D * 3 * H);
    j.first_h = in(form.initial_h, form.initial_h_at(), 0);
    j.first_c = in(form.initial_c, form.initial_c_at(), 0);
    j.y = out(form.y, 0);
    j.last_h = out(form.y_h, form.y_h_at());
    j.last_c = out(form.y_c, form.y_c_at());
    j.scratch = scratch;
    j.first = tile * rows;
    j.count = smaller(rows, batch - j.first);
    j.h = form.cell ? kept + j.first * padded_h : scratch + place.h;
    j.c = form.cell ? kept + (batch + j.first) * padded_h : scratch + place.c;
    j.d = D;
    if constexpr (!form.cell) first_state(j);
    for (index step = 0; step < steps; step += chunk) {
      index const count = smaller(chunk, steps - step);
      convert_inputs(j, step, count);
      if constexpr (!merged) multiply_inputs(j, step, count);
      for (index s = 0; s < count; ++s) advance<D>(j, step + s, s * rows);
    }
    if constexpr (!form.cell) last_state(j);
  }

  /// Sequences of a tile.
  DSI_INLINE static index active(job const& j) {
    if constexpr (batch % rows == 0) return rows;
    else return j.count;
  }

  // ---------------------------------------------------------------- state

  static void first_state(job const& j) {
    for (index row = 0; row < active(j); ++row)
      for (index k = 0; k < padded_h; k += v::lanes) {
        index const n = H - k;
        (form.initial_h && n > 0 ? v::load_n(j.first_h + j.last_at(row) + k, n) : v::zero()).store(j.h + row * padded_h + k);
        (form.initial_c && n > 0 ? v::load_n(j.first_c + j.last_at(row) + k, n) : v::zero()).store(j.c + row * padded_h + k);
      }
  }
  static void last_state(job const& j) {
    for (index row = 0; row < active(j); ++row)
      for (index k = 0; k < H; k += v::lanes) {
        if (form.y_h) v::load(j.h + row * padded_h + k).store_n(j.last_h + j.last_at(row) + k, H - k);
        if (form.y_c) v::load(j.c + row * padded_h + k).store_n(j.last_c + j.last_at(row) + k, H - k);
      }
  }

  // ---------------------------------------------------------------- inputs

  /// Row `m` of a chunk is sequence m % rows at step m / rows; rows behind the last repeat it.
  DSI_INLINE static float const* input_row(job const& j, index step, index count, index m) {
    index const row = smaller(m, count * rows - 1);
    if constexpr (std::is_same_v<T, float>) return j.input(step + row / rows, row % rows);
    else return j.scratch + place.x + row * padded_i;
  }
  DSI_INLINE static void convert_inputs(job const& j, index step, index count) {
    if constexpr (!std::is_same_v<T, float>)
      for (index m = 0; m < count * rows; ++m) widen<Isa>(j.input(step + m / rows, m % rows), j.scratch + place.x + m * padded_i, I);
  }
  /// Elements [at, at + lanes) of a bias part, those from `end` on as zeros.
  DSI_INLINE static v bias_part(T const* part, index at, index end) {
    index const n = end - at;
    return n >= v::lanes ? v::loadu(part + at) : n > 0 ? v::load_n(part + at, n) : v::zero();
  }
  /// What the sums of x start from: both biases, without Rb for a third gate that has its own sum.
  DSI_INLINE static v bias_at(job const& j, index at) {
    if constexpr (!form.bias) return v::zero();
    else return bias_part(j.bias, at, outputs) + bias_part(j.bias + outputs, at, reset_after ? 2 * H : outputs);
  }
  template <class Tile>
  DSI_INLINE static void start_from_bias(job const& j, index panel, typename Tile::sums& sum) {
    DSI_UNROLL
    for (int n = 0; n < Tile::vectors; ++n) {
      v const b = bias_at(j, panel * panel_width + n * v::lanes);
      for (auto& row : sum) row[n] = b;
    }
  }
  DSI_INLINE static void multiply_inputs(job const& j, index step, index count) {
    for (index m = 0; m < count * rows; m += input_rows) {
      float const* a[input_rows];
      for (int r = 0; r < input_rows; ++r) a[r] = input_row(j, step, count, m + r);
      product<I, input_rows, 0, panels>::run(
          a, j.w, [&]<class Tile>(Tile, index panel, typename Tile::sums& sum) DSI_LAMBDA_INLINE { start_from_bias<Tile>(j, panel, sum); },
          [&]<class Tile>(Tile, index panel, typename Tile::sums& sum) DSI_LAMBDA_INLINE {
            for (int r = 0; r < input_rows; ++r) store_row<Tile>(sum[r], j.from_x(m + r), panel);
          });
    }
    if constexpr (reset_after)  // the third gate's sum from h starts from Rb; what came from x goes to a place of its own
      for (index m = 0; m < count * rows; ++m)
        for (index k = 0; k < H; k += v::lanes) {
          float* const third = j.from_x(m) + 2 * H + k;
          v::load_n(third, H - k).store(j.third(m) + k);
          if constexpr (form.bias) bias_part(j.bias + outputs + 2 * H, k, H).store_n(third, H - k);
          else v::zero().store_n(third, H - k);
        }
  }

  // ---------------------------------------------------------------- one step

  template <class Tile>
  DSI_INLINE static void store_row(v const (&sum)[Tile::vectors], float* to, index panel) {
    DSI_UNROLL
    for (int n = 0; n < Tile::vectors; ++n) sum[n].store(to + panel * panel_width + n * v::lanes);
  }
  /// Sums of panels [First, Last) from the rows of h, or of r . h, on top of what came from x.
  template <index First, index Last>
  DSI_INLINE static void multiply_state(job const& j, float const* state_rows, index from_row, float* to) {
    float const* a[rows];
    for (int r = 0; r < rows; ++r) a[r] = state_rows + smaller(r, active(j) - 1) * padded_h;
    product<H, rows, First, Last>::run(
        a, j.r,
        [&]<class Tile>(Tile, index panel, typename Tile::sums& sum) DSI_LAMBDA_INLINE {
          for (int r = 0; r < rows; ++r)
            DSI_UNROLL
            for (int n = 0; n < Tile::vectors; ++n) sum[r][n] = v::load(j.from_x(from_row + r) + panel * panel_width + n * v::lanes);
        },
        [&]<class Tile>(Tile, index panel, typename Tile::sums& sum) DSI_LAMBDA_INLINE {
          for (int r = 0; r < rows; ++r) store_row<Tile>(sum[r], to + r * width, panel);
        });
  }
  DSI_INLINE static void multiply_merged(job const& j, index step) {
    float const* const x[1]{input_row(j, step, 1, 0)};
    float const* const h[1]{j.h};
    product<H, 1, 0, panels>::run(
        h, j.r,
        [&]<class Tile>(Tile, index panel, typename Tile::sums& sum) DSI_LAMBDA_INLINE {
          start_from_bias<Tile>(j, panel, sum);
          using inputs = recurrent_tile<Isa, T, 1, Tile::vectors / panel_vectors<Isa>, I>;
          inputs::run(x, j.w + panel * product<I, 1, 0, panels>::panel_size, sum);
        },
        [&]<class Tile>(Tile, index panel, typename Tile::sums& sum) DSI_LAMBDA_INLINE { store_row<Tile>(sum[0], j.sums(0), panel); });
  }

  /// from_row: the row of from_x (and third) where this step begins.
  template <int D>
  DSI_INLINE static void advance(job const& j, index step, index from_row) {
    using cell = recurrent_cell<form, D>;
    auto const row_of = [&](index r) DSI_LAMBDA_INLINE {
      float const* const other = reset_after ? j.third(from_row + r) : reset_before ? j.after(r) + 2 * H : nullptr;
      return recurrent_row<T>{j.sums(r), other, j.h + r * padded_h, j.c + r * padded_h, j.scratch + place.reset_h + r * padded_h,
                              j.peephole, form.y ? j.output(step, r) : nullptr};
    };
    if constexpr (merged) multiply_merged(j, step);
    else multiply_state<0, reset_before ? ceil_div(2 * H, panel_width) : panels>(j, j.h, from_row, j.sums(0));
    if constexpr (reset_before) {
      for (index r = 0; r < active(j); ++r) {
        auto const row = row_of(r);
        for_units<Isa, H>([&]<class V>(V, index k, auto n) DSI_LAMBDA_INLINE { cell::template reset<V>(row, k, n); });
      }
      multiply_state<2 * H / panel_width, panels>(j, j.scratch + place.reset_h, from_row, j.after(0));
    }
    for (index r = 0; r < active(j); ++r) {
      auto const row = row_of(r);
      if constexpr (form.kind == recurrent_form::lstm)
        for_units<Isa, H>([&]<class V>(V, index k, auto n) DSI_LAMBDA_INLINE { cell::template lstm_c<V>(row, k, n); });
      for_units<Isa, H>([&]<class V>(V, index k, auto n) DSI_LAMBDA_INLINE {
        if constexpr (form.kind == recurrent_form::lstm) cell::template lstm_h<V>(row, k, n);
        else if constexpr (is_gru) cell::template gru<V>(row, k, n);
        else cell::template rnn<V>(row, k, n);
      });
    }
  }
};

}  // namespace simd

template <class Isa, class Value, class Problem>
  requires recurrent_operator<Value>
struct candidates<simd_backend<Isa>, Value, Problem> {
  using type = kernel_list<simd::recurrent_kernel<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Attention without a matrix of scores in memory: a block of queries meets the keys block by block.
#pragma once

#include <dsi/backend/simd/matmul.hpp>
#include <dsi/backend/simd/row_epilogue.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/attention.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// How many queries and keys meet at a time. A block's scores and results stay in the first-level cache.
struct attention_tuning {
  index queries = 12;
  index keys = 256;
  constexpr bool operator==(attention_tuning const&) const = default;
};

/// Types     float; half and bfloat16, converted to float in the workspace and on the stack
/// Order     of a score: features 0, 1, 2, ..., then the scale; of a query's sum of exponentials and of its result: keys 0, 1, 2, ...
///           of a block (the former in four registers in turn, as softmax), blocks one after the other. What the blocks before a
///           greater score have summed is scaled by e to the difference of the two maxima. One or two queries: lane l of a score
///           sums features l, l + lanes, ..., then sum_of_lanes.
/// Memory    the panels of one head's keys and values as floats, unless there are one or two queries, which read them where they
///           lie; on the stack a block of scores and one of results
template <class Isa, class Problem, attention_tuning Tuning = attention_tuning{}>
struct attention_blocks : kernel_defaults {
  static constexpr std::string_view name = "blocks of keys";
  static constexpr attention_attributes op = anchor_value<Problem>();
  static constexpr tensor_desc y_desc = Problem::out();
  static constexpr auto q = op.query(Problem::in(0)), k = op.key(Problem::in(1)), v = op.key(Problem::in(2));
  static constexpr bool supports = [] {
    if (!is_vector_type(y_desc.type) || y_desc.size() == 0 || k.rows == 0 || q.columns == 0 || y_desc.order != layout::row_major) return false;
    for (int i = 0; i < Problem::input_count; ++i)
      if (Problem::in(i).type != y_desc.type || Problem::in(i).order != layout::row_major) return false;
    return q.columns <= 512 && v.columns <= 512;  // the stack holds a block of each
  }();
  using element = typename Problem::template output<0>::value_type;

  static constexpr index group = op.heads / op.key_heads;
  static constexpr even_parts key_blocks = split_evenly(ceil_div(larger(1, k.rows), panel_width), Tuning.keys / panel_width);  // in panels
  static constexpr index block_keys = key_blocks.size * panel_width;
  static constexpr index blocks = ceil_div(larger(1, k.rows), block_keys);
  static constexpr index last_keys = k.rows - (blocks - 1) * block_keys;
  static constexpr row_tiles query_blocks = cut_rows(larger(1, q.rows), Tuning.queries);
  static constexpr index key_panel = q.columns * panel_width;      ///< 16 keys, all their features
  static constexpr index key_panels = ceil_div(k.rows, panel_width) * key_panel;
  static constexpr index value_panels = ceil_div(v.columns, panel_width);
  /// Packing would cost more than the products.
  static constexpr bool direct = q.rows <= 2;
  static constexpr std::size_t workspace = direct ? 0 : static_cast<std::size_t>(key_panels + value_panels * k.rows * panel_width) * sizeof(float);

  template <class Context>
  static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    if constexpr (direct) run_direct(args, context);
    else run_packed(args, static_cast<float*>(scratch), context);
  }

 private:
  using V = vec<Isa>;
  static constexpr int lanes = Isa::lanes;
  static constexpr index blocks_of_queries = query_blocks.parts.count() + (query_blocks.overlap ? 1 : 0);
  static constexpr index packs = ceil_div(k.rows, panel_width) + blocks * value_panels;
  static constexpr bool converts = !std::is_same_v<element, float>;
  /// Multiply-adds of a head below which waking threads costs more than it gains.
  static constexpr index worth_threads = 200'000;
  static DSI_INLINE V lowest() { return V(-__builtin_inff()); }

  template <class Context>
  DSI_INLINE static void run_direct(kernel_args const& args, Context& context) {
    auto const part = [&](index first, index last) noexcept {
      for (index i = first; i < last; ++i) query_block<q.rows>::run(args, i / op.heads, i % op.heads, 0, nullptr, nullptr);
    };
    if constexpr (q.batch * op.heads * q.rows * k.rows * (q.columns + v.columns) > worth_threads) context.team.for_each(q.batch * op.heads, part);
    else part(0, q.batch * op.heads);
  }
  template <class Context>
  DSI_INLINE static void run_packed(kernel_args const& args, float* keys, Context& context) {
    float* const values = keys + key_panels;
    constexpr index items = group * blocks_of_queries;
    for (index b = 0; b < q.batch; ++b)
      for (index h = 0; h < op.key_heads; ++h) {
        auto const pack_part = [&](index first, index last) noexcept { pack(args, b, h, keys, values, first, last); };
        auto const query_part = [&](index first, index last) noexcept {
          for (index i = first; i < last; ++i) run_item(args, b, h * group + i / blocks_of_queries, i % blocks_of_queries, keys, values);
        };
        if constexpr (group * q.rows * k.rows * (q.columns + v.columns) > worth_threads) {
          context.team.for_each(packs, pack_part);
          context.team.for_each(items, query_part);
        } else {
          pack_part(0, packs);
          query_part(0, items);
        }
      }
  }

  /// Panels of keys, then those of values: for each block of keys, its panels of 16 columns.
  static DSI_INLINE void pack(kernel_args const& args, index b, index h, float* keys, float* values, index first, index last) {
    auto const* const from_k = static_cast<element const*>(args.in[1]) + b * k.batch_step + h * k.head_step;
    auto const* const from_v = static_cast<element const*>(args.in[2]) + b * v.batch_step + h * v.head_step;
    constexpr index of_keys = ceil_div(k.rows, panel_width);
    for (index p = first; p < last; ++p) {
      if (p < of_keys) {
        pack_panel<Isa, q.columns, 1, k.row_step>(from_k + p * panel_width * k.row_step, k.rows - p * panel_width, keys + p * key_panel);
        continue;
      }
      index const block = (p - of_keys) / value_panels, panel = (p - of_keys) % value_panels;
      element const* const from = from_v + block * block_keys * v.row_step + panel * panel_width;
      float* const to = values + block * block_keys * value_panels * panel_width;
      if (block + 1 < blocks) pack_panel<Isa, block_keys, v.row_step, 1>(from, v.columns - panel * panel_width, to + panel * block_keys * panel_width);
      else pack_panel<Isa, last_keys, v.row_step, 1>(from, v.columns - panel * panel_width, to + panel * last_keys * panel_width);
    }
  }

  static DSI_INLINE void run_item(kernel_args const& args, index b, index h, index part, float const* keys, float const* values) {
    constexpr even_parts parts = query_blocks.parts;
    index const first = part < parts.count() ? parts.start(part) : q.rows - parts.size;
    if constexpr (parts.small > 0) {
      if (part >= parts.large && part < parts.count()) return query_block<parts.size - 1>::run(args, b, h, first, keys, values);
    }
    query_block<parts.size>::run(args, b, h, first, keys, values);
  }

  /// Rows queries of one head.
  template <index Rows>
  struct query_block {
    alignas(alignment) float score[static_cast<std::size_t>(Rows * block_keys)];
    alignas(alignment) float result[static_cast<std::size_t>(Rows * value_panels * panel_width)];
    float greatest[Rows];       ///< of the scores so far, for each query
    float greatest_bias[Rows];  ///< of the mask so far
    float sum[Rows];            ///< of e^(score - greatest) so far
    float correction[Rows];     ///< e^(greatest before the block - greatest now)

    DSI_NOINLINE static void run(kernel_args const& args, index b, index h, index first, float const* keys, float const* values) noexcept {
      query_block block;
      block.compute(args, b, h, first, keys, values);
    }

   private:
    /// From one query to the next in what the first product reads.
    static constexpr index query_step = converts ? q.columns : q.row_step;
    static constexpr index result_step = value_panels * panel_width;

    DSI_INLINE void compute(kernel_args const& args, index b, index h, index first, float const* keys, float const* values) {
      auto const* const from = static_cast<element const*>(args.in[0]) + b * q.batch_step + h * q.head_step + first * q.row_step;
      alignas(alignment) float converted[converts ? static_cast<std::size_t>(Rows * q.columns) : 1];
      float const* query;
      if constexpr (converts) {
        for (index i = 0; i < Rows; ++i) widen<Isa>(from + i * q.row_step, converted + i * q.columns, q.columns);
        query = converted;
      } else {
        query = from;
      }
      for (index i = 0; i < Rows; ++i) {
        greatest[i] = greatest_bias[i] = -__builtin_inff();
        sum[i] = 0;
        for (index c = 0; c < result_step; c += lanes) V::zero().store(result + i * result_step + c);
      }
      for (index n = 0; n < blocks; ++n) {
        if (!sees_block(first, n)) continue;
        float const *panels = nullptr, *value = nullptr;
        if constexpr (!direct) {
          panels = keys + n * (block_keys / panel_width) * key_panel;
          value = values + n * block_keys * result_step;
        }
        if (n + 1 < blocks) meet<block_keys>(args, query, panels, value, b, h, first, n * block_keys);
        else meet<last_keys>(args, query, panels, value, b, h, first, n * block_keys);
      }
      store(args, b, h, first);
    }
    static DSI_INLINE bool sees_block(index first, index n) {
      if constexpr (op.left < 0 && op.right < 0) {
        return true;
      } else {
        index const begin = n * block_keys, end = smaller(begin + block_keys, k.rows);
        return op.visible(first, k.rows).first < end && op.visible(first + Rows - 1, k.rows).last > begin;
      }
    }

    /// Writes the scaled scores.
    struct score_sink {
      float* to;
      index step;
      DSI_INLINE V start(index, index) const { return V::zero(); }
      template <int R, int Vectors>
      DSI_INLINE void finish(V (&s)[R][Vectors], index row, index column, index) const {
        DSI_UNROLL
        for (int r = 0; r < R; ++r)
          DSI_UNROLL
          for (int n = 0; n < Vectors; ++n) (s[r][n] * V(op.scale.value())).store(to + (row + r) * step + column + n * lanes);
      }
    };
    /// Adds to the results.
    struct result_sink {
      float* to;
      float const* correction;
      DSI_INLINE V start(index, index) const { return V::zero(); }
      template <int R, int Vectors>
      DSI_INLINE void finish(V (&s)[R][Vectors], index row, index column, index) const {
        DSI_UNROLL
        for (int r = 0; r < R; ++r)
          DSI_UNROLL
          for (int n = 0; n < Vectors; ++n) {
            float* const at = to + (row + r) * result_step + column + n * lanes;
            if constexpr (blocks == 1) s[r][n].store(at);
            else mul_add(V::load(at), V(correction[row + r]), s[r][n]).store(at);
          }
      }
    };

    template <index Keys>
    DSI_INLINE void meet(kernel_args const& args, float const* query, float const* panels, float const* value, index b, index h, index first, index key) {
      constexpr index step = round_up(Keys, panel_width);
      if constexpr (direct) {
        index const head = h / group;
        auto const* const from_k = static_cast<element const*>(args.in[1]) + b * k.batch_step + head * k.head_step + key * k.row_step;
        auto const* const from_v = static_cast<element const*>(args.in[2]) + b * v.batch_step + head * v.head_step + key * v.row_step;
        for (index i = 0; i < Rows; ++i) {
          float* const s = score + i * step;
          index j = 0;
          for (; j + 4 <= Keys; j += 4) dots<4>(query + i * query_step, from_k + j * k.row_step, s + j);
          for (; j < Keys; ++j) dots<1>(query + i * query_step, from_k + j * k.row_step, s + j);
          exponentials<Keys>(args, b, h, first + i, i, key, s);
          add_values<Keys>(s, from_v, i);
        }
      } else {
        products<Keys>(args, query, panels, value, b, h, first, key);
      }
    }
    template <index Keys>
    DSI_INLINE void products(kernel_args const& args, float const* query, float const* panels, float const* value, index b, index h, index first, index key) {
      constexpr index step = round_up(Keys, panel_width);
      using path_of_queries = std::integral_constant<walk, walk{query_step, {1, 1, 1, q.columns}, {0, 0, 0, 1}}>;
      using path_of_scores = std::integral_constant<walk, walk{step, {1, 1, 1, Keys}, {0, 0, 0, 1}}>;
      using scores = product<Isa, float, path_of_queries::value, Rows, Keys, default_tile<Isa>>;
      using results = product<Isa, float, path_of_scores::value, Rows, v.columns, default_tile<Isa>>;
      scores::run(query, 0, 0, panels, scores::all(1), score_sink{score, step});
      for (index i = 0; i < Rows; ++i) exponentials<Keys>(args, b, h, first + i, i, key, score + i * step);
      results::run(score, 0, 0, value, results::all(1), result_sink{result, correction});
    }

    /// Scores of one query and Count keys.
    template <int Count>
    DSI_INLINE static void dots(float const* query, element const* keys, float* to) {
      V s[Count];
      DSI_UNROLL
      for (int j = 0; j < Count; ++j) s[j] = V::zero();
      each_column<q.columns>([&]<bool Whole>(std::bool_constant<Whole>, index c, index n) DSI_LAMBDA_INLINE {
        V const x = load_row<Isa, Whole>(query + c, n);
        DSI_UNROLL
        for (int j = 0; j < Count; ++j) s[j] = mul_add(x, load_row<Isa, Whole>(keys + j * k.row_step + c, n), s[j]);
      });
      DSI_UNROLL
      for (int j = 0; j < Count; ++j) to[j] = sum_of_lanes(s[j]) * op.scale.value();
    }
    /// A query's result takes a block's values, four vectors of columns at a time.
    template <index Keys>
    DSI_INLINE void add_values(float const* s, element const* values, index i) {
      constexpr index width = 4 * lanes, whole = v.columns / width * width;
      for (index c = 0; c < whole; c += width) add_columns<Keys, 4, true>(s, values + c, i, c, width);
      constexpr index rest = v.columns - whole;
      if constexpr (rest / lanes > 0) add_columns<Keys, static_cast<int>(rest / lanes), true>(s, values + whole, i, whole, rest);
      if constexpr (rest % lanes > 0) add_columns<Keys, 1, false>(s, values + whole + rest / lanes * lanes, i, whole + rest / lanes * lanes, rest % lanes);
    }
    template <index Keys, int Vectors, bool Whole>
    DSI_INLINE void add_columns(float const* s, element const* values, index i, index column, index n) {
      float* const to = result + i * result_step + column;
      V total[Vectors];
      DSI_UNROLL
      for (int x = 0; x < Vectors; ++x) {
        if constexpr (blocks == 1) total[x] = V::zero();
        else total[x] = V::load(to + x * lanes) * V(correction[i]);
      }
      for (index j = 0; j < Keys; ++j) {
        V const p(s[j]);
        DSI_UNROLL
        for (int x = 0; x < Vectors; ++x) total[x] = mul_add(p, load_row<Isa, Whole>(values + j * v.row_step + x * lanes, n), total[x]);
      }
      DSI_UNROLL
      for (int x = 0; x < Vectors; ++x) total[x].store(to + x * lanes);
    }
    /// f(true_type unless partial, first column, width) for the vectors of a row.
    template <index Columns, class F>
    DSI_INLINE static void each_column(F const& f) {
      for (index c = 0; c + lanes <= Columns; c += lanes) f(std::true_type{}, c, lanes);
      if constexpr (Columns % lanes > 0) f(std::false_type{}, Columns / lanes * lanes, Columns % lanes);
    }

    /// Scores of one query and a block of keys from `key` on become e^(score - greatest), 0 behind the last key.
    template <index Keys>
    DSI_INLINE void exponentials(kernel_args const& args, index b, index h, index query, index i, index key, float* s) {
      constexpr index rest = Keys % lanes;
      V m[4]{lowest(), lowest(), lowest(), lowest()}, bias[4]{lowest(), lowest(), lowest(), lowest()};
      each_vector<Keys>([&]<bool Whole>(std::bool_constant<Whole>, index at, int turn) DSI_LAMBDA_INLINE {
        V x = V::load(s + at);
        if constexpr (op.softcap.value() > 0) x = math::tanh(x / V(op.softcap.value())) * V(op.softcap.value());
        V more = V::zero();
        if constexpr (op.mask) {
          more = mask_at<Whole>(args, b, h, query, key + at, rest);
          x = x + more;
        }
        if constexpr (op.left >= 0 || op.right >= 0) {
          auto const hidden = !sees(query, key + at);
          x = select(hidden, lowest(), x);
          more = select(hidden, lowest(), more);
        }
        if constexpr (!Whole) {
          x = select(first_lanes<Isa>(rest), x, lowest());
          more = select(first_lanes<Isa>(rest), more, lowest());
        }
        if constexpr (op.softcap.value() > 0 || op.mask || op.left >= 0 || op.right >= 0 || !Whole) x.store(s + at);
        m[turn] = pick_greater(x, m[turn]);
        if constexpr (op.mask && op.none != unanswered::nan) bias[turn] = math::max(more, bias[turn]);
      });
      if constexpr (op.mask && op.none != unanswered::nan)
        greatest_bias[i] = math::max(greatest_bias[i], greatest_lane(math::max(math::max(bias[0], bias[1]), math::max(bias[2], bias[3]))));
      float const before = greatest[i];
      float const now = greatest_lane(pick_greater(pick_greater(pick_greater(m[0], m[1]), pick_greater(m[2], m[3])), V(before)));
      greatest[i] = now;
      float const base = now == -__builtin_inff() ? 0.f : now;
      V total[4]{V::zero(), V::zero(), V::zero(), V::zero()};
      each_vector<Keys>([&]<bool Whole>(std::bool_constant<Whole>, index at, int turn) DSI_LAMBDA_INLINE {
        V const e = math::exp(V::load(s + at) - V(base));
        e.store(s + at);
        total[turn] = total[turn] + e;
      });
      float const part = sum_of_lanes((total[0] + total[1]) + (total[2] + total[3]));
      if constexpr (blocks == 1) {
        sum[i] = part;
      } else {
        float const factor = before == now ? 1.f : math::exp(before - base);
        correction[i] = factor;
        sum[i] = sum[i] * factor + part;
      }
    }
    /// f(true_type unless partial, first key, number modulo 4) for a block's vectors in order.
    template <index Keys, class F>
    DSI_INLINE static void each_vector(F const& f) {
      constexpr index vectors = Keys / lanes;
      for (index n = 0; n < vectors / 4; ++n) {
        DSI_UNROLL
        for (int turn = 0; turn < 4; ++turn) f(std::true_type{}, (4 * n + turn) * lanes, turn);
      }
      DSI_UNROLL
      for (int turn = 0; turn < static_cast<int>(vectors % 4); ++turn) f(std::true_type{}, (vectors / 4 * 4 + turn) * lanes, turn);
      if constexpr (Keys % lanes > 0) f(std::false_type{}, vectors * lanes, static_cast<int>(vectors % 4));
    }
    /// The keys from `key` on that a query sees.
    static DSI_INLINE mask<Isa> sees(index query, index key) {
      auto const seen = op.visible(query, k.rows);
      auto const below = [key](index end) { return first_lanes<Isa>(larger(0, smaller(lanes, end - key))); };
      return below(seen.last) & !below(seen.first);
    }
    template <bool Whole>
    static DSI_INLINE V mask_at(kernel_args const& args, index b, index h, index query, index key, index n) {
      constexpr tensor_desc d = Problem::in(op.mask ? 3 : 0);
      index at = d[0] == 1 ? 0 : b;
      at = at * d[1] + (d[1] == 1 ? 0 : h);
      at = at * d[2] + (d[2] == 1 ? 0 : query);
      auto const* const from = static_cast<element const*>(args.in[3]) + at * d[3];
      if constexpr (d[3] == 1) return V(static_cast<float>(*from));
      else return load_row<Isa, Whole>(from + key, n);
    }

    DSI_INLINE void store(kernel_args const& args, index b, index h, index first) const {
      constexpr index step = op.merged ? op.heads * v.columns : v.columns;
      auto* y = static_cast<element*>(args.out[0]) + (op.merged ? (b * q.rows + first) * step + h * v.columns : ((b * op.heads + h) * q.rows + first) * step);
      for (index i = 0; i < Rows; ++i, y += step) {
        bool const zero = gives_zero(i);
        V const scale(1.f / sum[i]);
        auto const value = [&](index c) DSI_LAMBDA_INLINE { return zero ? V::zero() : V::load(result + i * result_step + c) * scale; };
        index c = 0;
        for (; c + lanes <= v.columns; c += lanes) store_row<true>(value(c), y + c, lanes);
        if constexpr (v.columns % lanes > 0) store_row<false>(value(c), y + c, v.columns - c);
      }
    }
    DSI_INLINE bool gives_zero(index i) const {
      if constexpr (op.none == unanswered::nan) return false;
      else return sum[i] == 0 || (op.mask && greatest_bias[i] == -__builtin_inff()) || (op.none == unanswered::zero_for_nan && sum[i] != sum[i]);
    }
  };
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, attention_attributes, Problem> {
  using type = kernel_list<simd::attention_blocks<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

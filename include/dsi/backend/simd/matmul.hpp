// SPDX-License-Identifier: MIT
// Products of computed matrices: the right operand is packed into panels at run time, then the tiles of dense do the rest.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/epilogue.hpp>
#include <dsi/backend/simd/product.hpp>
#include <dsi/backend/simd/register_transpose.hpp>
#include <dsi/op/matmul.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// A matmul as a loop over products [rows, depth] x [depth, columns].
struct matmul_shape {
  matmul_attributes::operand a{}, b{};
  shape batch{};
  index depth = 1;
  bool swapped = false;  ///< the left operand is input 1

  /// Number of an operand's matrix for position `at` of the batch dimensions, which are counted in row-major order.
  constexpr index matrix(shape const& own, index at) const {
    index n = 0, step = 1;
    for (int d = batch.rank - 1; d >= 0; --d) {
      index const digit = at % batch[d];
      at /= batch[d];
      int const k = d - (batch.rank - own.rank);
      if (k < 0) continue;
      if (own[k] != 1) n += digit * step;
      step *= own[k];
    }
    return n;
  }
};

constexpr matmul_shape shape_of(matmul_attributes const& op, tensor_desc const& a, tensor_desc const& b) {
  matmul_shape s;
  s.a = op.left(a);
  s.b = op.right(b);
  s.depth = s.a.columns;
  if (b.rank() == 1) {  // A b is b A transposed, whose results lie side by side
    auto const left = s.a;
    s.swapped = true;
    s.a = {1, left.columns, 0, 1, {}};
    s.b = {left.columns, left.rows, left.column_step, left.row_step, left.batch};
  }
  s.batch = broadcast(s.a.batch, s.b.batch);
  // One right operand for a whole stack of left ones without gaps: a taller product.
  if (s.b.batch.size() == 1 && s.a.row_step == s.depth && s.a.batch.size() == s.batch.size()) {
    s.a.rows *= s.batch.size();
    s.a.batch = s.b.batch = s.batch = {};
  }
  return s;
}

/// 16 columns of B, `depth` deep, as a panel: to[k * 16 + j] = from[k * row_step + j * column_step], zeros behind `columns`.
template <class Isa, index Depth, index RowStep, index ColumnStep, class T>
DSI_INLINE void pack_panel(T const* from, index columns, float* to) {
  constexpr int block = sizeof(T) == 2 ? 8 : Isa::lanes;
  constexpr int step = block < Isa::lanes ? block : Isa::lanes;
  if (ColumnStep == 1 && columns >= panel_width) {
    for (index k = 0; k < Depth; ++k)
      DSI_UNROLL
      for (int j = 0; j < static_cast<int>(panel_width); j += Isa::lanes) vec<Isa>::loadu(from + k * RowStep + j).storeu(to + k * panel_width + j);
  } else if (RowStep == 1 && Depth >= block && columns >= panel_width) {
    for (index k = 0; k < Depth; k += block) {
      index const at = smaller(k, Depth - block);  // the last block overlaps the one before
      DSI_UNROLL
      for (int j = 0; j < static_cast<int>(panel_width); j += block) {
        if constexpr (std::is_same_v<T, float>) {
          transpose_block<block>(from + at + j * ColumnStep, ColumnStep, to + at * panel_width + j, panel_width);
        } else {
          T turned[block * block];
          transpose_block<block>(from + at + j * ColumnStep, ColumnStep, turned, block);
          for (int r = 0; r < block; ++r)
            DSI_UNROLL
            for (int i = 0; i < block; i += step)
              vec<Isa>::load_n(turned + r * block + i, step).store_n(to + (at + r) * panel_width + j + i, step);
        }
      }
    }
  } else {
    for (index k = 0; k < Depth; ++k)
      for (index j = 0; j < panel_width; ++j)
        to[k * panel_width + j] = j < columns ? static_cast<float>(from[k * RowStep + j * ColumnStep]) : 0.f;
  }
}

/// The epilogue of a matmul: alpha, then the expression.
template <class Epilogue, std::uint32_t Alpha>
struct scaled_epilogue {
  Epilogue base;
  index first_row;

  using v = typename Epilogue::v;
  DSI_INLINE v start(index, index) const { return v::zero(); }
  template <int Rows, int Vectors>
  DSI_INLINE void finish(v (&sum)[Rows][Vectors], index row, index column, index left) const {
    if constexpr (float_bits{Alpha}.value() != 1.f) {
      DSI_UNROLL
      for (int r = 0; r < Rows; ++r)
        DSI_UNROLL
        for (int n = 0; n < Vectors; ++n) sum[r][n] = sum[r][n] * v(float_bits{Alpha}.value());
    }
    base.finish(sum, first_row + row, column, left);
  }
};

/// Types     float; half and bfloat16, converted to float in the workspace
/// Order     of a sum: inputs 0, 1, 2, ... (see tile for fewer than 8 vectors of sums), then alpha
/// Memory    the panels of one B as floats; 16-bit types: also one A
template <class Isa, class Problem, tile_tuning Tuning = default_tile<Isa>>
struct matmul_tile : kernel_defaults {
  static constexpr std::string_view name = "packed tile";
  static constexpr tile_tuning tuning = Tuning;
  static constexpr matmul_attributes op = anchor_value<Problem>();
  static constexpr tensor_desc y = Problem::out();
  static constexpr bool supports = (y.type == dtype::f32 || y.type == dtype::f16 || y.type == dtype::bf16) && y.rank() >= 1 && y.size() > 0 &&
                                   Problem::in(0).size() > 0 && Problem::in(0).order == layout::row_major &&
                                   Problem::in(1).order == layout::row_major && y.order == layout::row_major && epilogue_supports<Problem>();
  using element = typename Problem::template output<0>::value_type;
  static constexpr matmul_shape s = supports ? shape_of(op, Problem::in(0), Problem::in(1)) : matmul_shape{};
  static constexpr bool converts = !std::is_same_v<element, float>;
  static constexpr index panel_size = s.depth * panel_width;
  static constexpr index panels = ceil_div(s.b.columns, panel_width);
  static constexpr std::size_t workspace =
      static_cast<std::size_t>(panels * panel_size + (converts ? s.a.rows * s.depth : 0)) * sizeof(float);

  template <class Context>
  static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    using path_of_a = std::integral_constant<walk, walk{s.a.row_step, {1, 1, 1, s.depth}, {0, 0, 0, s.a.column_step}}>;
    using loops = product<Isa, float, path_of_a::value, s.a.rows, s.b.columns, tile_tuning{Tuning.rows, Tuning.panels, false}>;  // panels in the workspace are near
    using base = epilogue<Isa, Problem, y.rank() - 1, s.b.columns>;
    auto* const packed = static_cast<float*>(scratch);
    float* const left = packed + panels * panel_size;
    index packed_b = -1, converted_a = -1;
    for (index at = 0; at < s.batch.size(); ++at) {
      index const ia = s.matrix(s.a.batch, at), ib = s.matrix(s.b.batch, at);
      if (ib != packed_b) pack(static_cast<element const*>(args.in[s.swapped ? 0 : 1]) + ib * s.depth * s.b.columns, packed, context);
      packed_b = ib;
      auto const* const a = static_cast<element const*>(args.in[s.swapped ? 1 : 0]) + ia * s.a.rows * s.depth;
      scaled_epilogue<base, op.alpha.bits> const sink{{args}, at * s.a.rows};
      if constexpr (converts) {
        if (ia != converted_a) widen<Isa>(a, left, s.a.rows * s.depth);
        converted_a = ia;
        loops::run_all(left, 0, 0, packed, loops::all(1), sink, context.team);
      } else {
        loops::run_all(a, 0, 0, packed, loops::all(1), sink, context.team);
      }
    }
  }

 private:
  template <class Context>
  static DSI_INLINE void pack(element const* b, float* to, Context& context) {
    auto const part = [b, to](index first, index last) {
      for (index p = first; p < last; ++p)
        pack_panel<Isa, s.depth, s.b.row_step, s.b.column_step>(b + p * panel_width * s.b.column_step, s.b.columns - p * panel_width, to + p * panel_size);
    };
    if constexpr (panels * panel_size < 50'000) part(0, panels);
    else context.team.for_each(panels, part);
  }
};

/// One row times a matrix that is read once, where it lies: packing it would cost more than the product.
/// Types     as matmul_tile
/// Order     B [K, N]: inputs 0, 1, 2, ...; B [N, K]: lane l sums inputs l, l + lanes, ..., then sum_of_lanes; then alpha
template <class Isa, class Problem>
struct matmul_row : kernel_defaults {
  using tiled = matmul_tile<Isa, Problem>;
  using element = typename tiled::element;
  using v = vec<Isa>;
  static constexpr matmul_shape s = tiled::s;
  static constexpr std::string_view name = "row";
  static constexpr bool supports =
      tiled::supports && s.a.rows == 1 && (s.a.column_step == 1 || s.depth == 1) && (s.b.column_step == 1 || s.b.row_step == 1);

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    constexpr index units = s.batch.size() * blocks;
    auto const part = [args](index first, index last) {
      for (index u = first; u < last; ++u) run_block(args, u / blocks, u % blocks * block);
    };
    if constexpr (s.batch.size() * s.depth * s.b.columns < 50'000) part(0, units);
    else context.team.for_each(units, part);
  }

 private:
  static constexpr int vectors = 4;  ///< at least a panel on every instruction set
  static constexpr index block = vectors * Isa::lanes;
  static constexpr index blocks = ceil_div(s.b.columns, block);

  static DSI_INLINE void run_block(kernel_args args, index at, index column) {
    using base = epilogue<Isa, Problem, tiled::y.rank() - 1, s.b.columns>;
    auto const* const a = static_cast<element const*>(args.in[s.swapped ? 1 : 0]) + s.matrix(s.a.batch, at) * s.depth;
    auto const* const b = static_cast<element const*>(args.in[s.swapped ? 0 : 1]) + s.matrix(s.b.batch, at) * s.depth * s.b.columns + column * s.b.column_step;
    index const left = s.b.columns - column;
    v sum[vectors];
    if constexpr (s.b.column_step == 1) {
      if (left >= block) columns<true>(a, b, left, sum);
      else columns<false>(a, b, left, sum);
    } else {
      alignas(alignment) float dot[block]{};
      index n = 0;
      for (; n + vectors <= smaller(left, block); n += vectors) dots<vectors>(a, b + n * s.b.column_step, dot + n);
      for (; n < smaller(left, block); ++n) dots<1>(a, b + n * s.b.column_step, dot + n);
      DSI_UNROLL
      for (int i = 0; i < vectors; ++i) sum[i] = v::load(dot + i * Isa::lanes);
    }
    // Panel by panel: an epilogue takes it that all its panels but the last are whole.
    constexpr int per_panel = panel_vectors<Isa>;
    DSI_UNROLL
    for (int i = 0; i < vectors; i += per_panel) {
      if (left <= i * Isa::lanes) continue;
      v panel[1][per_panel];
      DSI_UNROLL
      for (int k = 0; k < per_panel; ++k) panel[0][k] = sum[i + k];
      scaled_epilogue<base, tiled::op.alpha.bits>{{args}, at}.finish(panel, 0, column + i * Isa::lanes, left - i * Isa::lanes);
    }
  }
  template <bool Whole>
  static DSI_INLINE void columns(element const* a, element const* b, index left, v (&sum)[vectors]) {
    DSI_UNROLL
    for (int i = 0; i < vectors; ++i) sum[i] = v::zero();
    for (index k = 0; k < s.depth; ++k) {
      v const x(static_cast<float>(a[k]));
      DSI_UNROLL
      for (int i = 0; i < vectors; ++i) {
        element const* const p = b + k * s.b.row_step + i * Isa::lanes;
        if constexpr (Whole) sum[i] = mul_add(x, v::loadu(p), sum[i]);
        else if (left > i * Isa::lanes) sum[i] = mul_add(x, v::load_n(p, left - i * Isa::lanes), sum[i]);
      }
    }
  }
  template <int Count>
  static DSI_INLINE void dots(element const* a, element const* b, float* to) {
    v sum[Count];
    DSI_UNROLL
    for (int i = 0; i < Count; ++i) sum[i] = v::zero();
    index k = 0;
    for (; k + Isa::lanes <= s.depth; k += Isa::lanes) {
      v const x = v::loadu(a + k);
      DSI_UNROLL
      for (int i = 0; i < Count; ++i) sum[i] = mul_add(x, v::loadu(b + i * s.b.column_step + k), sum[i]);
    }
    if constexpr (s.depth % Isa::lanes != 0) {
      v const x = v::load_n(a + k, s.depth - k);
      DSI_UNROLL
      for (int i = 0; i < Count; ++i) sum[i] = mul_add(x, v::load_n(b + i * s.b.column_step + k, s.depth - k), sum[i]);
    }
    DSI_UNROLL
    for (int i = 0; i < Count; ++i) to[i] = sum_of_lanes(sum[i]);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, matmul_attributes, Problem> {
  using type = kernel_list<simd::matmul_row<Isa, Problem>, simd::matmul_tile<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

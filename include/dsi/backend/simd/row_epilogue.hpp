// SPDX-License-Identifier: MIT
// What kernels that work row by row share: partial vectors, and the fused expression behind a row of results.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/epilogue.hpp>
#include <dsi/backend/simd/vec.hpp>
#include <dsi/kernel/kernel.hpp>

namespace DSI_NAMESPACE::simd {

/// Element types that the row kernels read and write; sums are in float.
constexpr bool is_vector_type(dtype t) { return t == dtype::f32 || t == dtype::f16 || t == dtype::bf16; }

/// The lanes below n.
template <class Isa>
DSI_INLINE mask<Isa> first_lanes(index n) {
  alignas(64) static constexpr float number[16]{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return vec<Isa>::load(number) < vec<Isa>(static_cast<float>(n));
}
/// A whole vector, or the first n elements and zeros.
template <class Isa, bool Whole, class T>
DSI_INLINE vec<Isa> load_row(T const* p, index n) {
  if constexpr (Whole) return vec<Isa>::loadu(p);
  else return vec<Isa>::load_n(p, n);
}
template <bool Whole, class Isa, class T>
DSI_INLINE void store_row(vec<Isa> v, T* p, index n) {
  if constexpr (Whole) v.storeu(p);
  else v.store_n(p, n);
}

/// A tensor's dimensions from the outermost in memory to the innermost.
struct memory_order {
  int count = 0;
  int dim[max_rank]{};
};
constexpr memory_order memory_order_of(tensor_desc const& t) {
  memory_order m;
  bool const last = t.order == layout::channels_last && t.rank() >= 3;
  for (int d = 0; d < t.rank(); ++d)
    if (!last || d != 1) m.dim[m.count++] = d;
  if (last) m.dim[m.count++] = 1;
  return m;
}
/// True when channels are contiguous in memory, whatever the order is called.
constexpr bool has_contiguous_channels(tensor_desc const& t) {
  return t.rank() >= 3 && (t.order == layout::channels_last || same_in_every_layout(t.extents));
}
constexpr bool same_order(tensor_desc const& a, tensor_desc const& b) {
  return a.order == b.order || (same_in_every_layout(a.extents) && same_in_every_layout(b.extents));
}

/// How an argument of an expression broadcasts to a result that is seen as rows of so many contiguous elements.
struct row_argument {
  bool supported = false;
  bool along_row = false;  ///< one element per column, else one for the whole row
  int levels = 0;          ///< the row number's digits, the fastest first, and what each is worth in the argument
  index extent[max_rank]{};
  index stride[max_rank]{};

  DSI_INLINE constexpr index offset(index row) const {
    if (levels == 0) return 0;
    if (levels == 1) return row * stride[0];
    index at = 0;
    for (int i = 0; i < levels; ++i) {
      at += (i + 1 == levels ? row : row % extent[i]) * stride[i];
      row /= extent[i];
    }
    return at;
  }
};
constexpr row_argument row_argument_of(tensor_desc const& a, tensor_desc const& y, index columns) {
  row_argument r;
  if (a.type != y.type || a.rank() > y.rank() || (a.order != layout::row_major && a.order != layout::channels_last)) return r;
  shape const strides = broadcast_strides(a, y);
  memory_order const m = memory_order_of(y);
  index inner = 1;  // elements of the row seen so far
  bool all_contiguous = true, all_repeated = true;
  int i = m.count - 1;
  for (; i >= 0 && inner < columns; --i) {
    index const n = y[m.dim[i]];
    if (n == 1) continue;
    index const stride = strides[m.dim[i]];
    all_contiguous = all_contiguous && stride == inner;
    all_repeated = all_repeated && stride == 0;
    inner *= n;
  }
  if (inner != columns || !(all_contiguous || all_repeated)) return r;
  r.along_row = !all_repeated && columns > 1;
  for (; i >= 0; --i) {
    index const n = y[m.dim[i]];
    if (n == 1) continue;
    index const stride = strides[m.dim[i]];
    if (r.levels > 0 && stride == r.stride[r.levels - 1] * r.extent[r.levels - 1]) {
      r.extent[r.levels - 1] *= n;
      continue;
    }
    r.extent[r.levels] = n;
    r.stride[r.levels++] = stride;
  }
  if (r.levels == 1 && r.stride[0] == 0) r.levels = 0;
  r.supported = true;
  return r;
}

/// The expression of Problem on results that are stored as rows of Columns contiguous elements.
template <class Problem, class Isa, index Columns>
struct row_epilogue {
  using expression = expression_of<Problem>;
  using element = typename Problem::template output<0>::value_type;
  static constexpr int own_inputs = anchor_inputs<Problem>;
  template <int I>
  static constexpr row_argument argument = row_argument_of(Problem::in(I), Problem::out(), Columns);
  static constexpr bool supports = [] {
    for (int i = own_inputs; i < Problem::input_count; ++i)
      if (!row_argument_of(Problem::in(i), Problem::out(), Columns).supported) return false;
    return true;
  }();

  /// n results from column `column` of row `row` on; Whole: a full vector.
  template <bool Whole>
  DSI_INLINE static vec<Isa> apply(kernel_args const& args, vec<Isa> result, index row, index column, index n) {
    return evaluate<expression>(result, [&]<int I>(std::integral_constant<int, I>) DSI_LAMBDA_INLINE {
      constexpr row_argument a = argument<I>;
      element const* const p = static_cast<element const*>(args.in[I]) + a.offset(row);
      if constexpr (a.along_row) return load_row<Isa, Whole>(p + column, n);
      else return vec<Isa>(static_cast<float>(*p));
    });
  }
  /// One result at a time, for rows of one column.
  DSI_INLINE static float apply(kernel_args const& args, float result, index row) {
    static_assert(Columns == 1);
    return evaluate<expression>(result, [&]<int I>(std::integral_constant<int, I>) DSI_LAMBDA_INLINE {
      constexpr row_argument a = argument<I>;
      return static_cast<float>(static_cast<element const*>(args.in[I])[a.offset(row)]);
    });
  }
};

}  // namespace DSI_NAMESPACE::simd

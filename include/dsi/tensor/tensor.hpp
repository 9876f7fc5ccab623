// SPDX-License-Identifier: MIT
// Extents, layouts and tensor descriptions: as values for passes, as types for kernels.
#pragma once

#include <utility>

#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE {

/// Extents as a value. Rank 0 is a scalar with one element; rank -n stands for n extents, more than max_rank, which are lost.
struct shape {
  int rank = 0;
  index dim[max_rank]{};

  constexpr shape() = default;
  template <class... I>
    requires(sizeof...(I) > 0 && sizeof...(I) <= max_rank)
  constexpr explicit shape(I... extents) : rank(sizeof...(I)), dim{static_cast<index>(extents)...} {}

  constexpr index operator[](int i) const { return dim[i]; }
  constexpr index& operator[](int i) { return dim[i]; }
  constexpr void push_back(index extent) {
    if (rank >= 0 && rank < max_rank) dim[rank++] = extent;
    else rank = rank < 0 ? rank - 1 : -max_rank - 1;
  }
  /// Elements in all. 1 for rank 0; -1 when the product overflows or an extent is negative or lost.
  constexpr index size() const {
    index n = rank < 0 ? -1 : 1;
    for (int i = 0; i < rank; ++i) n = checked_product(n, dim[i]);
    return n;
  }
  /// Product of the extents in [first, last); -1 when it overflows.
  constexpr index product(int first, int last) const {
    index n = 1;
    for (int i = first; i < last; ++i) n = checked_product(n, dim[i]);
    return n;
  }
  constexpr bool operator==(shape const& other) const {
    if (rank != other.rank) return false;
    for (int i = 0; i < rank; ++i)
      if (dim[i] != other.dim[i]) return false;
    return true;
  }
};

/// The order of a tensor's elements in memory. Activations have one of the first two, of the same ONNX tensor [N, C, spatial...];
/// the others are for weights (kernel/pack.hpp defines them) and depend on shape and type alone, never on the machine.
enum class layout : std::uint8_t {
  row_major,      ///< as ONNX stores it, last dimension contiguous
  channels_last,  ///< N, spatial..., C: dimension 1 contiguous; only for rank >= 3
  panels,         ///< weights of a product: panels of 16 outputs, inputs innermost by 1, 2 or 4
  taps,           ///< depthwise weights: one row of channels (padded to 16) for each tap
  winograd_2x2,   ///< 3x3 weights transformed for tiles of 2x2 outputs: 16 matrices as panels (kernel/winograd.hpp)
  winograd_4x4,   ///< the same for tiles of 4x4 outputs: 36 matrices
};

constexpr std::string_view name_of(layout l) {
  switch (l) {
    case layout::row_major: return "row_major";
    case layout::channels_last: return "channels_last";
    case layout::panels: return "panels";
    case layout::taps: return "taps";
    case layout::winograd_2x2: return "winograd_2x2";
    case layout::winograd_4x4: return "winograd_4x4";
  }
  return "?";
}

/// Everything that a pass or a kernel may know of a tensor, except where it lies.
struct tensor_desc {
  dtype type = dtype::f32;
  layout order = layout::row_major;
  shape extents{};

  constexpr int rank() const { return extents.rank; }
  constexpr index operator[](int i) const { return extents.dim[i]; }
  constexpr index size() const { return extents.size(); }
  /// -1 when the product overflows.
  constexpr index bytes() const { return checked_product(extents.size(), size_of(type)); }
  constexpr bool operator==(tensor_desc const&) const = default;
};

/// The most bytes of one tensor, and the greatest extent: sums over all inputs of a node still fit into an index.
inline constexpr index max_tensor_bytes = index{1} << 55;

/// Not so many bytes that sizes computed from them could overflow.
constexpr bool has_valid_extents(tensor_desc const& t) {
  if (t.rank() < 0 || t.rank() > max_rank) return false;
  for (int i = 0; i < t.rank(); ++i)
    if (t[i] < 0 || t[i] > max_tensor_bytes) return false;
  return t.bytes() >= 0 && t.bytes() <= max_tensor_bytes;
}

/// Element strides of a tensor, by ONNX dimension, for either layout.
constexpr shape strides_of(tensor_desc const& t) {
  shape s;
  s.rank = t.rank();
  if (t.order == layout::channels_last && t.rank() >= 3) {
    s.dim[1] = 1;
    index step = t[1];
    for (int i = t.rank() - 1; i >= 2; --i) {
      s.dim[i] = step;
      step *= t[i];
    }
    s.dim[0] = step;
    return s;
  }
  index step = 1;
  for (int i = t.rank() - 1; i >= 0; --i) {
    s.dim[i] = step;
    step *= t[i];
  }
  return s;
}

/// True when row_major and channels_last are the same order of bytes: one channel, or one spatial position.
constexpr bool same_in_every_layout(shape const& s) {
  return s.rank < 3 || s.dim[1] == 1 || s.product(2, s.rank) == 1;
}

/// Extents in a type.
template <index... Dims>
struct extents {
  static constexpr shape value = [] {
    shape s;
    (s.push_back(Dims), ...);
    return s;
  }();
};

/// A tensor in a type: what kernels are specialized on. T is the storage type.
template <class T, class Extents, layout Order = layout::row_major>
struct tensor {
  using value_type = T;
  using extents_type = Extents;
  static constexpr tensor_desc desc{dtype_of<T>, Order, Extents::value};
};

namespace detail {
template <class Holder, class Dims>
struct tensor_type;
template <class Holder, int... I>
struct tensor_type<Holder, std::integer_sequence<int, I...>> {
  using type = tensor<storage_t<Holder::value.type>, extents<Holder::value.extents.dim[I]...>, Holder::value.order>;
};
}  // namespace detail

/// The tensor type of the description Holder::value.
template <class Holder>
using tensor_of = typename detail::tensor_type<Holder, std::make_integer_sequence<int, Holder::value.rank()>>::type;

}  // namespace DSI_NAMESPACE

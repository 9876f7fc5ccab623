// SPDX-License-Identifier: MIT
// What all reductions share: sets of axes, the result's extents, the memory orders that agree.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// A set of axes: bit a for axis a >= 0, bit 15 - a for axis a < 0 (counted from the end), up to 15 and -15: more than a tensor
/// may have, so that a wrong one is known as such. An empty set means every axis.
using axis_set = std::uint32_t;

/// Every dimension from 2 on: what global pooling reduces.
inline constexpr axis_set spatial_axes = 1u << 31;

inline constexpr int axis_limit = 15;

/// The set that holds one axis. One that no tensor has counts as an axis that no tensor has, never as none.
constexpr axis_set axis_bit(index axis) {
  axis = axis < -axis_limit ? -axis_limit : axis > axis_limit ? axis_limit : axis;
  return axis >= 0 ? 1u << static_cast<unsigned>(axis) : 1u << static_cast<unsigned>(15 - axis);
}
/// axes(2, 3), axes(-1): a set for an attribute.
template <class... I>
consteval axis_set axes(I... axis) {
  return (axis_set{0} | ... | axis_bit(static_cast<index>(axis)));
}

/// The set as bits of a tensor's dimensions. `missing`, when given, becomes an axis that the tensor does not have.
constexpr unsigned reduced_dims(axis_set set, int rank, index* missing = nullptr) {
  unsigned const every = (1u << static_cast<unsigned>(rank)) - 1u;
  if (set == 0) return every;
  unsigned dims = (set & spatial_axes) != 0 ? every & ~3u : 0u;
  for (int a = -axis_limit; a <= axis_limit; ++a) {
    if ((set & axis_bit(a)) == 0) continue;
    int const d = a < 0 ? a + rank : a;
    if (d >= 0 && d < rank) dims |= 1u << static_cast<unsigned>(d);
    else if (missing != nullptr) *missing = a;
  }
  return dims;
}
constexpr bool has_dim(unsigned dims, int d) { return (dims >> static_cast<unsigned>(d) & 1u) != 0; }

/// Elements that go into one result.
constexpr index reduced_count(axis_set set, tensor_desc const& x) {
  unsigned const dims = reduced_dims(set, x.rank());
  index n = 1;
  for (int d = 0; d < x.rank(); ++d)
    if (has_dim(dims, d)) n *= x[d];
  return n;
}

constexpr inferred infer_reduction(axis_set set, bool keepdims, op_inputs in) {
  if (in.count != 1) return {invalid::input_count, 1, in.count};
  tensor_desc const& x = in[0];
  if (!contains(numeric_types, x.type)) return {invalid::input_type, 0, static_cast<index>(x.type)};
  index missing = axis_limit + 1;
  unsigned const dims = reduced_dims(set, x.rank(), &missing);
  if (missing != axis_limit + 1) return {invalid::axis, missing, x.rank()};
  tensor_desc y{x.type, layout::row_major, {}};
  for (int d = 0; d < x.rank(); ++d) {
    if (!has_dim(dims, d)) y.extents.push_back(x[d]);
    else if (keepdims) y.extents.push_back(1);
  }
  return y;
}

/// keepdims: the result has the input's order. Otherwise the result is row-major, and a channels-last input is read as it
/// is when what remains of it then lies in the same order: at most channels or at most spatial dimensions are left.
constexpr op_traits reduction_traits(axis_set set, bool keepdims, op_inputs in) {
  op_traits t{.anchor = true, .layouts = layout_rule::row_major};
  if (in.count < 1 || in[0].rank() < 3) return t;
  if (keepdims) {
    t.layouts = layout_rule::same;
    return t;
  }
  unsigned const dims = reduced_dims(set, in[0].rank());
  index channels = has_dim(dims, 1) ? 1 : in[0][1], spatial = 1;
  for (int d = 2; d < in[0].rank(); ++d) spatial *= has_dim(dims, d) ? 1 : in[0][d];
  if (channels == 1 || spatial == 1) t.layouts = layout_rule::any;
  return t;
}

/// What a reduction does with the elements.
enum class reduction : std::uint8_t { sum, mean, max, min, prod };

/// An operator that reduces over `axes`, keeping the dimensions as extents of 1 if `keepdims`.
template <class Value>
concept reduction_operator = requires(Value const& op) {
  { Value::kind } -> std::convertible_to<reduction>;
  { op.axes } -> std::convertible_to<axis_set>;
  { op.keepdims } -> std::convertible_to<bool>;
};

static_assert(max_rank < axis_limit && reduced_dims(axes(2, -1), 4) == 0b1100u && reduced_dims(0, 3) == 0b111u && reduced_dims(spatial_axes, 5) == 0b11100u);

}  // namespace DSI_NAMESPACE

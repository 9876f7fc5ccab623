// SPDX-License-Identifier: MIT
// Other extents for the same elements.
#pragma once

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The same elements in row-major order under new extents. ONNX: Reshape, Flatten, Squeeze, Unsqueeze, Identity.
/// Costs nothing: the output is the input's memory.
struct reshape_attributes {
  static constexpr std::string_view name = "reshape";
  static constexpr op_traits traits{.view = true};
  shape to{};

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (in[0].size() != to.size()) return {invalid::reshape_size, in[0].size(), to.size()};
    return tensor_desc{in[0].type, layout::row_major, to};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(reshape_attributes const&) const = default;
};
template <index... Dims>
using reshape = with_attributes<reshape_attributes{[] { shape s; (s.push_back(Dims), ...); return s; }()}>;

/// [d0, d1, ...] becomes [d0..d(Axis-1), rest]: ONNX Flatten keeps both sides as one dimension each.
struct flatten_attributes {
  static constexpr std::string_view name = "flatten";
  static constexpr op_traits traits{.view = true};
  int axis = 1;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    int const a = axis < 0 ? axis + in[0].rank() : axis;
    if (a < 0 || a > in[0].rank()) return {invalid::axis, axis, in[0].rank()};
    return tensor_desc{in[0].type, layout::row_major,
                       shape(in[0].extents.product(0, a), in[0].extents.product(a, in[0].rank()))};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("axis", axis); }
  constexpr bool operator==(flatten_attributes const&) const = default;
};
template <int Axis = 1>
using flatten = with_attributes<flatten_attributes{Axis}>;

}  // namespace DSI_NAMESPACE

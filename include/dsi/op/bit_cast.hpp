// SPDX-License-Identifier: MIT
// The same bits as another element type.
#pragma once

#include <dsi/op/element_types.hpp>
#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

/// The elements' bits as elements of another type of the same size; as bool, every byte but 0 is true. ONNX: BitCast (to).
struct bit_cast_attributes {
  static constexpr std::string_view name = "bit_cast";
  static constexpr op_traits traits{.layouts = layout_rule::same};
  dtype to = dtype::f32;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    if (size_of(in[0].type) != size_of(to)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    return tensor_desc{to, layout::row_major, in[0].extents};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(bit_cast_attributes const&) const = default;
};
template <class T>
using bit_cast = with_attributes<bit_cast_attributes{dtype_of<T>}>;

}  // namespace DSI_NAMESPACE

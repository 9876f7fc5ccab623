// SPDX-License-Identifier: MIT
// Logic on bool tensors.
#pragma once

#include <dsi/op/comparison.hpp>

namespace DSI_NAMESPACE {

/// Base of logical operators: broadcasting, bool in and out.
template <int Arity>
struct logical : elementwise<Arity, bool_type> {
  constexpr inferred infer(op_inputs in) const {
    for (int i = 0; i < in.count; ++i)
      if (in[i].type != dtype::boolean) return {invalid::input_type, i, static_cast<index>(in[i].type)};
    return elementwise<Arity, bool_type>::infer(in);
  }
  constexpr bool operator==(logical const&) const = default;
};

/// y = not x.
struct logical_not : logical<1> {
  static constexpr std::string_view name = "logical_not";
  static constexpr std::string_view onnx = "Not";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return detail::truth<V>(x == V(0)); }
};

/// y = a and b.
struct logical_and : logical<2> {
  static constexpr std::string_view name = "logical_and";
  static constexpr std::string_view onnx = "And";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(!((a == V(0)) | (b == V(0)))); }
};

/// y = a or b.
struct logical_or : logical<2> {
  static constexpr std::string_view name = "logical_or";
  static constexpr std::string_view onnx = "Or";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(!((a == V(0)) & (b == V(0)))); }
};

/// y = a or b, but not both.
struct logical_xor : logical<2> {
  static constexpr std::string_view name = "logical_xor";
  static constexpr std::string_view onnx = "Xor";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(!(a == b)); }
};

}  // namespace DSI_NAMESPACE

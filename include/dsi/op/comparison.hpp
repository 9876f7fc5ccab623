// SPDX-License-Identifier: MIT
// Comparisons: two tensors of one type, a bool tensor as result.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

namespace detail {
/// A condition as 1 or 0 of the type that the expression computes in. A bool tensor inside an expression is such numbers, so
/// that apply() has one type as everywhere; kernels convert where they load and store.
template <class V, class Condition>
DSI_HD DSI_INLINE V truth(Condition c) {
  if constexpr (math::lanes<V>) return math::select(c, V(1), V(0));
  else return static_cast<V>(c);
}
}  // namespace detail

/// Base of comparisons: broadcasting, any element type, bool out.
struct comparison : elementwise<2, any_type> {
  constexpr inferred infer(op_inputs in) const {
    inferred y = elementwise<2, any_type>::infer(in);
    y.out[0].type = dtype::boolean;
    return y;
  }
  constexpr bool operator==(comparison const&) const = default;
};

/// y = a == b. False where either is NaN; -0 equals +0.
struct equal : comparison {
  static constexpr std::string_view name = "equal";
  static constexpr std::string_view onnx = "Equal";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(a == b); }
};

/// y = a > b. False where either is NaN.
struct greater : comparison {
  static constexpr std::string_view name = "greater";
  static constexpr std::string_view onnx = "Greater";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(a > b); }
};

/// y = a >= b. False where either is NaN.
struct greater_or_equal : comparison {
  static constexpr std::string_view name = "greater_or_equal";
  static constexpr std::string_view onnx = "GreaterOrEqual";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(a >= b); }
};

/// y = a < b. False where either is NaN.
struct less : comparison {
  static constexpr std::string_view name = "less";
  static constexpr std::string_view onnx = "Less";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(a < b); }
};

/// y = a <= b. False where either is NaN.
struct less_or_equal : comparison {
  static constexpr std::string_view name = "less_or_equal";
  static constexpr std::string_view onnx = "LessOrEqual";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) { return detail::truth<V>(a <= b); }
};

}  // namespace DSI_NAMESPACE

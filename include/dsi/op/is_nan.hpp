// SPDX-License-Identifier: MIT
// Which elements are not a number.
#pragma once

#include <dsi/op/comparison.hpp>

namespace DSI_NAMESPACE {

/// y = x is NaN, as bool. Integers never are.
struct is_nan : elementwise<1> {
  static constexpr std::string_view name = "is_nan";
  static constexpr std::string_view onnx = "IsNaN";
  constexpr inferred infer(op_inputs in) const {
    inferred y = elementwise<1>::infer(in);
    y.out[0].type = dtype::boolean;
    return y;
  }
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return V(1) - detail::truth<V>(x == x); }
};

}  // namespace DSI_NAMESPACE

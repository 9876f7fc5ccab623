// SPDX-License-Identifier: MIT
// Negation.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/numeric/wrapping.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = -x. The sign of NaN and of zero changes, too; the smallest integer stays itself.
struct neg : elementwise<1> {
  static constexpr std::string_view name = "neg";
  static constexpr std::string_view onnx = "Neg";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) {
    return wrapping_neg(x);
  }
};

}  // namespace DSI_NAMESPACE

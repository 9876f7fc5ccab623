// SPDX-License-Identifier: MIT
// Natural logarithm.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = ln x. log(+-0) is -inf, a negative x gives NaN, NaN stays NaN. Error: see math::log.
struct log : elementwise<1, float_types> {
  static constexpr std::string_view name = "log";
  static constexpr std::string_view onnx = "Log";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::log(x); }
};

}  // namespace DSI_NAMESPACE

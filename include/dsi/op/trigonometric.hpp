// SPDX-License-Identifier: MIT
// Tangent and the inverse trigonometric functions; angles in radians.
#pragma once

#include <dsi/numeric/math_trigonometric.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = tan(x). Infinities and NaN give NaN. Error: see math::tan.
struct tan : elementwise<1, float_types> {
  static constexpr std::string_view name = "tan";
  static constexpr std::string_view onnx = "Tan";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::tan(x); }
};

/// y = arcsin(x) in [-pi/2, pi/2]; NaN outside [-1, 1]. Error: see math::asin.
struct asin : elementwise<1, float_types> {
  static constexpr std::string_view name = "asin";
  static constexpr std::string_view onnx = "Asin";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::asin(x); }
};

/// y = arccos(x) in [0, pi]; NaN outside [-1, 1]. Error: see math::acos.
struct acos : elementwise<1, float_types> {
  static constexpr std::string_view name = "acos";
  static constexpr std::string_view onnx = "Acos";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::acos(x); }
};

/// y = arctan(x) in [-pi/2, pi/2]. Error: see math::atan.
struct atan : elementwise<1, float_types> {
  static constexpr std::string_view name = "atan";
  static constexpr std::string_view onnx = "Atan";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::atan(x); }
};

}  // namespace DSI_NAMESPACE

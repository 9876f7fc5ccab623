// SPDX-License-Identifier: MIT
// Hyperbolic sine and cosine, and the inverse hyperbolic functions.
#pragma once

#include <dsi/numeric/math_trigonometric.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = (e^x - e^-x) / 2. Error: see math::sinh.
struct sinh : elementwise<1, float_types> {
  static constexpr std::string_view name = "sinh";
  static constexpr std::string_view onnx = "Sinh";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::sinh(x); }
};

/// y = (e^x + e^-x) / 2. Error: see math::cosh.
struct cosh : elementwise<1, float_types> {
  static constexpr std::string_view name = "cosh";
  static constexpr std::string_view onnx = "Cosh";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::cosh(x); }
};

/// The y with sinh(y) = x. Error: see math::asinh.
struct asinh : elementwise<1, float_types> {
  static constexpr std::string_view name = "asinh";
  static constexpr std::string_view onnx = "Asinh";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::asinh(x); }
};

/// The y >= 0 with cosh(y) = x; NaN below 1. Error: see math::acosh.
struct acosh : elementwise<1, float_types> {
  static constexpr std::string_view name = "acosh";
  static constexpr std::string_view onnx = "Acosh";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::acosh(x); }
};

/// The y with tanh(y) = x; infinite for 1 and -1, NaN outside. Error: see math::atanh.
struct atanh : elementwise<1, float_types> {
  static constexpr std::string_view name = "atanh";
  static constexpr std::string_view onnx = "Atanh";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V x) { return math::atanh(x); }
};

}  // namespace DSI_NAMESPACE

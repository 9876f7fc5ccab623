// SPDX-License-Identifier: MIT
// Power.
#pragma once

#include <dsi/numeric/math.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE {

/// y = a^b, broadcasting; a and b have one type (ONNX Pow allows others for b: cast it). Error: see math::pow.
/// pow(x, 0) and pow(1, y) are 1 even for NaN; a negative base needs an integral exponent, else NaN. Integers: the product
/// wraps, a negative exponent gives 0 (but 1 or -1 for those bases).
struct power : elementwise<2> {
  static constexpr std::string_view name = "power";
  static constexpr std::string_view onnx = "Pow";
  template <class V>
  DSI_HD DSI_INLINE static V apply(V a, V b) {
    if constexpr (std::integral<V>) {
      if (b < V(0)) {
        bool const odd = (static_cast<std::uint64_t>(b) & 1u) != 0;
        if (a == V(1)) return V(1);
        return a == static_cast<V>(-1) ? (odd ? a : V(1)) : V(0);
      }
      std::uint64_t y = 1, factor = static_cast<std::uint64_t>(a);
      for (auto rest = static_cast<std::uint64_t>(b); rest != 0; rest >>= 1, factor *= factor)
        if ((rest & 1u) != 0) y *= factor;
      return static_cast<V>(y);
    } else {
      return math::pow(a, b);
    }
  }
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Affine integers: bytes that stand for value = scale * (byte - zero_point), and the two conversions, written down exactly.
#pragma once

#include <concepts>
#include <limits>

#include <dsi/numeric/dtype.hpp>
#include <dsi/numeric/float_bits.hpp>
#include <dsi/numeric/primitives.hpp>

namespace DSI_NAMESPACE {

/// What the integers on an edge stand for. A plain value, so that it can be a template argument.
struct quantization {
  float_bits scale{};    ///< positive and finite
  int zero_point = 0;    ///< the integer that stands for 0; representable in the edge's type
  bool present = false;  ///< false: the integers are numbers in their own right
  constexpr bool operator==(quantization const&) const = default;
};

/// Element type of an edge: bytes of type T that stand for Scale * (byte - ZeroPoint).
///   input<affine<std::uint8_t, constant(0.05f), 128>, 64>
/// Memory holds T; the graph keeps scale and zero point; kernels see T alone.
template <class T, float_bits Scale, int ZeroPoint>
  requires(std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t>)
struct affine {
  static_assert(Scale.value() > 0 && Scale.value() <= std::numeric_limits<float>::max(), "dsi::affine: the scale must be positive and finite");
  static_assert(ZeroPoint >= std::numeric_limits<T>::min() && ZeroPoint <= std::numeric_limits<T>::max(),
                "dsi::affine: the zero point must be a value of the storage type");
  using storage = T;
  static constexpr quantization parameters{Scale, ZeroPoint, true};
};

namespace detail {
template <class T, float_bits Scale, int ZeroPoint>
struct dtype_trait<affine<T, Scale, ZeroPoint>> : dtype_trait<T> {};

template <class T>
inline constexpr int least_byte = std::numeric_limits<T>::min();
template <class T>
inline constexpr int greatest_byte = std::numeric_limits<T>::max();

template <class T>
struct quantization_trait {
  static constexpr quantization value{};
};
template <class T, float_bits Scale, int ZeroPoint>
struct quantization_trait<affine<T, Scale, ZeroPoint>> {
  static constexpr quantization value = affine<T, Scale, ZeroPoint>::parameters;
};
}  // namespace detail

/// The quantization of an edge's element type; not present for all but affine<...>.
template <class T>
inline constexpr quantization quantization_of = detail::quantization_trait<T>::value;

/// The nearest integer of type T, ties to even; values beyond its range, infinities too, give the nearest end; NaN gives the
/// zero point. ONNX QuantizeLinear, y = saturate(round(x / scale) + zero_point): the division is the float division.
template <class T>
DSI_HD DSI_INLINE T quantize_value(float x, float scale, int zero_point) {
  float const low = static_cast<float>(detail::least_byte<T> - zero_point), high = static_cast<float>(detail::greatest_byte<T> - zero_point);
  float q = x / scale;
  if (!(q == q)) q = 0;
  q = q < low ? low : q > high ? high : q;
  return static_cast<T>(static_cast<int>(math::detail::round_even_of(q)) + zero_point);
}
/// scale * (q - zero_point); the difference is exact, the product rounds once. ONNX DequantizeLinear.
DSI_HD DSI_INLINE float dequantize_value(int q, float scale, int zero_point) { return static_cast<float>(q - zero_point) * scale; }

/// A sum of products as an integer of the next layer:
///   clamp(round_even(float(sum) * multiplier) + zero, low, high)
/// float(sum) rounds to nearest even (exact below 2^24), the product rounds once, then to an integer, ties to even. Every
/// backend does exactly this, so that all give the same bytes.
struct requantization {
  int zero = 0;    ///< zero point of the result
  int low = 0;     ///< ends of the result: those of its type, or the zero point where a ReLU is fused
  int high = 255;
  constexpr bool operator==(requantization const&) const = default;
};
DSI_HD DSI_INLINE int requantize(std::int32_t sum, float multiplier, requantization r) {
  float const low = static_cast<float>(r.low - r.zero), high = static_cast<float>(r.high - r.zero);
  float v = static_cast<float>(sum) * multiplier;
  v = v < low ? low : v;  // the ends are integers: clamping first gives the same and cannot overflow
  v = v > high ? high : v;
  return static_cast<int>(math::detail::round_even_of(v)) + r.zero;
}

}  // namespace DSI_NAMESPACE

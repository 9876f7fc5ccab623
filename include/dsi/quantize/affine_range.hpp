// SPDX-License-Identifier: MIT
// From a range of values to a scale and a zero point.
#pragma once

#include <dsi/numeric/affine.hpp>

namespace DSI_NAMESPACE {

/// How a range of floats becomes integers.
enum class affine_scheme : std::uint8_t {
  asymmetric,  ///< exactly the range, widened to contain 0
  symmetric,   ///< the same distance to both sides of 0; the zero point is the middle of the type
};

/// Scale and zero point for values in [low, high] as integers of type T. 0 is represented exactly, as padding and ReLU want it.
/// A range of zeros alone gets scale 1.
template <class T>
constexpr quantization affine_of_range(float low, float high, affine_scheme scheme) {
  constexpr int first = std::numeric_limits<T>::min(), last = std::numeric_limits<T>::max();
  double l = low < 0 ? static_cast<double>(low) : 0, h = high > 0 ? static_cast<double>(high) : 0;
  quantization q{.present = true};
  double scale;
  if (scheme == affine_scheme::symmetric) {
    double const m = -l > h ? -l : h;
    scale = m / 127;  // -128 stays unused in int8, 0 in uint8
    q.zero_point = (first + last + 1) / 2;
  } else {
    scale = (h - l) / (last - first);
  }
  // Smaller ones would be subnormal as floats, or become so in the products of scales.
  auto const s = static_cast<float>(scale > 1e-18 ? scale : l == 0 && h == 0 ? 1 : 1e-18);
  if (scheme == affine_scheme::asymmetric) {
    double const z = first - l / static_cast<double>(s) + 0.5;
    q.zero_point = z >= last ? last : z <= first ? first : static_cast<int>(z - first) + first;
  }
  q.scale.bits = __builtin_bit_cast(std::uint32_t, s);
  return q;
}

static_assert(affine_of_range<std::uint8_t>(0, 255, affine_scheme::asymmetric) == quantization{constant(1), 0, true});
static_assert(affine_of_range<std::uint8_t>(-1, 3, affine_scheme::asymmetric).zero_point == 64);
static_assert(affine_of_range<std::int8_t>(-255, 0, affine_scheme::asymmetric) == quantization{constant(1), 127, true});
static_assert(affine_of_range<std::int8_t>(-127, 5, affine_scheme::symmetric) == quantization{constant(1), 0, true});
static_assert(affine_of_range<std::uint8_t>(-127, 5, affine_scheme::symmetric) == quantization{constant(1), 128, true});
static_assert(affine_of_range<std::uint8_t>(0, 0, affine_scheme::asymmetric) == quantization{constant(1), 0, true});

}  // namespace DSI_NAMESPACE

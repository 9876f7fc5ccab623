// SPDX-License-Identifier: MIT
// How far a tensor is from what it should be: relative to the tensor, and in units in the last place of each element.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE::import {

/// Values beyond this are taken for masks (-1e9, -3.4e38 before a softmax): they are held against themselves, not against the rest, whose
/// errors would vanish beside them.
inline constexpr double mask_magnitude = 1e8;

/// What a comparison of two tensors found.
struct tensor_error {
  index count = 0;          ///< elements
  index beyond = 0;         ///< elements further apart than tolerance * max_expected
  double max_abs = 0;       ///< largest |actual - expected|, of a mask in proportion to it; infinity when only one of both is a number
  double max_expected = 0;  ///< largest |expected| that is no mask
  double relative = 0;      ///< max_abs / max_expected; max_abs itself where everything expected is 0
  /// In units in the last place of the expected value: the median, 99 of 100 elements, all of them. What is below a millionth of the
  /// largest value counts in units of that: a 0 has no last place.
  double ulp_half = 0, ulp_most = 0, ulp_max = 0;
  index at = 0;             ///< the worst element, flat in ONNX's order
  double actual = 0, expected = 0;  ///< its values
};

/// The distance of two neighbours of type t at x: what one unit in the last place is worth. 1 for integers and bool.
inline double spacing_at(dtype t, double x) {
  struct format {
    int digits, least;
  };
  format f{};
  switch (t) {
    case dtype::f32: f = {24, -126}; break;
    case dtype::f64: f = {53, -1022}; break;
    case dtype::f16: f = {11, -14}; break;
    case dtype::bf16: f = {8, -126}; break;
    default: return 1;
  }
  int const exponent = x == 0 || !std::isfinite(x) ? f.least : std::max(std::ilogb(x), f.least);
  return std::ldexp(1.0, exponent - (f.digits - 1));
}

/// Compares two tensors of the same extents; t is the type in which `actual` was computed.
inline tensor_error compare_values(dtype t, std::vector<double> const& actual, std::vector<double> const& expected, double tolerance) {
  tensor_error d;
  d.count = static_cast<index>(actual.size());
  for (double e : expected)
    if (std::abs(e) < mask_magnitude) d.max_expected = std::max(d.max_expected, std::abs(e));
  double const scale = d.max_expected > 0 ? d.max_expected : 1;
  std::vector<double> ulps(actual.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    double const a = actual[i], e = expected[i];
    bool const same = a == e || (std::isnan(a) && std::isnan(e));
    double apart = same ? 0 : std::isfinite(a) && std::isfinite(e) ? std::abs(a - e) : std::numeric_limits<double>::infinity();
    ulps[i] = apart / spacing_at(t, std::max(std::abs(e), 1e-6 * d.max_expected));
    if (std::isfinite(apart) && std::abs(e) >= mask_magnitude) apart *= scale / std::abs(e);
    d.beyond += apart > tolerance * scale ? 1 : 0;
    if (apart > d.max_abs) {
      d.max_abs = apart;
      d.at = static_cast<index>(i);
      d.actual = a;
      d.expected = e;
    }
  }
  d.relative = d.max_abs / scale;
  if (ulps.empty()) return d;
  auto const rank = [&ulps](double part) {
    auto const at = ulps.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(ulps.size() - 1));
    std::nth_element(ulps.begin(), at, ulps.end());
    return *at;
  };
  d.ulp_half = rank(0.5);
  d.ulp_most = rank(0.99);
  d.ulp_max = rank(1);
  return d;
}

}  // namespace DSI_NAMESPACE::import

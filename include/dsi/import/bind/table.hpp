// SPDX-License-Identifier: MIT
// The table of ONNX operators: each family adds its own.
#pragma once

#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include <dsi/import/binding.hpp>

namespace DSI_NAMESPACE::import {

/// What dsi knows of one ONNX operator.
struct onnx_operator {
  /// Reads the binding, calls emit() and finish(), or refuse().
  void (*translate)(binding&);
  int least = 1, most = 1;           ///< inputs; the first `least` cannot be left out
  std::string_view attributes = {};  ///< those of opset 7 and later, separated by spaces
};
using onnx_table = std::map<std::string, onnx_operator, std::less<>>;

namespace detail {

inline constexpr int any_number = std::numeric_limits<int>::max();

inline float_bits bits_of(float v) { return float_bits{std::bit_cast<std::uint32_t>(v)}; }
inline std::vector<index> dims_of(binding const& b, int i) { return dims_of(b.desc(i).extents); }
/// Axes from input `i` (newer opsets) or from the attribute.
inline std::vector<std::int64_t> axes_of(binding& b, int i = 1) {
  if (b.has(i)) return b.constant_integers(i, "axes");
  return b.integers("axes");
}

/// Position of a text in a list; refuses the node when it is not there.
inline std::size_t choice(binding& b, std::string_view attribute, std::string const& given, std::initializer_list<std::string_view> known) {
  std::size_t i = 0;
  std::string all;
  for (std::string_view k : known) {
    if (k == given) return i;
    ++i;
    all += (all.empty() ? "" : ", ") + std::string(k);
  }
  b.refuse(std::string(attribute) + " is " + in_quotes(given), "use one of " + all);
  return 0;
}

}  // namespace detail
}  // namespace DSI_NAMESPACE::import

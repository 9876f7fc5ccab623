// SPDX-License-Identifier: MIT
// The table of ONNX operators: each family adds its own.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <dsi/import/binding.hpp>

namespace DSI_NAMESPACE::import {

/// Translates one ONNX node: reads the binding, calls emit() and finish(), or refuse().
using onnx_operator = std::function<void(binding&)>;
using onnx_table = std::map<std::string, onnx_operator, std::less<>>;

namespace detail {

inline float_bits bits_of(float v) { return float_bits{std::bit_cast<std::uint32_t>(v)}; }
inline shape shape_from(std::vector<index> const& dims) {
  shape s;
  for (index d : dims) s.push_back(d);
  return s;
}
inline std::vector<index> dims_of(binding const& b, int i) {
  shape const s = b.desc(i).extents;
  return {s.dim, s.dim + s.rank};
}
/// Axes from input `i` (newer opsets) or from the attribute.
inline std::vector<std::int64_t> axes_of(binding& b, int i = 1) {
  if (b.has(i)) return b.constant_integers(i, "axes");
  return b.integers("axes");
}

}  // namespace detail
}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// What ONNX's shape operators do to extents: Reshape, Squeeze, Unsqueeze, the clamping of Slice.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::import {

/// Reshape's new extents: 0 keeps (unless allow_zero), -1 is what remains. Empty optional when they do not fit.
inline std::optional<std::vector<index>> reshape_extents(std::vector<index> const& from, std::vector<std::int64_t> const& to, bool allow_zero) {
  std::vector<index> dims;
  index total = 1, known = 1;
  for (index d : from) total = checked_product(total, d);
  int open = -1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    index d = to[i];
    if (d == 0 && !allow_zero) {
      if (i >= from.size()) return std::nullopt;
      d = from[i];
    }
    if (d < -1 || (d == -1 && open >= 0)) return std::nullopt;
    if (d == -1) open = static_cast<int>(i);
    else known = checked_product(known, d);
    dims.push_back(d);
  }
  if (total < 0 || known < 0) return std::nullopt;
  if (open >= 0) {
    if (known == 0 || total % known != 0) return std::nullopt;
    dims[static_cast<std::size_t>(open)] = total / known;
  } else if (known != total) {
    return std::nullopt;
  }
  return dims;
}

/// Unsqueeze's extents; empty optional for a bad axis.
inline std::optional<std::vector<index>> unsqueezed(std::vector<index> const& dims, std::vector<std::int64_t> axes) {
  auto const rank = static_cast<std::int64_t>(dims.size() + axes.size());
  std::vector<bool> fresh(static_cast<std::size_t>(rank), false);
  for (std::int64_t& a : axes) {
    if (a < 0) a += rank;
    if (a < 0 || a >= rank || fresh[static_cast<std::size_t>(a)]) return std::nullopt;
    fresh[static_cast<std::size_t>(a)] = true;
  }
  std::vector<index> y;
  std::size_t k = 0;
  for (bool f : fresh) y.push_back(f ? 1 : dims[k++]);
  return y;
}
/// Squeeze's extents; with `all`, every extent of 1 goes.
inline std::optional<std::vector<index>> squeezed(std::vector<index> const& dims, std::vector<std::int64_t> const& axes, bool all) {
  auto const rank = static_cast<std::int64_t>(dims.size());
  std::vector<bool> gone(dims.size(), false);
  for (std::size_t i = 0; i < dims.size(); ++i) gone[i] = all && dims[i] == 1;
  for (std::int64_t a : axes) {
    if (a < 0) a += rank;
    if (a < 0 || a >= rank || dims[static_cast<std::size_t>(a)] != 1) return std::nullopt;
    gone[static_cast<std::size_t>(a)] = true;
  }
  std::vector<index> y;
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (!gone[i]) y.push_back(dims[i]);
  return y;
}

/// A slice of one dimension after ONNX's clamping.
struct slice_range {
  index first = 0, count = 0;
};
inline slice_range clamp_slice(std::int64_t start, std::int64_t end, std::int64_t step, index d) {
  if (step == 0 || d == 0) return {};
  auto const wrapped = [d](std::int64_t v) { return v < 0 ? (v < -d ? -1 - d : v) + d : v; };
  if (step > 0) {
    index const s = std::clamp<std::int64_t>(wrapped(start), 0, d), e = std::clamp<std::int64_t>(wrapped(end), 0, d);
    return {s, e > s ? (e - s - 1) / step + 1 : 0};
  }
  index const s = std::clamp<std::int64_t>(wrapped(start), 0, d - 1), e = std::clamp<std::int64_t>(wrapped(end), -1, d - 1);
  index const back = step < -std::numeric_limits<index>::max() ? std::numeric_limits<index>::max() : -step;
  return {s, s > e ? (s - e - 1) / back + 1 : 0};
}

}  // namespace DSI_NAMESPACE::import

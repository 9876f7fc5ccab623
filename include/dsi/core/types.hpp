// SPDX-License-Identifier: MIT
// Integer types and small constexpr arithmetic used everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <dsi/core/config.hpp>

namespace DSI_NAMESPACE {

/// Extents, strides and offsets. Signed, so that differences are ordinary arithmetic.
using index = std::int64_t;

/// The most dimensions a tensor may have.
inline constexpr int max_rank = 8;

/// Alignment of every buffer that dsi owns, in bytes: one cache line, one AVX-512 register.
inline constexpr std::size_t alignment = 64;

DSI_HD constexpr index ceil_div(index a, index b) { return (a + b - 1) / b; }
DSI_HD constexpr index round_up(index a, index b) { return ceil_div(a, b) * b; }
DSI_HD constexpr index smaller(index a, index b) { return b < a ? b : a; }
DSI_HD constexpr index larger(index a, index b) { return a < b ? b : a; }

namespace detail {
inline constexpr index index_limit = std::numeric_limits<index>::max();  // a constant, since device code calls no host function
}  // namespace detail

/// a * b for a, b >= 0, or -1 when the product does not fit or a factor is already -1.
DSI_HD constexpr index checked_product(index a, index b) {
  if (a < 0 || b < 0) return -1;
  if (a != 0 && b > detail::index_limit / a) return -1;
  return a * b;
}

/// FNV-1a over 64-bit words: hashes of structures and names. Not cryptographic.
struct hasher {
  std::uint64_t value = 14695981039346656037ull;
  constexpr hasher& add(std::uint64_t word) {
    for (int i = 0; i < 8; ++i) value = (value ^ ((word >> (8 * i)) & 0xff)) * 1099511628211ull;
    return *this;
  }
  constexpr hasher& add_text(char const* first, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) value = (value ^ static_cast<unsigned char>(first[i])) * 1099511628211ull;
    return *this;
  }
};

}  // namespace DSI_NAMESPACE

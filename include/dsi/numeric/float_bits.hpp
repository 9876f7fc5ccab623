// SPDX-License-Identifier: MIT
// A float where a template argument is wanted.
#pragma once

#include <bit>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// A float in a template argument: clang 14 has no float template parameters, so the bits stand for it.
struct float_bits {
  std::uint32_t bits = 0;
  DSI_HD constexpr float value() const { return __builtin_bit_cast(float, bits); }
  constexpr bool operator==(float_bits const&) const = default;
};
/// constant(0.5f): a float for an operator's attributes.
consteval float_bits constant(float value) { return {std::bit_cast<std::uint32_t>(value)}; }

}  // namespace DSI_NAMESPACE

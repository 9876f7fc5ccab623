// SPDX-License-Identifier: MIT
// A string that can be a template argument: node<"conv1", ...>.
#pragma once

#include <string_view>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// Characters in a type. N counts the terminating zero.
template <std::size_t N>
struct fixed_string {
  char text[N]{};
  // NOLINTNEXTLINE(google-explicit-constructor): a literal must convert, that is its purpose.
  constexpr fixed_string(char const (&literal)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
  constexpr bool operator==(fixed_string const&) const = default;
};

}  // namespace DSI_NAMESPACE

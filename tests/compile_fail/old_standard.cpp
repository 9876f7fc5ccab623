// SPDX-License-Identifier: MIT
// EXPECT: dsi: C++20 is required; compile with -std=c++20 or set CMAKE_CXX_STANDARD 20
// BAD-FLAGS: -std=c++17
#include <dsi/core/config.hpp>

int main() {}

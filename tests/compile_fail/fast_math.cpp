// SPDX-License-Identifier: MIT
// EXPECT: dsi: -ffast-math (also part of -Ofast) breaks the stated error bounds and NaN rules; compile this file without it
// BAD-FLAGS: -ffast-math
#include <dsi/kernel/kernel.hpp>

int main() {}

// SPDX-License-Identifier: MIT
// Compiled once for each flag that lets the compiler use more: the unit must say that it needs it.
#include <dsi/embedded_cpu.hpp>

static_assert((dsi::embed::compiled_features() & dsi::embed::EXPECTED_FEATURE) != 0, "a unit with these flags claims too little");
static_assert(dsi::embed::for_these_flags({}).features == dsi::embed::compiled_features());

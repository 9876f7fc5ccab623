// SPDX-License-Identifier: MIT
// EXPECT: the budget of this program
#include <dsi/dsi.hpp>

struct net : dsi::pipeline<dsi::input<float, 1, 64>, dsi::dense<10>> {};
#ifdef GOOD
static_assert(dsi::cost<net>.macs <= 640, "the budget of this program");
#else
static_assert(dsi::cost<net>.macs <= 639, "the budget of this program");
#endif

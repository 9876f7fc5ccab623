// SPDX-License-Identifier: MIT
// EXPECT: deleted
#include <dsi/dsi.hpp>

struct net : dsi::pipeline<dsi::input<float, 4>, dsi::relu> {};
void run() {
  auto const kept = dsi::weights<net>::from({});
#ifdef GOOD
  dsi::engine<net> e(*kept);
  e.bind(*kept);
#else
  dsi::engine<net> e(*dsi::weights<net>::from({}));
  e.bind(*dsi::weights<net>::from({}));
#endif
}

// SPDX-License-Identifier: MIT
// EXPECT: dsi: the network has no output of this name; see the list in its generated header
#include <dsi/embedded_net.hpp>

// What a generated header holds, in short.
struct table {
  static dsi::embed::model const& get();
};
struct net : dsi::embed::net<net, table, 0, dsi::embed::ports<dsi::embed::port<"pixels", float, 64>>, dsi::embed::ports<dsi::embed::port<"scores", float, 10>>, 0, true> {};

#ifdef GOOD
float first(net& n) { return n.output<"scores">()[0]; }
#else
float first(net& n) { return n.output<"pixels">()[0]; }
#endif

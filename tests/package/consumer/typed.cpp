// SPDX-License-Identifier: MIT
// A network written by hand, with weights in the binary and without.
#include "check.hpp"

#include <bare.hpp>
#include <scaler_net.hpp>

#include <type_traits>

int main() {
  static_assert(!std::is_default_constructible_v<bare::net> && std::is_default_constructible_v<scaler_net::net>);
  static_assert(std::is_same_v<scaler_net::net, scaler_net::batch<2>>);
  scaler_net::net net;
  for (float& v : net.input<0>()) v = 2.f;
  net.run();
  EXPECT(net.output<0>()[31] == 14.f);
  return finish(net);
}

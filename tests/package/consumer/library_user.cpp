// SPDX-License-Identifier: MIT
// Uses networks inside libraries of every kind; that of the shared one, which is PUBLIC, directly as well.
#include "check.hpp"

#include <inside.hpp>

float through_inside(float x);
float through_archived(float x);
float through_bundled(float x);

int main() {
  inside::net net;
  check_run(net, 2.5f);
  EXPECT(through_inside(2.f) == 5.f);
  EXPECT(through_archived(4.f) == 10.f);
  EXPECT(through_bundled(6.f) == 15.f);
  return finish(net);
}

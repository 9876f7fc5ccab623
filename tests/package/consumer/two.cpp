// SPDX-License-Identifier: MIT
// Two networks in one program, and a name made from a file's stem.
#include "check.hpp"

#include <first.hpp>
#include <other_net.hpp>

int main() {
  first::net a;
  other_net::net b;
  check_run(a, 2.5f);
  check_run(b, -3.f);
  check_run(a, 2.5f);
  std::printf("%.*s ", static_cast<int>(a.isa().size()), a.isa().data());
  return finish(b);
}

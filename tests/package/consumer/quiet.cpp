// SPDX-License-Identifier: MIT
// Built with -fno-exceptions -fno-rtti: errors are values, and what cannot be one ends the program with a message.
#include "check.hpp"

#include <quiet.hpp>

int main() {
  auto made = quiet::net::create();
  if (!made) {
    EXPECT(made.error().what.view().find("DSI_ISA") != std::string_view::npos);
    quiet::net ends;
    return 2;
  }
  check_run(*made, 2.5f);
  return finish(*made);
}

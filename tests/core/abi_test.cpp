// SPDX-License-Identifier: MIT
// Files with different flags in one program: none gets another's functions.
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/tensor/storage.hpp>

#include "abi/unit.hpp"

namespace {
struct unit {
  int number;
  int (*stayed)();
  std::string native;
};
std::vector<unit>& units() {
  static std::vector<unit> all;
  return all;
}
}  // namespace

void abi::add(int number, int (*stayed)(), char const* native) { units().push_back({number, stayed, native}); }

TEST_CASE("files for different instruction sets share no function") {
  REQUIRE(units().size() == ABI_UNITS);
  for (unit const& u : units()) {
    CAPTURE(u.number);
    CAPTURE(u.native);
    CHECK(u.stayed() == u.number);
  }
}

TEST_CASE("a file without exceptions does not take them from another") {
  // The linker met the file without them first.
  CHECK_THROWS_AS(dsi::out_of_memory(), std::bad_alloc);
}

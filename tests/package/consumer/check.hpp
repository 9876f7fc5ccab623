// SPDX-License-Identifier: MIT
// What each consumer program of these tests checks and prints: a line per failure, and the instruction set that ran.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

inline int failures = 0;

#define EXPECT(Condition)                                                                    \
  do {                                                                                       \
    if (!(Condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #Condition); \
      ++failures;                                                                            \
    }                                                                                        \
  } while (false)

/// The fixture's number for an instruction set's name.
inline int ordinal_of(char const* isa) {
  char const* const names[] = {"base", "", "v2", "v3", "v4", "v4_vnni", "v4_bf16"};
  for (int i = 0; i < 7; ++i)
    if (std::strcmp(names[i], isa) == 0) return i;
  return std::strcmp(isa, "aarch64") == 0 ? 64 : -1;
}

/// Runs one batch-1 network of the fixture once on fresh inputs; what ran must be what isa() says and EXPECT_ISA asks for.
template <class Net>
void check_run(Net& net, float factor) {
  float x[16], y[16] = {};
  int which[2] = {};
  for (int i = 0; i < 16; ++i) x[i] = static_cast<float>(i) - 3.f;
  net.run(x, y, which);
  for (int i = 0; i < 16; ++i) EXPECT(y[i] == x[i] * factor);
  char isa[16] = {};
  std::memcpy(isa, net.isa().data(), net.isa().size());
  EXPECT(which[0] == ordinal_of(isa));
  char const* const wanted = std::getenv("EXPECT_ISA");
  if (wanted != nullptr) EXPECT(std::strcmp(isa, wanted) == 0);
}

template <class Net>
int finish(Net const& net) {
  if (failures == 0) std::printf("good %.*s\n", static_cast<int>(net.isa().size()), net.isa().data());
  return failures != 0;
}

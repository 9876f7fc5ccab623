// SPDX-License-Identifier: MIT
// One file that is compiled many times with different flags; its functions must stay its own when all are linked together.
#include <dsi/backend/simd/isa.hpp>
#include <dsi/tensor/storage.hpp>

#include "unit.hpp"

namespace DSI_NAMESPACE {
// As functions of the library are: one of equal names remains in the program. volatile, so that no caller knows the result.
DSI_NOINLINE inline int unit_that_stayed() {
  int volatile number = ABI_UNIT;
  return number;
}
}  // namespace DSI_NAMESPACE

namespace {
struct adder {
  adder() { abi::add(ABI_UNIT, &dsi::unit_that_stayed, dsi::simd::isa::native::name.data()); }
};
adder const added;
}  // namespace

// Never called. Where out_of_memory were a symbol, this file's would be the program's.
[[noreturn]] void ABI_END();
[[noreturn]] void ABI_END() { dsi::out_of_memory(); }

// SPDX-License-Identifier: MIT
// Reaches the units with the target's definitions, and without the target's instruction set.
#pragma once
static_assert(sizeof(QUOTED) == sizeof("two words"));
#if defined(__AVX2__) && !defined(__AVX512F__) && defined(__AES__)
#error "the user's flags reached a unit"
#endif

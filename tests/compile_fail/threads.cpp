// SPDX-License-Identifier: MIT
// EXPECT: dsi::spin<N>: N counts all threads, from 1 to dsi::max_threads
#include <dsi/parallel/spin.hpp>

#ifdef GOOD
constexpr int threads = 2;
#else
constexpr int threads = 0;
#endif
std::size_t bytes() { return sizeof(dsi::spin<threads>); }

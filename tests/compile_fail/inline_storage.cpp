// SPDX-License-Identifier: MIT
// EXPECT: dsi::inline_storage: the network needs more than 64 KiB; use heap_storage or static_storage
#include <dsi/dsi.hpp>

#ifdef GOOD
constexpr dsi::index width = 100;
#else
constexpr dsi::index width = 20000;
#endif
struct net : dsi::pipeline<dsi::input<float, 1, width>, dsi::relu, dsi::softmax> {};
std::size_t bytes() { return sizeof(dsi::engine<net, dsi::reference_backend, dsi::inline_storage>); }

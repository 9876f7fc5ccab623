// SPDX-License-Identifier: MIT
// dsi_add_model(... TYPE) computes what the headers alone compute: bit for bit, for one instruction set.
#include <mixed_net.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "mixed.hpp"

namespace {

using model = test::mixed;

/// Random values for every parameter.
std::vector<std::vector<float>> values(std::vector<std::string>& names) {
  std::vector<std::vector<float>> all;
  std::uint32_t state = 1;
  constexpr dsi::graph_view g = model::description.view();
  for (int t = 0; t < g.tensor_count; ++t) {
    if (g.tensors[t].kind != dsi::tensor_kind::parameter) continue;
    names.emplace_back(g.tensors[t].name.text().view());
    all.emplace_back();
    for (dsi::index i = 0; i < g.desc(t).size(); ++i) {
      state = state * 1664525u + 1013904223u;
      all.back().push_back(static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-33f);
    }
  }
  return all;
}

/// Asks for the instruction set that this file is compiled for. False, with a message, where the processor lacks it.
bool runs_here() {
  setenv("DSI_ISA", EXPECT_ISA, 1);
#if defined(__x86_64__)
  bool const good = (std::string_view(EXPECT_ISA) == "v2" && __builtin_cpu_supports("sse4.2")) ||
                    (std::string_view(EXPECT_ISA) == "v3" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) ||
                    (std::string_view(EXPECT_ISA) == "v4" && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"));
  if (!good) std::puts("not run: this processor lacks " EXPECT_ISA);
  return good;
#else
  return true;
#endif
}

}  // namespace

TEST_CASE("a type through dsi_add_model and with headers alone") {
  if (!runs_here()) return;
  std::vector<std::string> names;
  auto const all = values(names);
  std::vector<dsi::named_values> named;
  for (std::size_t i = 0; i < all.size(); ++i) named.emplace_back(names[i], all[i]);
  auto const weights = dsi::weights<model>::from(named);
  REQUIRE_MESSAGE(weights.has_value(), (weights ? "" : weights.error().what.c_str()));
  dsi::engine<model> headers{*weights};

  auto const loaded = mixed_net::weights::load(weights->bytes());
  REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : loaded.error().what.c_str()));
  auto made = mixed_net::net::create(*loaded);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().what.c_str()));
  mixed_net::net& embedded = *made;
  CHECK(embedded.isa() == EXPECT_ISA);
  static_assert(mixed_net::net::state_bytes == dsi::engine<model>::state_bytes && mixed_net::net::state_bytes > 0);

  std::array<float, 7> a{}, b{}, before{};
  for (int run = 0; run < 5; ++run) {  // the state of one run is the next one's
    std::array<float, 3 * 9 * 11> x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>((i * 37 + static_cast<std::size_t>(run) * 11) % 101) / 50.f - 1.f;
    headers.run(x, a);
    embedded.run(x, b);
    CHECK(std::memcmp(a.data(), b.data(), sizeof a) == 0);
    CHECK(a != before);
    before = a;
  }
  // The saved state of one is the other's: it is the network's, not the engine's.
  std::array<std::byte, mixed_net::net::state_bytes> s, t;
  headers.save(s);
  embedded.save(t);
  CHECK(s == t);
}

TEST_CASE("weights of another network are refused by both") {
  if (!runs_here()) return;
  struct other : dsi::pipeline<dsi::input<float, 4>, dsi::dense<3>> {};
  std::array<float, 12> const w{};
  std::array<float, 3> const b{};
  auto const packed = dsi::weights<other>::from({{"dense0.weight", w}, {"dense0.bias", b}});
  REQUIRE(packed.has_value());
  auto const first = dsi::weights<model>::load(packed->bytes());
  auto const second = mixed_net::weights::load(packed->bytes());
  REQUIRE((!first && !second));
  CHECK(first.error().code == dsi::errc::mismatch);
  CHECK(second.error().code == dsi::errc::mismatch);
  CHECK(first.error().what.view() == second.error().what.view());
}

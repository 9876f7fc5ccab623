// SPDX-License-Identifier: MIT
// Everything that the generated header offers, used once.
#include "check.hpp"

#include <scale.hpp>

#include <array>
#include <utility>
#include <vector>

namespace {

/// Weights as a tool would write them: the fixture's blob with another factor.
std::vector<std::byte> blob_with(float factor, std::uint64_t structure = 0x5eed) {
  std::vector<std::byte> bytes(64);
  std::uint32_t bits;
  std::memcpy(&bits, &factor, 4);
  std::uint64_t const checksum = 7 + bits;
  std::memcpy(bytes.data(), "fixture", 8);
  std::memcpy(&bytes[8], &structure, 8);
  std::memcpy(&bytes[16], &checksum, 8);
  std::memcpy(&bytes[24], &factor, 4);
  return bytes;
}

void check_own_memory(scale::net& net) {
  auto const x = net.input<"x:0">();
  static_assert(decltype(x)::extent == 16);
  for (float& v : x) v = 4.f;
  net.run();
  EXPECT(net.output<0>()[15] == 10.f);
  EXPECT(net.output<"y.0">().data() == net.output<0>().data());
  EXPECT(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  EXPECT(x.data() == net.input<0>().data());
}

void check_state(scale::net& net) {
  net.reset();
  net.run();
  EXPECT(net.output<1>()[1] == 101);
  std::array<std::byte, scale::net::state_bytes> saved;
  net.save(saved);
  net.run();
  EXPECT(net.output<1>()[1] == 102);
  net.restore(saved);
  net.run();
  EXPECT(net.output<1>()[1] == 102);
}

void check_weights(scale::net& net) {
  auto const good = blob_with(-1.f);
  auto w = scale::weights::load(good);
  EXPECT(bool(w));
  net.bind(*w);
  check_run(net, -1.f);
  scale::net second{*w};
  check_run(second, -1.f);
  auto third = scale::net::create(*w);
  EXPECT(bool(third));
  check_run(*third, -1.f);

  auto const refused = [](std::vector<std::byte> const& bytes, dsi::errc code, char const* words) {
    auto bad = scale::weights::load(bytes);
    EXPECT(!bad);
    if (bad) return;
    EXPECT(bad.error().code == code);
    EXPECT(bad.error().what.view().find(words) != std::string_view::npos);
  };
  auto broken = good;
  broken[17] = std::byte{1};
  refused(broken, dsi::errc::malformed, "checksum");
  broken = good;
  broken.pop_back();
  refused(broken, dsi::errc::malformed, "no weights");
  refused(blob_with(1.f, 1), dsi::errc::mismatch, "another network");
  refused(blob_with(__builtin_inff()), dsi::errc::not_finite, "not finite");

  std::vector<std::byte> room(129);
  std::size_t const at = 64 - reinterpret_cast<std::uintptr_t>(room.data()) % 64;
  std::memcpy(&room[at], good.data(), 64);
  auto viewed = scale::weights::view({&room[at], 64});
  EXPECT(bool(viewed) && viewed->data() == &room[at]);
  std::memmove(&room[at - 1], &room[at], 64);
  EXPECT(!scale::weights::view({&room[at - 1], 64}));
  net.bind(*viewed);
  scale::net fresh;
  net = std::move(fresh);
}

void check_observer(scale::net& net) {
  int calls = 0;
  std::array<float, 16> x{}, y{};
  std::array<std::int32_t, 2> which{};
  auto const look = [&](dsi::embed::event const& e) {
    ++calls;
    EXPECT(e.info.rank == 2 && e.info.dims[1] == 16 && std::strcmp(e.kernel, "fixture") == 0);
  };
  net.observe(look);
  net.observe(look, x, y, which);
  EXPECT(calls == 2);
  EXPECT(net.info().macs == 16 && net.weight_bytes() == 64 && net.memory_bytes() % 64 == 0);
}

void check_batches() {
  auto made = scale::batch<8>::create();
  EXPECT(bool(made));
  scale::batch<8> net = std::move(*made);
  std::vector<float> x(128, 2.f), y(128);
  std::int32_t which[2];
  net.run(std::span<float const, 128>(x), std::span<float, 128>(y), which);
  EXPECT(y[127] == 5.f);
}

}  // namespace

int main() {
  scale::net net;
  check_run(net, 2.5f);
  check_own_memory(net);
  check_state(net);
  check_weights(net);
  check_run(net, 2.5f);
  check_observer(net);
  check_batches();
  net.park();
  net.unpark();
  return finish(net);
}

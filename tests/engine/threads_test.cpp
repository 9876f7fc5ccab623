// SPDX-License-Identifier: MIT
// An engine with every kind of thread policy: its own team, one that cannot be moved, a pool of the user's by reference.
#include <array>
#include <cmath>
#include <memory>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>
#include <dsi/parallel/openmp.hpp>
#include <dsi/parallel/spin.hpp>

namespace {

using namespace dsi;

/// Enough work that kernels cut their loops.
struct net : pipeline<input<float, 64, 200>, dense<256, false>, relu, dense<16, false>> {};
constexpr std::size_t inputs = 64 * 200, outputs = 64 * 16;

/// Cannot be moved, is not made from nothing, and counts what it did.
struct counting_pool {
  explicit counting_pool(int parts, int* loops) : parts_(parts), loops_(loops) {}
  counting_pool(counting_pool const&) = delete;
  counting_pool& operator=(counting_pool const&) = delete;
  int size() const noexcept { return parts_; }
  template <class Body>
  void for_each(dsi::index count, Body body) noexcept {
    ++*loops_;
    for (int i = 0; i < parts_; ++i)
      if (auto const part = part_of(count, parts_, i); !part.empty()) body(part.first, part.last);
  }

 private:
  int parts_;
  int* loops_;
};

std::vector<float> wave(std::size_t n, float step) {
  std::vector<float> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = std::sin(step * static_cast<float>(i));
  return v;
}
weights<net> const& values() {
  static auto const w = weights<net>::from({{"dense0.weight", wave(256 * 200, 0.7f)}, {"dense2.weight", wave(16 * 256, 0.3f)}});
  REQUIRE(w);
  return *w;
}
template <class Engine>
std::vector<float> run(Engine& e) {
  std::vector<float> const x = wave(inputs, 0.11f);
  std::vector<float> y(outputs, 77);
  e.run(std::span<float const, inputs>(x), std::span<float, outputs>(y));
  return y;
}
template <class Engine>
constexpr bool takes_temporary_weights = requires(Engine& e, weights<net>&& w) { e.bind(std::move(w)); };
template <class Team>
using engine_with = engine<net, simd_backend<>, heap_storage, Team>;

}  // namespace

TEST_CASE("every team gives what one thread gives") {
  engine_with<serial> alone(values());
  auto const expected = run(alone);
  engine_with<spin<1>> one(values());
  engine_with<spin<3>> three(values());
  CHECK(run(one) == expected);
  CHECK(run(three) == expected);
  three.team().park();
  CHECK(run(three) == expected);
  three.team().unpark();
  CHECK(run(three) == expected);
#if defined(_OPENMP)
  engine_with<openmp<2>> pragma(values());
  CHECK(run(pragma) == expected);
#endif
}

TEST_CASE("a team that cannot be moved is made in place, and one by reference is shared") {
  engine_with<serial> alone(values());
  auto const expected = run(alone);
  int loops = 0;
  engine_with<counting_pool> owner(values(), 3, &loops);
  CHECK(run(owner) == expected);
  CHECK(loops > 0);
  CHECK(owner.team().size() == 3);

  int shared_loops = 0;
  counting_pool pool(2, &shared_loops);
  engine_with<counting_pool&> first(values(), pool), second(values(), pool);
  CHECK(&first.team() == &pool);
  CHECK(run(first) == expected);
  int const after_first = shared_loops;
  CHECK(after_first > 0);
  CHECK(run(second) == expected);
  CHECK(shared_loops == 2 * after_first);

  engine<net, checked<simd_backend<>, reference_backend>, heap_storage, counting_pool&> watched(values(), check_tolerance{1e-3, 1e-4}, pool);
  CHECK(run(watched) == expected);
  CHECK(watched.first_departure() == nullptr);
}

TEST_CASE("what an engine can be made from") {
  using shared = engine_with<counting_pool&>;
  CHECK(std::is_constructible_v<engine_with<serial>, weights<net> const&, serial>);
  CHECK(std::is_constructible_v<engine_with<spin<2>>, weights<net> const&>);
  CHECK(!std::is_constructible_v<engine_with<counting_pool>, weights<net> const&>);
  CHECK(std::is_constructible_v<shared, weights<net> const&, counting_pool&>);
  CHECK(!std::is_constructible_v<shared, weights<net> const&>);
  // Weights that end with the statement are refused.
  CHECK(!std::is_constructible_v<engine_with<serial>, weights<net>>);
  CHECK(!std::is_constructible_v<shared, weights<net>, counting_pool&>);
  CHECK(!takes_temporary_weights<engine_with<serial>>);
}

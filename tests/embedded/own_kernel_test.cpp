// SPDX-License-Identifier: MIT
// An imported network runs a kernel of the user's own where it is preferred and supports the layer, and says so.
#include <digits_as_it_is.hpp>
#include <digits_with_own_kernel.hpp>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

template <class Net>
std::vector<std::string> kernels_of(Net& net) {
  std::vector<std::string> names;
  net.observe([&](dsi::embed::event const& e) { names.emplace_back(e.kernel); });
  return names;
}

}  // namespace

TEST_CASE("dsi_add_model(... INCLUDE) puts a kernel into an imported network") {
  digits_as_it_is::net plain;
  digits_with_own_kernel::net own;
  std::array<float, 64> x;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 29 % 17) / 16.f;
  std::array<float, 10> a{}, b{};
  plain.run(x, a);
  own.run(x, b);
  for (std::size_t i = 0; i < 10; ++i) CHECK(std::abs(a[i] - b[i]) < 1e-5f);

  auto const before = kernels_of(plain), after = kernels_of(own);
  REQUIRE(before.size() == after.size());
  int own_layers = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i] != "output by output");
    if (after[i] == "output by output") ++own_layers;
    else CHECK(after[i] == before[i]);
  }
  CHECK(own_layers == 1);  // the dense layer with a fused relu keeps the library's kernel
}

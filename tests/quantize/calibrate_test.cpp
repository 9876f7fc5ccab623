// SPDX-License-Identifier: MIT
// Which tensors calibration measures: every result of a step, what a plan makes an alias, and nothing that it never saw.
#include <doctest/doctest.h>

#include <dsi/dsi.hpp>
#include <dsi/quantize/quantize.hpp>

namespace {

using namespace dsi;

/// Two results of one step; a transpose that is a view, seen by a view; a layer on a constant's view.
struct branches : graph<named_input<"x", float, 1, 8>, parameter<"c", float, 2, 2>, parameter<"w", float, 4, 4>, parameter<"v", float, 4, 4>, parameter<"u", float, 3, 4>,
                        node<"s", split<1, 4, 4>, "x">,
                        node<"a", dense<4, false>, "s.0", "w">,
                        node<"b", dense<4, false>, "s.1", "v">,
                        node<"t", transpose<1, 0>, "x">,
                        node<"f", reshape<2, 4>, "t">,
                        node<"r", relu, "f">,
                        node<"k", reshape<1, 4>, "c">,
                        node<"m", dense<3, false>, "k", "u">,
                        output<"a">, output<"b">, output<"r">, output<"m">> {};

constexpr int tensor_named(std::string_view name) {
  constexpr graph_view g = branches::description.view();
  for (int t = 0; t < g.tensor_count; ++t)
    if (g.tensors[t].name.text().view() == name) return t;
  return -1;
}

}  // namespace

TEST_CASE("every result of a step and every alias is measured") {
  float const c[4]{1, 2, 3, 4}, w[16]{1}, v[16]{0, 2}, u[12]{1};
  auto made = calibration<branches>::from({{"c", c}, {"w", w}, {"v", v}, {"u", u}});
  if (!made) FAIL(made.error().what.view());
  CHECK(!made->measured(tensor_named("x")));
  CHECK(made->table() == calibration<branches>::table_type{});
  // Each half has its range in another sample.
  float const first[8]{-1, 0.5f, 0.25f, 0, 3, -4, 0, 0}, second[8]{2, 0, 0, 0, -0.5f, 5, 0, 0};
  made->add(std::span<float const, 8>(first));
  made->add(std::span<float const, 8>(second));
  struct {
    std::string_view name;
    float low, high;
  } const expected[]{{"x", -4, 5}, {"s.0", -1, 2}, {"s.1", -4, 5}, {"a", -1, 2}, {"b", -8, 10}, {"t", -4, 5}, {"f", -4, 5}, {"r", 0, 5}};
  auto const table = made->table();
  for (auto const& e : expected) {
    CAPTURE(e.name);
    int const t = tensor_named(e.name);
    REQUIRE(t >= 0);
    CHECK(made->measured(t));
    CHECK(made->low(t) == e.low);
    CHECK(made->high(t) == e.high);
    CHECK(table.of[t] == affine_of_range<std::uint8_t>(e.low, e.high, affine_scheme::asymmetric));
  }
}

TEST_CASE("a constant and its views are not measured, and a layer that needs their scale says so") {
  float const c[4]{1, 2, 3, 4}, w[16]{1}, v[16]{1}, u[12]{1};
  auto made = calibration<branches>::from({{"c", c}, {"w", w}, {"v", v}, {"u", u}});
  if (!made) FAIL(made.error().what.view());
  float const x[8]{1, 2, 3, 4, 5, 6, 7, 8};
  made->add(std::span<float const, 8>(x));
  auto const table = made->table();
  for (std::string_view name : {"c", "w", "k"}) {
    CAPTURE(name);
    CHECK(!made->measured(tensor_named(name)));
    CHECK(!table.of[tensor_named(name)].present);
  }
  auto const quantized_values = quantize_weights<quantized<branches>>(std::initializer_list<named_values>{{"c", c}, {"w", w}, {"v", v}, {"u", u}}, table);
  REQUIRE(!quantized_values);
  CHECK(quantized_values.error().what.view() == "there is no scale for k: no sample measured it; calibrate the network with at least one");
}

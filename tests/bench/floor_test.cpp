// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

#include "../../bench/work.hpp"

namespace {

bench::machine_limits machine() {
  bench::machine_limits m;
  m.peak = 100e9;
  m.levels[0] = {"L1", 32e3, 200e9};
  m.levels[1] = {"L2", 1e6, 100e9};
  m.levels[2] = {"L3", 32e6, 50e9};
  m.levels[3] = {"DRAM", 1e300, 10e9};
  return m;
}

template <class Model>
std::vector<bench::layer_work> work() {
  return bench::work_of<Model>(dsi::plan_for<Model, dsi::default_backend>::value.view());
}

struct two_layers : dsi::pipeline<dsi::input<float, 64>, dsi::dense<128>, dsi::relu, dsi::dense<16>> {};
struct padded : dsi::pipeline<dsi::input<float, 1, 3, 8, 8>, dsi::conv2d<dsi::conv2d_attributes{.out = 16, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>> {};
struct unpadded : dsi::pipeline<dsi::input<float, 1, 3, 8, 8>, dsi::conv2d<dsi::conv2d_attributes{.out = 16, .kernel = {3, 3}}>> {};
struct strided : dsi::pipeline<dsi::input<float, 1, 3, 9, 9>, dsi::conv2d<dsi::conv2d_attributes{.out = 16, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>> {};

}  // namespace

TEST_CASE("a fusion group is one layer, with its weights and what it reads and writes") {
  auto const layers = work<two_layers>();
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].macs == 64 * 128);
  CHECK(layers[0].effective_macs == 64 * 128);
  CHECK(layers[0].weight_bytes == 4 * (64 * 128 + 128));
  CHECK(layers[0].activation_bytes == 4 * (64 + 128));
  CHECK(layers[1].macs == 128 * 16);
  CHECK(layers[1].activation_bytes == 4 * (128 + 16));
}

TEST_CASE("products with padding are left out") {
  auto const with = work<padded>(), without = work<unpadded>(), every_second = work<strided>();
  REQUIRE(with.size() >= 1);
  auto const total = [](std::vector<bench::layer_work> const& layers) {
    double macs = 0, effective = 0;
    for (auto const& l : layers) macs += l.macs, effective += l.effective_macs;
    return std::pair(macs, effective);
  };
  CHECK(total(with).first == 8 * 8 * 16 * 27);
  CHECK(total(with).second == doctest::Approx(22.0 * 22 * 3 * 16));  // 8 positions of 3 taps less one at each end: 22
  CHECK(total(without).second == total(without).first);
  CHECK(total(every_second).second == doctest::Approx(13.0 * 13 * 3 * 16));  // 5 positions, again one tap lost at each end
}

TEST_CASE("the longest of arithmetic, weights and activations bounds a layer") {
  auto const m = machine();
  CHECK(bench::floor_of({"", 1e6, 1e6, 100, 100}, m, 0).seconds * 1e6 == doctest::Approx(20));
  CHECK(bench::floor_of({"", 1e6, 1e6, 100, 100}, m, 0).by == bench::bound::compute);
  CHECK(bench::floor_of({"", 1, 1, 1e6, 100}, m, 1).seconds * 1e6 == doctest::Approx(10));
  CHECK(bench::floor_of({"", 1, 1, 1e6, 100}, m, 3).seconds * 1e6 == doctest::Approx(100));
  CHECK(bench::floor_of({"", 1, 1, 1e6, 100}, m, 3).by == bench::bound::weights);
  CHECK(bench::floor_of({"", 1, 1, 0, 20e3}, m, 0).seconds * 1e6 == doctest::Approx(0.1));  // fits L1
  CHECK(bench::floor_of({"", 1, 1, 0, 5e6}, m, 0).seconds * 1e6 == doctest::Approx(100));   // L3
  CHECK(bench::floor_of({"", 1, 1, 0, 5e6}, m, 0).by == bench::bound::activations);
}

TEST_CASE("all weights of a network together decide where they come from") {
  auto const m = machine();
  bench::layer_work const layer{"", 1, 1, 600e3, 0};
  CHECK(bench::floor_of(std::vector{layer}, m).seconds * 1e6 == doctest::Approx(6));                // 0.6 MB in L2
  CHECK(bench::floor_of(std::vector{layer, layer}, m).seconds * 1e6 == doctest::Approx(2 * 12));    // 1.2 MB in L3
  CHECK(bench::floor_of(std::vector(60, layer), m).seconds * 1e6 == doctest::Approx(60 * 60));      // 36 MB in DRAM
  CHECK(bench::floor_of(std::vector{layer}, m).bytes == 600e3);
  CHECK(bench::floor_of(std::vector<bench::layer_work>{}, m).seconds == 0);
}

TEST_CASE("steps that only move data cost nothing") {
  bench::layer_work const product{"", 1e6, 1e6, 100, 100}, copy{"", 0, 0, 0, 1e6};
  CHECK(bench::floor_of(std::vector{product, copy}, machine()).seconds * 1e6 == doctest::Approx(20));
}

// SPDX-License-Identifier: MIT
// Which convolutions a plan with plan_options::winograd gives to Winograd's kernels, that no other plan does, and that the numbers stay.
#include <string>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

#include "support/conformance.hpp"

namespace {

using namespace dsi;

constexpr plan_options with_winograd{.winograd = true};
using winograd_backend = with_options<simd_backend<>, with_winograd>;

constexpr auto conv3(dsi::index out) { return conv2d_attributes{.out = out, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}; }
constexpr conv2d_attributes strided{.out = 32, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}};
constexpr conv2d_attributes dilated{.out = 32, .kernel = {3, 3}, .dilation = {2, 2}, .pad = {2, 2, 2, 2}};
constexpr conv2d_attributes grouped{.out = 32, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 2};

/// One of each: a large tile, a small one, and what is not for Winograd.
struct mixed : pipeline<input<float, 1, 3, 36, 36>, conv2d<conv3(32)>, batch_norm<>, relu,              // 3 channels: direct
                        residual<conv2d<conv3(32)>, batch_norm<>, relu, conv2d<conv3(32)>>, relu,        // 4x4, folded and fused
                        conv2d<strided>, relu, conv2d<dilated>, conv2d<grouped>, conv2d<strided>, relu,  // 9x9
                        conv2d<conv2d_attributes{.out = 20, .kernel = {3, 3}}>,                          // 7x7: tiles of 2x2
                        max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .stride = {2, 2}}>,           // 3x3: direct
                        conv2d<conv3(24)>, global_average_pool, flatten<1>, dense<5>> {};

template <class Model, class Backend>
std::string description() {
  std::string text;
  describe<Model, Backend>([&](std::string_view line) { text += line; });
  return text;
}
int count(std::string const& text, std::string_view words) {
  int n = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++n;
  return n;
}

constexpr layout chosen(dsi::index outputs, dsi::index channels, dsi::index side) {
  return winograd_layout({dtype::f32, layout::row_major, shape(outputs, channels, 3, 3)}, {dtype::f32, layout::row_major, shape(1, outputs, side, side)});
}
// The layers of ResNets [measured on Zen 4, F(4x4) and F(2x2) against direct: 3.4 and 2.0, 3.4 and 2.1, 2.7 and 1.9, 1.1 and 1.4].
static_assert(chosen(64, 64, 56) == layout::winograd_4x4 && chosen(128, 128, 28) == layout::winograd_4x4);
static_assert(chosen(256, 256, 14) == layout::winograd_4x4 && chosen(512, 512, 7) == layout::winograd_2x2);
static_assert(chosen(64, 64, 3) == layout::panels && chosen(64, 8, 56) == layout::panels && chosen(8, 64, 56) == layout::panels);
static_assert(winograd_layout({dtype::f16, layout::row_major, shape(64, 64, 3, 3)}, {dtype::f16, layout::row_major, shape(1, 64, 56, 56)}) == layout::panels);
static_assert(winograd_layout({dtype::f32, layout::row_major, shape(64, 64, 3, 1)}, {dtype::f32, layout::row_major, shape(1, 64, 56, 56)}) == layout::panels);

template <class Backend>
void compare_with_reference(double error) {
  constexpr graph_view g = mixed::description.view();
  conformance::io<mixed> exact, got;
  exact.in.push_back(conformance::draw<float>(g.desc(g.inputs[0]).size(), {.seed = 11}, 0));
  unsigned salt = 100;
  for (int t = 0; t < g.tensor_count; ++t) {
    if (g.tensors[t].kind != tensor_kind::parameter) continue;
    bool const positive = g.tensors[t].name.suffix == "variance";
    exact.parameters.push_back(conformance::draw<float>(g.desc(t).size(), {.seed = 12, .low = positive ? 0.5 : -0.2, .high = positive ? 1 : 0.2}, salt++));
  }
  got = exact;
  std::string why;
  REQUIRE(conformance::run_model<mixed, float, reference_backend>(exact, why));
  REQUIRE(conformance::run_model<mixed, float, Backend>(got, why));
  double largest = 0;
  for (double v : exact.out[0]) largest = std::max(largest, std::abs(v));
  CHECK(largest > 0);
  CHECK(conformance::departure(got.out[0], exact.out[0], 0, error * largest) <= 1);
}

}  // namespace

TEST_CASE("Winograd is the user's choice") {
  CHECK(count(description<mixed, simd_backend<>>(), "Winograd") == 0);
  std::string const text = description<mixed, winograd_backend>();
  INFO(text);
  CHECK(count(text, "kernel: Winograd F(4x4, 3x3) {") == 2);
  CHECK(count(text, "kernel: Winograd F(2x2, 3x3) {") == 1);
  CHECK(count(text, "kernel: direct") == 6);
  CHECK(count(text, "(fallback)") == 0);
  // Where weights keep ONNX's order, or images do, there is nothing to choose.
  using unpacked = with_options<simd_backend<>, plan_options{.pack = false, .winograd = true}>;
  using row_major = with_options<simd_backend<>, plan_options{.channels_last = false, .winograd = true}>;
  CHECK(count(description<mixed, unpacked>(), "Winograd") == 0);
  CHECK(count(description<mixed, row_major>(), "Winograd") == 0);
}

TEST_CASE("a plan has Winograd's weights exactly where its options say so") {
  constexpr graph_view g = mixed::description.view();
  constexpr plan_view plain = network<mixed, simd_backend<>>::plan, by_tiles = network<mixed, winograd_backend>::plan;
  static_assert(valid_plan(g, plain) && valid_plan(g, by_tiles, with_winograd));
  static_assert(!valid_plan(g, by_tiles) && !valid_plan(g, plain, with_winograd));
  static_assert(by_tiles.weight_bytes > plain.weight_bytes);
}

TEST_CASE("the numbers stay, also on the fallback") {
  compare_with_reference<winograd_backend>(2e-6);
  compare_with_reference<with_options<winograd_backend, plan_options{.fuse = false, .keep_all = true, .winograd = true}>>(2e-6);
  compare_with_reference<with_options<reference_backend, with_winograd>>(2e-6);
}

TEST_CASE("weights of one choice are refused by a network of the other") {
  std::vector<std::byte> blob(static_cast<std::size_t>(blob_bytes(network<mixed, simd_backend<>>::plan)));
  plan_view const p = network<mixed, simd_backend<>>::plan;
  write_blob_header(blob.data(), network<mixed, simd_backend<>>::structure, p);
  CHECK((weights<mixed, simd_backend<>>::load(blob)));
  auto const other = weights<mixed, winograd_backend>::load(blob);
  REQUIRE(!other);
  CHECK(other.error().what.view().find("packed for other kernels") != std::string_view::npos);
}

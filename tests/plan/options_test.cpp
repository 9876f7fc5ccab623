// SPDX-License-Identifier: MIT
// Whatever the planner may do, the numbers stay: networks on the SIMD backend with every option off and on against the
// reference backend, which does nothing of it.
#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

#include "support/conformance.hpp"

namespace {

using namespace dsi;

constexpr auto conv3x3(dsi::index out, dsi::index groups = 1) { return conv2d_attributes{.out = out, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = groups}; }

/// An inverted residual block with everything between two convolutions that folds or fuses.
struct image_network : pipeline<input<float, 1, 3, 9, 7>, conv2d<conv2d_attributes{.out = 8, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>, batch_norm<>, relu,
                                residual<conv2d<conv2d_attributes{.out = 24, .bias = false}>, batch_norm<>, relu, conv2d<conv3x3(24, 24)>, batch_norm<>, hard_swish,
                                         conv2d<conv2d_attributes{.out = 8}>, batch_norm<>>,
                                relu, concat_of<1, conv2d<conv2d_attributes{.out = 5}>, max_pool2d<max_pool2d_attributes{.kernel = {1, 1}}>>, global_average_pool, flatten<1>, dense<10>, softmax> {};

/// Two inputs, two outputs, one of them used inside; broadcasts, a product of a value with its own function, views, a split.
struct branching : graph<named_input<"image", float, 1, 6, 5, 4>, named_input<"context", float, 1, 6>, parameter<"w", float, 8, 6, 1, 1>, parameter<"b", float, 8>,
                         parameter<"wc", float, 8, 6>, parameter<"row", float, 4>, parameter<"full", float, 1, 8, 5, 4>,
                         node<"c", conv2d<conv2d_attributes{.out = 8}>, "image", "w", "b">, node<"s", sigmoid, "c">, node<"silu", mul, "c", "s">,
                         node<"gate", dense<8, false>, "context", "wc">, node<"gate4", reshape<1, 8, 1, 1>, "gate">, node<"gated", mul, "silu", "gate4">,
                         node<"shifted", add, "gated", "row">, node<"features", add, "shifted", "full">, node<"parts", split<1, 3, 5>, "features">,
                         node<"joined", concat<1>, "parts.1", "parts.0">, node<"last", transpose<0, 2, 3, 1>, "joined">, node<"mean", reduce_mean<reduce_mean_attributes{}>, "last">,
                         output<"features">, output<"mean">, output<"last">> {};

/// Rows of a sequence: products, a normalization, residuals before and after the activation.
struct rows : pipeline<input<float, 7, 24>, residual<dense<48>, gelu, dense<24>>, layer_norm<>, residual<dense<24>, dsi::tanh>, dense<5>, log_softmax> {};

template <class Model>
conformance::io<Model> values_for() {
  constexpr graph_view g = Model::description.view();
  conformance::io<Model> x;
  unsigned salt = 0;
  for (int i = 0; i < g.input_count; ++i) x.in.push_back(conformance::draw<float>(g.desc(g.inputs[i]).size(), {.seed = 11}, salt++));
  for (int t = 0; t < g.tensor_count; ++t) {
    if (g.tensors[t].kind != tensor_kind::parameter) continue;
    bool const positive = g.tensors[t].name.suffix == "variance";
    x.parameters.push_back(conformance::draw<float>(g.desc(t).size(), {.seed = 12, .low = positive ? 0.5 : -0.7, .high = 1}, 100 + salt++));
  }
  return x;
}

template <class Model, plan_options Options>
void check() {
  auto expected = values_for<Model>(), got = expected;
  std::string why;
  REQUIRE(conformance::run_model<Model, float, reference_backend>(expected, why));
  REQUIRE(conformance::run_model<Model, float, with_options<simd_backend<>, Options>>(got, why));
  INFO("fuse " << Options.fuse << ", fold " << Options.fold << ", channels_last " << Options.channels_last << ", pack " << Options.pack << ", keep_all " << Options.keep_all);
  for (std::size_t o = 0; o < expected.out.size(); ++o) {
    INFO("output " << o);
    // Sums of up to 500 products of magnitude 1, three layers deep, folded in double.
    CHECK(conformance::departure(got.out[o], expected.out[o], 2e-5, 2e-5) <= 1);
  }
}

template <class Model>
void check_all() {
  check<Model, plan_options{}>();
  check<Model, plan_options{.fuse = false}>();
  check<Model, plan_options{.fold = false}>();
  check<Model, plan_options{.channels_last = false}>();
  check<Model, plan_options{.pack = false}>();
  check<Model, plan_options{.fuse = false, .keep_all = true}>();
  check<Model, plan_options{.fuse = false, .fold = false, .channels_last = false, .pack = false, .keep_all = true}>();
}

}  // namespace

TEST_CASE("an image network gives the same with every plan") { check_all<image_network>(); }
TEST_CASE("branches, broadcasts and views give the same with every plan") { check_all<branching>(); }
TEST_CASE("rows of a sequence give the same with every plan") { check_all<rows>(); }

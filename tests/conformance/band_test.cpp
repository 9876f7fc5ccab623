// SPDX-License-Identifier: MIT
// Bands of rows through several groups against the reference in double, which has no bands: strides, paddings, dilation, windows
// that leave rows out, args of every kind, two and three groups.
#include <dsi/backend/adapters.hpp>
#include <dsi/backend/reference/conv.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/conv.hpp>
#include <dsi/backend/simd/simd.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/silu.hpp>

#include "product_support.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;

template <conv2d_attributes A>
using c2 = conv2d<A>;
using a2 = conv2d_attributes;

/// Lengths of the bands of a model's plan, as a number: 32 is a band of three, then one of two.
template <class Model, class Backend = backend>
constexpr int bands() {
  int n = 0;
  constexpr plan_view p = network<Model, Backend>::plan;
  for (int s = 0; s < p.step_count; ++s)
    if (p.steps[s].band > 0) n = n * 10 + p.steps[s].band;
  return n;
}

// Expand, depthwise, project, with a residual; then with a stride, and more rows of padding below than above.
DSI_CASE(residual_block, input<T, 1, 8, 100, 84>, residual<c2<a2{.out = 64}>, relu6, c2<a2{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 64}>, relu6, c2<a2{.out = 8}>>);
DSI_CASE(strided_block, input<T, 1, 17, 100, 76>, c2<a2{.out = 72}>, silu, c2<a2{.out = 72, .kernel = {3, 3}, .stride = {2, 2}, .pad = {0, 1, 1, 1}, .groups = 72}>, silu, c2<a2{.out = 24}>);
DSI_CASE(wide_window, input<T, 1, 6, 112, 100>, c2<a2{.out = 48}>, relu, c2<a2{.out = 48, .kernel = {5, 5}, .stride = {1, 1}, .dilation = {2, 1}, .pad = {4, 2, 4, 2}, .groups = 48}>, c2<a2{.out = 12}>, relu);
DSI_CASE(rows_left_out, input<T, 1, 5, 126, 90>, c2<a2{.out = 48}>, relu, c2<a2{.out = 48, .kernel = {2, 3}, .stride = {3, 1}, .pad = {0, 1, 0, 1}, .groups = 48}>, c2<a2{.out = 12}>);
DSI_CASE(narrow_types, input<T, 1, 5, 150, 112>, c2<a2{.out = 64}>, relu, c2<a2{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 64}>, c2<a2{.out = 4}>);
/// Args: of the first group one per row and the same for all, of the second a whole tensor, of the third one per channel.
template <class T>
struct with_args : graph<named_input<"x", T, 1, 8, 104, 80>, named_input<"more", T, 1, 64, 104, 80>, named_input<"column", T, 80>, named_input<"gate", T, 64, 1, 1>,
                         parameter<"w", T, 64, 8, 1, 1>, parameter<"b", T, 64>, parameter<"d", T, 64, 1, 1, 3, 3>, parameter<"p", T, 10, 64, 1, 1>, parameter<"q", T, 10>,
                         node<"e", c2<a2{.out = 64}>, "x", "w", "b">, node<"g", mul, "e", "gate">, node<"h", add, "g", "more">,
                         node<"v", c2<a2{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 64, .bias = false}>, "h", "d">, node<"u", add, "v", "more">,
                         node<"t", mul, "u", "column">, node<"y", c2<a2{.out = 10}>, "t", "p", "q">, output<"y">> {};

// What must not become a band: two readers, a result that is an output, much work per element, rows that an arg tells apart.
template <class T>
using first_layer = node<"e", c2<a2{.out = 64}>, "x", "w", "b">;
template <class T>
using next_layer = node<"y", c2<a2{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 64, .bias = false}>, "e", "d">;
template <class T, class... More>
using refused = graph<named_input<"x", T, 1, 8, 104, 80>, parameter<"w", T, 64, 8, 1, 1>, parameter<"b", T, 64>, parameter<"d", T, 64, 1, 1, 3, 3>, first_layer<T>, More...>;
struct accepted : refused<float, next_layer<float>, output<"y">> {};
struct two_readers : refused<float, next_layer<float>, node<"z", c2<a2{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 64, .bias = false}>, "e", "d">, output<"y">, output<"z">> {};
struct also_output : refused<float, next_layer<float>, output<"y">, output<"e">> {};
struct much_work : pipeline<input<float, 1, 8, 104, 80>, c2<a2{.out = 64}>, c2<a2{.out = 16, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>> {};
struct two_items : pipeline<input<float, 2, 8, 104, 80>, c2<a2{.out = 64}>, c2<a2{.out = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 64}>> {};

}  // namespace

TEST_CASE_TEMPLATE("bands equal the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 200>) {
  drawing const d{.seed = 31, .special = special::value};
  conformance::check_float<residual_block>(d, 1e-3);
  conformance::check_float<strided_block>(d, 1e-3);
  conformance::check_float<wide_window>(d, 1e-3);
  conformance::check_float<rows_left_out>(d, 1e-3);
  conformance::check_float<with_args>(d, 1e-3);
  conformance::check_types<narrow_types>(d, 0.2);  // three layers round to narrow types
}

TEST_CASE("bands are where they are meant") {
  static_assert(bands<residual_block<float>>() == 3 && bands<strided_block<float>>() == 3 && bands<wide_window<float>>() == 3);
  static_assert(bands<rows_left_out<float>>() == 3 && bands<with_args<float>>() == 3 && bands<narrow_types<half>>() == 3);
  static_assert(bands<accepted>() == 2 && bands<two_readers>() == 0 && bands<also_output>() == 0 && bands<much_work>() == 0 && bands<two_items>() == 0);
  static_assert(bands<accepted, with_options<backend, plan_options{.band = false}>>() == 0);
  static_assert(bands<accepted, with_options<backend, plan_options{.fuse = false}>>() == 0 && bands<accepted, with_options<backend, plan_options{.keep_all = true}>>() == 0);
}

TEST_CASE("a plan with a band that cannot be is refused") {
  constexpr graph_view g = residual_block<float>::description.view();
  constexpr auto plan = network<residual_block<float>, backend>::plan;
  auto p = plan_for<residual_block<float>, backend>::value;
  int first = 0;
  while (plan.steps[first].band == 0) ++first;
  int const inner = 2 * plan.operands[plan.steps[first].first_operand + plan.steps[first].inputs].tensor + 1;
  auto const valid = [&] {
    std::vector<int> written(static_cast<std::size_t>(2 * g.tensor_count) + 1);
    std::vector<plan_claim> claims(written.size());
    return valid_plan(g, p.view(), written.data(), claims.data());
  };
  REQUIRE(p.buffers[inner].where == place::band);
  auto const refused_with = [&](auto& field, auto value) {
    auto const was = field;
    REQUIRE(valid());
    field = static_cast<std::remove_cvref_t<decltype(field)>>(value);
    bool const refused = !valid();
    field = was;
    return refused;
  };
  CHECK(refused_with(p.steps[first].band, 2));
  CHECK(refused_with(p.steps[first].band, 4));
  CHECK(refused_with(p.steps[first].band, 0));
  CHECK(refused_with(p.steps[first].band, -1));
  CHECK(refused_with(p.steps[first + 1].band, 0));
  CHECK(refused_with(p.steps[first + 1].band, 2));
  CHECK(refused_with(p.steps[first + 2].band, 1));
  CHECK(refused_with(p.buffers[inner].where, place::arena));
  CHECK(refused_with(p.buffers[inner].where, place::none));
  CHECK(refused_with(p.buffers[inner].at, 64));
  CHECK(refused_with(p.buffers[0].where, place::band));
}

TEST_CASE("bands give the bits of the groups alone") {
  using alone = with_options<backend, plan_options{.band = false}>;
  CHECK(conformance::bits_of<residual_block<float>, backend>(7) == conformance::bits_of<residual_block<float>, alone>(7));
  CHECK(conformance::bits_of<strided_block<float>, backend>(8) == conformance::bits_of<strided_block<float>, alone>(8));
  CHECK(conformance::bits_of<with_args<float>, backend>(9) == conformance::bits_of<with_args<float>, alone>(9));
}

TEST_CASE("a band by a team gives the same bits") { CHECK(conformance::teams_agree<residual_block<float>>()); }

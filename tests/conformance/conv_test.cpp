// SPDX-License-Identifier: MIT
// conv against the reference loops in double: every kernel, with remainders of extents, channels and outputs, all window attributes,
// fused expressions and teams.
#include <dsi/backend/reference/conv.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/conv.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/sigmoid.hpp>

#include "product_support.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
using conformance::product_error;

template <conv2d_attributes A>
using c2 = conv2d<A>;
using a2 = conv2d_attributes;
using a1 = conv1d_attributes;

// Independent layers in one network.
template <class T>
struct few_channels : graph<DSI_CONV("a", (1, 3, 11, 13), (20, 3, 3, 3), 20, c2<a2{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>),
                            DSI_CONV("b", (2, 1, 9, 10), (5, 1, 3, 3), 5, c2<a2{.kernel = {3, 3}, .pad = {0, 1, 1, 0}}>),
                            DSI_CONV("c", (1, 4, 6, 9), (16, 4, 2, 3), 16, c2<a2{.kernel = {2, 3}}>),
                            DSI_CONV("d", (2, 3, 12, 7), (33, 3, 5, 2), 33, c2<a2{.kernel = {5, 2}, .stride = {1, 3}, .dilation = {2, 2}}>),
                            DSI_CONV("e", (1, 2, 40), (16, 2, 9), 16, conv1d<a1{.kernel = 9, .stride = 3, .pad = {4, 4}}>),
                            DSI_CONV("f", (1, 3, 4, 5, 6), (17, 3, 2, 3, 2), 17, conv<conv_attributes{.at = window{{2, 3, 2}, {1, 1, 2}, {1, 1, 1}, {1, 0, 1}, {0, 1, 0}}}>)> {};

template <class T>
struct many_channels : graph<DSI_CONV("a", (1, 16, 7, 9), (33, 16, 3, 3), 33, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>),
                             DSI_CONV("b", (2, 10, 8, 7), (16, 10, 3, 3), 16, c2<a2{.kernel = {3, 3}}>),
                             DSI_CONV("c", (1, 8, 11, 10), (17, 8, 3, 2), 17, c2<a2{.kernel = {3, 2}, .stride = {2, 1}, .dilation = {2, 3}, .pad = {1, 2, 3, 0}}>),
                             DSI_CONV("d", (1, 20, 7, 9), (24, 20, 1, 1), 24, c2<a2{.stride = {2, 2}}>),
                             DSI_CONV("e", (2, 24, 5, 7), (31, 24, 1, 1), 31, c2<a2{}>),
                             DSI_CONV("f", (1, 5, 6, 7), (15, 5, 3, 3), 15, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>),
                             DSI_CONV("g", (1, 12, 20, 1), (16, 12, 5, 1), 16, c2<a2{.kernel = {5, 1}, .pad = {2, 0, 2, 0}}>),
                             DSI_CONV("h", (3, 8, 5, 4), (10, 8, 5, 4), 10, c2<a2{.kernel = {5, 4}}>),
                             DSI_CONV("i", (1, 5, 2, 2), (16, 5, 1, 1), 16, c2<a2{.stride = {4, 4}, .pad = {3, 3, 0, 0}}>),
                             DSI_CONV("j", (1, 32, 50, 50), (16, 32, 3, 3), 16, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>)> {};

// Padding that is left out: at both ends, at one, of a line that is one tile, two, or several; kernel rows and columns outside.
template <class T>
struct padded : graph<DSI_CONV("a", (1, 16, 7, 7), (96, 16, 3, 3), 96, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>),
                      DSI_CONV("b", (1, 20, 6, 14), (64, 20, 3, 3), 64, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>),
                      DSI_CONV("c", (2, 16, 9, 28), (80, 16, 3, 3), 80, c2<a2{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>),
                      DSI_CONV("d", (1, 17, 5, 31), (33, 17, 5, 5), 33, c2<a2{.kernel = {5, 5}, .pad = {2, 2, 2, 2}}>),
                      DSI_CONV("e", (1, 18, 4, 40), (16, 18, 3, 3), 16, c2<a2{.kernel = {3, 3}, .dilation = {2, 2}, .pad = {2, 2, 2, 2}}>),
                      DSI_CONV("f", (1, 32, 6, 19), (2, 24, 16, 3, 3), 48, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 2}>),
                      DSI_CONV("g", (1, 16, 50), (16, 16, 3), 16, conv1d<a1{.kernel = 3, .dilation = 4, .pad = {8, 0}}>),
                      DSI_CONV("h", (1, 16, 3, 13), (70, 16, 1, 3), 70, c2<a2{.kernel = {1, 3}, .pad = {0, 0, 0, 2}}>),
                      DSI_CONV("i", (1, 16, 3, 2), (20, 16, 3, 3), 20, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>),
                      DSI_CONV("j", (1, 16, 8, 6), (64, 16, 5, 1), 64, c2<a2{.kernel = {5, 1}, .pad = {4, 0, 0, 0}}>),
                      DSI_CONV("k", (1, 16, 2, 3), (16, 16, 3, 3), 16, c2<a2{.kernel = {3, 3}, .stride = {1, 2}, .pad = {3, 4, 3, 4}}>)> {};

template <class T>
struct other_ranks : graph<DSI_CONV("a", (2, 15, 30), (32, 15, 3), 32, conv1d<a1{.kernel = 3, .dilation = 4, .pad = {8, 0}}>),
                           DSI_CONV("b", (1, 48, 19), (64, 48, 1), 64, conv1d<a1{}>),
                           DSI_CONV("c", (1, 6, 4, 5, 6), (18, 6, 2, 3, 2), 18, conv<conv_attributes{.at = window{{2, 3, 2}, {2, 1, 1}, {1, 1, 2}, {1, 0, 1}, {0, 1, 1}}}>),
                           DSI_CONV("d", (2, 8, 4, 5, 6), (16, 8, 3, 1, 2), 16, conv<conv_attributes{.at = window{{3, 1, 2}}}>)> {};

template <class T>
struct grouped : graph<DSI_CONV("a", (1, 15, 6, 7), (3, 7, 5, 3, 3), 21, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 3}>),
                       DSI_CONV("b", (2, 32, 5, 6), (2, 16, 16, 1, 1), 32, c2<a2{.groups = 2}>),
                       DSI_CONV("c", (1, 6, 5, 5), (6, 2, 1, 3, 3), 12, c2<a2{.kernel = {3, 3}, .groups = 6}>),
                       DSI_CONV("d", (1, 8, 16), (2, 20, 4, 3), 40, conv1d<a1{.kernel = 3, .pad = {1, 1}, .groups = 2}>)> {};

// Depthwise: C filters of one channel.
#define DEPTHWISE(Name, N, C, H, W, KH, KW, ...) DSI_CONV(Name, (N, C, H, W), (C, 1, 1, KH, KW), C, c2<a2{.kernel = {KH, KW}, __VA_ARGS__, .groups = C}>)
template <class T>
struct depthwise_3x3 : graph<DEPTHWISE("a", 1, 16, 7, 7, 3, 3, .pad = {1, 1, 1, 1}), DEPTHWISE("b", 1, 24, 9, 15, 3, 3, .pad = {1, 1, 1, 1}),
                             DEPTHWISE("c", 2, 33, 14, 31, 3, 3, .pad = {1, 1, 1, 1}), DEPTHWISE("d", 1, 31, 13, 15, 3, 3, .stride = {2, 2}, .pad = {1, 1, 1, 1}),
                             DEPTHWISE("e", 1, 48, 16, 28, 3, 3, .stride = {2, 2}, .pad = {0, 0, 1, 1}), DEPTHWISE("f", 1, 15, 12, 22, 3, 3, .dilation = {2, 2}, .pad = {2, 2, 2, 2}),
                             DEPTHWISE("g", 1, 17, 2, 1, 3, 3, .pad = {1, 1, 1, 1}), DEPTHWISE("h", 1, 20, 5, 40, 3, 3, .stride = {1, 1}),
                             DEPTHWISE("i", 1, 2, 6, 5, 3, 3, .stride = {2, 1}, .pad = {2, 2, 2, 2})> {};
template <class T>
struct depthwise_other : graph<DEPTHWISE("a", 1, 16, 7, 9, 5, 5, .pad = {2, 2, 2, 2}), DEPTHWISE("b", 1, 19, 14, 21, 5, 5, .stride = {2, 2}, .pad = {2, 2, 2, 2}),
                               DEPTHWISE("c", 1, 32, 1, 50, 1, 9, .pad = {0, 8, 0, 0}), DEPTHWISE("d", 1, 40, 9, 11, 7, 7, .pad = {3, 3, 3, 3}),
                               DEPTHWISE("e", 2, 21, 1, 70, 1, 31, .stride = {1, 2}, .dilation = {1, 2}, .pad = {0, 15, 0, 16}), DEPTHWISE("f", 1, 24, 30, 1, 3, 1, .pad = {1, 0, 1, 0}),
                               DEPTHWISE("g", 1, 16, 8, 25, 4, 2, .stride = {3, 3}, .pad = {1, 5, 2, 4}),
                               DEPTHWISE("i", 1, 20, 2, 40, 1, 21, .pad = {0, 10, 0, 10}), DEPTHWISE("j", 1, 16, 30, 29, 3, 3, .dilation = {12, 9}, .pad = {12, 9, 12, 9}),
                               DEPTHWISE("k", 1, 18, 17, 41, 3, 3, .stride = {5, 7}, .pad = {1, 1, 1, 1}),
                               DSI_CONV("h", (2, 35, 26), (35, 1, 1, 5), 35, conv1d<a1{.kernel = 5, .stride = 2, .pad = {4, 0}, .groups = 35}>)> {};

#define INPUT(...) dsi::input<T, __VA_ARGS__>
DSI_CASE(inverted_residual, INPUT(1, 24, 9, 9), residual<c2<a2{.out = 72}>, relu6, c2<a2{.out = 72, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 72}>, relu6, c2<a2{.out = 24}>>,
         c2<a2{.out = 40, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>, sigmoid);
/// args in channels-last order and in others: a gate per item and channel, the whole tensor, one item of it, one per column.
template <class T>
struct with_args : graph<named_input<"x", T, 2, 20, 5, 6>, named_input<"gate", T, 2, 35, 1, 1>, named_input<"all", T, 2, 35, 5, 6>, named_input<"item", T, 35, 5, 6>,
                         named_input<"column", T, 6>, named_input<"channel", T, 35, 1, 1>, parameter<"w", T, 35, 20, 3, 3>, parameter<"b", T, 35>,
                         node<"h", c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, "x", "w", "b">, node<"g", mul, "h", "gate">, node<"a", add, "g", "all">,
                         node<"i", add, "a", "item">, node<"c", sub, "i", "column">, node<"y", mul, "c", "channel">, output<"y">> {};

template <class T>
using wide_3x3 = pipeline<input<T, 2, 24, 40, 40>, c2<a2{.out = 40, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, relu>;
template <class T>
using seven_3x3 = pipeline<input<T, 1, 64, 7, 7>, c2<a2{.out = 112, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, relu>;
template <class T>
using wide_depthwise = pipeline<input<T, 1, 40, 41, 33>, c2<a2{.out = 40, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 40}>>;
template <class T>
using narrow_depthwise = pipeline<input<T, 1, 1000, 7, 7>, c2<a2{.out = 1000, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 1000}>>;

}  // namespace

TEST_CASE_TEMPLATE("conv equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 200>) {
  drawing const d{.seed = 21, .special = special::value};
  conformance::check_types<few_channels>(d, product_error(45));
  conformance::check_types<many_channels>(d, product_error(160));
  conformance::check_types<padded>(d, product_error(425));
  conformance::check_types<other_ranks>(d, product_error(72));
  conformance::check_types<grouped>(d, product_error(45));
}

TEST_CASE_TEMPLATE("depthwise conv equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 40>) {
  drawing const d{.seed = 22, .special = special::value};
  conformance::check_types<depthwise_3x3>(d, product_error(9));
  conformance::check_types<depthwise_other>(d, product_error(49));
}

TEST_CASE_TEMPLATE("conv with an expression equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 300>) {
  drawing const d{.seed = 23, .special = special::value};
  conformance::check_float<inverted_residual>(d, 1e-3);
  conformance::check_types<with_args>(d, product_error(180));
}

TEST_CASE("conv kernels are the ones that are meant") {
  using conformance::first_kernel;
  static_assert(first_kernel<pipeline<input<float, 1, 24, 9, 9>, c2<a2{.out = 72}>>, backend>() == "pointwise");
  static_assert(first_kernel<wide_3x3<float>, backend>() == "direct");
  static_assert(first_kernel<wide_3x3<half>, backend>() == "direct, padded");
  static_assert(first_kernel<wide_depthwise<float>, backend>() == "depthwise");
  static_assert(network<with_args<float>, backend>::plan.steps[network<with_args<float>, backend>::plan.step_count - 2].members == 6);
}

TEST_CASE("conv by a team gives the same bits") {
  CHECK(conformance::teams_agree<wide_3x3<float>>());
  CHECK(conformance::teams_agree<seven_3x3<float>>());
  CHECK(conformance::teams_agree<wide_depthwise<float>>());
  CHECK(conformance::teams_agree<narrow_depthwise<float>>());
  CHECK(conformance::teams_agree<pipeline<input<float, 1, 3, 50, 50>, c2<a2{.out = 40, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>>>());
}

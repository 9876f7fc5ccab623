// SPDX-License-Identifier: MIT
// The im2col kernel, which no network gets by itself: named in front of the others it must give what they give.
#include <dsi/backend/reference/conv.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/conv.hpp>
#include <dsi/op/sigmoid.hpp>

#include "product_support.hpp"

namespace {

using namespace dsi;
using conformance::drawing;
using conformance::product_error;

template <class Problem>
using im2col = simd::conv_im2col<simd::isa::native, Problem>;
template <class Problem>
using im2col_small = simd::conv_im2col<simd::isa::native, Problem, simd::tile_tuning{2, 1}>;
using in_front = with_kernels<conformance::backend, im2col>;

template <conv2d_attributes A>
using c2 = conv2d<A>;
using a2 = conv2d_attributes;

template <class T>
struct windows : graph<DSI_CONV("a", (1, 16, 7, 9), (33, 16, 3, 3), 33, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>),
                       DSI_CONV("b", (2, 10, 8, 7), (16, 10, 3, 3), 16, c2<a2{.kernel = {3, 3}}>),
                       DSI_CONV("c", (1, 8, 11, 10), (17, 8, 3, 2), 17, c2<a2{.kernel = {3, 2}, .stride = {2, 1}, .dilation = {2, 3}, .pad = {1, 2, 3, 0}}>),
                       DSI_CONV("d", (1, 5, 2, 2), (16, 5, 1, 1), 16, c2<a2{.stride = {4, 4}, .pad = {3, 3, 0, 0}}>),
                       DSI_CONV("e", (2, 15, 30), (32, 15, 3), 32, conv1d<conv1d_attributes{.kernel = 3, .dilation = 4, .pad = {8, 0}}>),
                       DSI_CONV("f", (1, 6, 4, 5, 6), (18, 6, 2, 3, 2), 18, conv<conv_attributes{.at = window{{2, 3, 2}, {2, 1, 1}, {1, 1, 2}, {1, 0, 1}, {0, 1, 1}}}>),
                       DSI_CONV("g", (1, 15, 6, 7), (3, 7, 5, 3, 3), 21, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 3}>),
                       DSI_CONV("h", (1, 32, 40, 41), (20, 32, 3, 3), 20, c2<a2{.kernel = {3, 3}, .pad = {1, 1, 1, 1}}>)> {};  // several blocks

template <class T>
struct with_args : pipeline<input<T, 2, 12, 9, 9>, residual<c2<a2{.out = 12, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, sigmoid>> {};

template <class Model, class Backend>
constexpr bool all_im2col() {
  using net = network<Model, Backend>;
  return []<int... S>(std::integer_sequence<int, S...>) {
    auto const right = []<int Step>(std::integral_constant<int, Step>) {
      if constexpr (net::plan.steps[Step].kind != step_kind::kernel) return true;
      else return net::template kernel_at<Step>::name == "im2col";
    };
    return (right(std::integral_constant<int, S>{}) && ...);
  }(std::make_integer_sequence<int, net::plan.step_count>{});
}

}  // namespace

TEST_CASE_TEMPLATE("im2col equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 200>) {
  static_assert(all_im2col<windows<float>, in_front>() && all_im2col<windows<half>, in_front>());
  drawing const d{.seed = 31, .special = special::value};
  CHECK(conformance::compare<windows, float, in_front>(d, product_error(288), product_error(288)) == "");
  CHECK(conformance::compare<windows, half, in_front>(d, 0x1p-11 + 2 * product_error(288), 0x1p-24 + 2 * product_error(288)) == "");
  CHECK(conformance::compare<with_args, float, in_front>(d, 1e-4, 1e-4) == "");
}

TEST_CASE("im2col gives the same bits by a team, and nearly the same by another tile") {
  using model = pipeline<input<float, 2, 24, 40, 40>, c2<a2{.out = 40, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, relu>;
  auto const a = conformance::bits_of<model, in_front>(5), b = conformance::bits_of<model, in_front, conformance::reversed_parts>(5);
  CHECK(a == b);
  static_assert(conformance::first_kernel<model, with_kernels<conformance::backend, im2col_small>>() == "im2col");
  auto const c = conformance::bits_of<model, with_kernels<conformance::backend, im2col_small>>(5);
  std::vector<double> const first(a.begin(), a.end()), other(c.begin(), c.end());
  CHECK(conformance::departure(other, first, 1e-4, 1e-4) <= 1);
}

// SPDX-License-Identifier: MIT
// dense against the reference loops in double: remainders of rows, inputs and outputs, fused expressions, other tiles and teams.
#include <dsi/backend/reference/dense.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/dense.hpp>
#include <dsi/op/batch_norm.hpp>
#include <dsi/op/prelu.hpp>
#include <dsi/op/sigmoid.hpp>

#include "product_support.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
using conformance::product_error;

// Rows, inputs and outputs around the edges of tiles and panels; independent layers in one network.
template <class T>
struct edges : graph<DSI_DENSE("a", 64, 128, 1), DSI_DENSE("b", 1, 1, 1), DSI_DENSE("c", 15, 17, 2), DSI_DENSE("d", 7, 31, 3), DSI_DENSE("e", 33, 63, 5),
                     DSI_DENSE("f", 100, 80, 7), DSI_DENSE("g", 31, 65, 13), DSI_DENSE("h", 65, 100, 49), DSI_DENSE("i", 40, 333, 1),
                     DSI_DENSE("j", 9, 20, 2, 3, 5), DSI_DENSE("k", 16, 8, 1), DSI_DENSE("l", 30, 150, 200), DSI_DENSE("m", 23, 16, 12), DSI_DENSE("n", 5, 33, 4)> {};

#define INPUT(...) dsi::input<T, __VA_ARGS__>
DSI_CASE(perceptron, INPUT(1, 64), dense<128>, relu, dense<33>, relu, dense<16>);
DSI_CASE(rank_1, INPUT(17), dense<15>);
DSI_CASE(long_sum, INPUT(40, 1000), dense<24>);  // 16-bit types: rows in several blocks
DSI_CASE(bias_free, INPUT(6, 40), dense<48, false>);

// Expressions behind it: few instructions (in registers) and many (in a loop), with and without args.
DSI_CASE(with_relu, INPUT(7, 20), dense<35>, relu);
DSI_CASE(with_sigmoid, INPUT(13, 20), dense<35>, sigmoid);
DSI_CASE(with_residual, INPUT(9, 20), residual<dense<20>>, relu, residual<dense<31>, relu, dense<20>>);
DSI_CASE(with_norm, INPUT(6, 20), dense<37>, relu, batch_norm<>);
DSI_CASE(with_folded_norm, INPUT(6, 20), dense<37>, batch_norm<>, relu);

template <class T>
struct with_prelu : graph<named_input<"x", T, 9, 20>, parameter<"w", T, 50, 20>, parameter<"slope", T, 50>, node<"h", dense<50, false>, "x", "w">,
                          node<"y", prelu, "h", "slope">, output<"y">> {};

/// args of every kind: one per row, one in all, one per channel, the whole tensor.
template <class T>
struct with_args : graph<named_input<"x", T, 2, 3, 20>, named_input<"row", T, 3, 1>, named_input<"one", T, 1>, named_input<"channel", T, 1, 1, 33>,
                         named_input<"all", T, 2, 3, 33>, named_input<"outer", T, 2, 1, 33>, parameter<"w", T, 33, 20>, parameter<"b", T, 33>,
                         node<"h", dense<33>, "x", "w", "b">, node<"r", mul, "h", "row">, node<"o", add, "r", "one">, node<"c", mul, "channel", "o">,
                         node<"a", add, "c", "all">, node<"y", sub, "a", "outer">, output<"y">> {};

}  // namespace

TEST_CASE_TEMPLATE("dense equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 60>) {
  drawing const d{.seed = 11, .special = special::value};
  conformance::check_types<edges>(d, product_error(100));
  conformance::check_float<perceptron>(d, 1e-3);
  conformance::check_float<rank_1>(d, product_error(17));
  conformance::check_types<long_sum>(d, product_error(300));  // as far as random numbers go
  conformance::check_float<bias_free>(d, product_error(40));
}

TEST_CASE_TEMPLATE("dense with an expression equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 30>) {
  drawing const d{.seed = 12, .special = special::value};
  conformance::check_float<with_relu>(d, product_error(20));
  conformance::check_types<with_sigmoid>(d, product_error(20));
  conformance::check_float<with_prelu>(d, product_error(20));
  conformance::check_float<with_residual>(d, 1e-4);
  conformance::check_float<with_norm>(d, product_error(20));
  conformance::check_float<with_folded_norm>(d, product_error(20));
  conformance::check_types<with_args>(d, product_error(20));
}

TEST_CASE("dense fuses what stands behind it") {
  static_assert(network<with_residual<float>, backend>::plan.step_count == 3);
  static_assert(network<with_args<float>, backend>::plan.step_count == 1);
  static_assert(network<with_folded_norm<float>, backend>::plan.step_count == 1);
}

TEST_CASE("dense by a team gives the same bits") {
  CHECK(conformance::teams_agree<pipeline<input<float, 200, 70>, dense<150>>>());
  CHECK(conformance::teams_agree<pipeline<input<float, 1, 600>, dense<333>>>());
  CHECK(conformance::teams_agree<pipeline<input<float, 49, 128>, dense<160>>>());
}

namespace {
template <class Problem>
using small_tile = simd::dense_tile<simd::isa::native, Problem, simd::tile_tuning{1, 1}>;
template <class Problem>
using wide_tile = simd::dense_tile<simd::isa::native, Problem, simd::tile_tuning{4, 2}>;
}  // namespace

TEST_CASE("tiles of other sizes give the same bits") {
  using model = pipeline<input<float, 24, 40>, dense<90>, relu>;
  auto const expected = conformance::bits_of<model, backend>(3);
  auto const same = [&](std::vector<float> const& b) { return b.size() == expected.size() && std::memcmp(b.data(), expected.data(), b.size() * 4) == 0; };
  CHECK(same(conformance::bits_of<model, with_kernels<backend, wide_tile>>(3)));
  // One row by one panel takes partial sums in turns, so it may differ in the last bits.
  auto const small = conformance::bits_of<model, with_kernels<backend, small_tile>>(3);
  for (std::size_t i = 0; i < small.size(); ++i) CHECK(std::abs(small[i] - expected[i]) <= product_error(40));
}

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

#define INPUT(...) dsi::input<T, __VA_ARGS__>
// Rows, inputs and outputs around the tile's and the panel's edges.
DSI_CASE(rows_1, INPUT(1, 64), dense<128>, relu, dense<128>, relu, dense<64>, relu, dense<16>);
DSI_CASE(rows_1_narrow, INPUT(1, 16), dense<32>, relu, dense<33>, relu, dense<8>);
DSI_CASE(single, INPUT(1, 1), dense<1>);
DSI_CASE(rank_1, INPUT(17), dense<15>);
DSI_CASE(rows_2, INPUT(2, 15), dense<17>);
DSI_CASE(rows_3, INPUT(3, 7), dense<31>);
DSI_CASE(rows_5, INPUT(5, 33), dense<63>);
DSI_CASE(rows_7, INPUT(7, 100), dense<80>);
DSI_CASE(rows_13, INPUT(13, 31), dense<65>);
DSI_CASE(rows_49, INPUT(49, 65), dense<100>);
DSI_CASE(rows_rank_4, INPUT(2, 3, 5, 9), dense<20>);
DSI_CASE(rows_200, INPUT(200, 70), dense<150>);
DSI_CASE(long_sum, INPUT(4, 1000), dense<24>);
DSI_CASE(bias_free, INPUT(6, 40), dense<48, false>);
DSI_CASE(many_panels, INPUT(1, 40), dense<333>);

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
  conformance::check_float<rows_1>(d, 1e-3);
  conformance::check_float<rows_1_narrow>(d, 1e-4);
  conformance::check_floats<single>(d, product_error(1));
  conformance::check_floats<rank_1>(d, product_error(17));
  conformance::check_float<rows_2>(d, product_error(15));
  conformance::check_floats<rows_3>(d, product_error(7));
  conformance::check_float<rows_5>(d, product_error(33));
  conformance::check_floats<rows_7>(d, product_error(100));
  conformance::check_float<rows_13>(d, product_error(31));
  conformance::check_floats<rows_49>(d, product_error(65));
  conformance::check_float<rows_rank_4>(d, product_error(9));
  conformance::check_floats<rows_200>(d, product_error(70));
  conformance::check_float<long_sum>(d, product_error(300));  // as far as random numbers go
  conformance::check_float<bias_free>(d, product_error(40));
  conformance::check_float<many_panels>(d, product_error(40));
}

TEST_CASE_TEMPLATE("dense with an expression equals the reference", special, std::integral_constant<int, 0>, std::integral_constant<int, 30>) {
  drawing const d{.seed = 12, .special = special::value};
  conformance::check_float<with_relu>(d, product_error(20));
  conformance::check_floats<with_sigmoid>(d, product_error(20));
  conformance::check_float<with_prelu>(d, product_error(20));
  conformance::check_float<with_residual>(d, 1e-4);
  conformance::check_float<with_norm>(d, product_error(20));
  conformance::check_float<with_folded_norm>(d, product_error(20));
  conformance::check_floats<with_args>(d, product_error(20));
}

TEST_CASE("dense fuses what stands behind it") {
  static_assert(network<with_residual<float>, backend>::plan.step_count == 3);
  static_assert(network<with_args<float>, backend>::plan.step_count == 1);
  static_assert(network<with_folded_norm<float>, backend>::plan.step_count == 1);
}

TEST_CASE("dense by a team gives the same bits") {
  CHECK(conformance::teams_agree<rows_200<float>>());
  CHECK(conformance::teams_agree<pipeline<input<float, 1, 600>, dense<333>>>());
  CHECK(conformance::teams_agree<pipeline<input<float, 49, 128>, dense<160>>>());
}

namespace {
template <class Problem>
using small_tile = simd::dense_tile<simd::isa::native, Problem, simd::tile_tuning{1, 1}>;
template <class Problem>
using wide_tile = simd::dense_tile<simd::isa::native, Problem, simd::tile_tuning{2, 2}>;
}  // namespace

TEST_CASE("tiles of other sizes give the same bits") {
  using model = pipeline<input<float, 23, 40>, dense<90>, relu>;
  auto const expected = conformance::bits_of<model, backend>(3);
  auto const same = [&](std::vector<float> const& b) { return b.size() == expected.size() && std::memcmp(b.data(), expected.data(), b.size() * 4) == 0; };
  CHECK(same(conformance::bits_of<model, with_kernels<backend, wide_tile>>(3)));
  // One row by one panel takes partial sums in turns, so it may differ in the last bits.
  auto const small = conformance::bits_of<model, with_kernels<backend, small_tile>>(3);
  for (std::size_t i = 0; i < small.size(); ++i) CHECK(std::abs(small[i] - expected[i]) <= product_error(40));
}

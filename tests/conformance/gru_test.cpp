// SPDX-License-Identifier: MIT
// gru against the reference loops in double, and against what ONNX Runtime gives.
#include "product_support.hpp"
#include "recurrent_case.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
using attributes = gru_attributes;
using kind = activation_kind;

constexpr attributes make(dsi::index hidden, bool reset_after, bool bias = true) { return attributes{.hidden = hidden, .bias = bias, .linear_before_reset = reset_after}; }
constexpr attributes states(dsi::index hidden, recurrent_direction d, bool batch_first, bool reset_after) {
  return attributes{.hidden = hidden, .direction = d, .batch_first = batch_first, .initial_h = true, .y_h = true, .linear_before_reset = reset_after};
}

// The third gate begins inside a panel unless 2 * hidden is a multiple of 16; both kinds of reset.
constexpr attributes after_1 = make(1, true), before_15 = make(15, false), before_16 = make(16, false),
                     after_16 = make(16, true), before_17 = make(17, false), after_17 = make(17, true), before_33 = make(33, false),
                     after_40 = make(40, true), before_24 = make(24, false), no_bias_before = make(20, false, false), no_bias_after = make(20, true, false),
                     before_130 = make(130, false), after_130 = make(130, true);
RECURRENT_CASE(hidden_1_after, plain, after_1, 5, 1, 1);
RECURRENT_CASE(hidden_15, plain, before_15, 5, 2, 3);
RECURRENT_CASE(hidden_16, plain, before_16, 7, 1, 16);
RECURRENT_CASE(hidden_16_after, plain, after_16, 7, 1, 16);
RECURRENT_CASE(hidden_17, plain, before_17, 5, 3, 5);
RECURRENT_CASE(hidden_17_after, plain, after_17, 5, 3, 5);
RECURRENT_CASE(hidden_33, plain, before_33, 9, 7, 4);
RECURRENT_CASE(hidden_24, plain, before_24, 3, 1, 8);
RECURRENT_CASE(hidden_40_after, plain, after_40, 1, 1, 13);
RECURRENT_CASE(bias_free, without_bias, no_bias_before, 6, 2, 9);
RECURRENT_CASE(bias_free_after, without_bias, no_bias_after, 6, 2, 9);
RECURRENT_CASE(large, plain, before_130, 20, 13, 37);  // several tiles of sequences, several chunks of steps, worth threads
RECURRENT_CASE(large_after, plain, after_130, 20, 13, 37);

constexpr attributes backwards = states(21, recurrent_direction::reverse, false, true), both = states(24, recurrent_direction::bidirectional, false, false),
                     both_batch_first = states(9, recurrent_direction::bidirectional, true, true), batch_first = states(37, recurrent_direction::forward, true, false);
RECURRENT_CASE(reverse_states, with_h, backwards, 6, 1, 11);
RECURRENT_CASE(both_states, with_h, both, 6, 8, 11);
RECURRENT_CASE(both_batch_first_states, with_h, both_batch_first, 5, 4, 3);
RECURRENT_CASE(batch_first_states, with_h, batch_first, 8, 7, 6);

constexpr attributes functions(kind s, kind t, bool reset_after) {
  attributes a{.hidden = 18, .direction = recurrent_direction::bidirectional, .linear_before_reset = reset_after, .clip = constant(0.5f)};
  for (int i = 0; i < 4; ++i) a.activation[i] = activation_of(i == 0 || i == 3 ? s : t);  // another order backwards
  return a;
}
constexpr attributes f1 = functions(kind::hard_sigmoid, kind::relu, true), f2 = functions(kind::softsign, kind::elu, false);
RECURRENT_CASE(functions_1, plain, f1, 4, 2, 3);
RECURRENT_CASE(functions_2, plain, f2, 4, 2, 3);

constexpr attributes only_h{.hidden = 20, .y = false, .y_h = true};
RECURRENT_CASE(last_h, plain, only_h, 5, 2, 3);

TEST_CASE("[gru] hidden sizes, batches and lengths around the vector's size, reset before and after the product") {
  drawing const d{.seed = 1, .low = -0.7, .high = 0.7};
  conformance::check_float<hidden_1_after>(d, 2e-6);
  conformance::check_float<hidden_15>(d, 4e-6);
  conformance::check_float<hidden_16>(d, 4e-6);
  conformance::check_float<hidden_16_after>(d, 4e-6);
  conformance::check_floats<hidden_17>(d, 4e-6);
  conformance::check_floats<hidden_17_after>(d, 4e-6);
  conformance::check_float<hidden_24>(d, 4e-6);
  conformance::check_float<hidden_33>(d, 8e-6);
  conformance::check_float<hidden_40_after>(d, 4e-6);
  conformance::check_float<bias_free>(d, 4e-6);
  conformance::check_float<bias_free_after>(d, 4e-6);
  conformance::check_float<large>({.seed = 2, .low = -0.15, .high = 0.15}, 4e-6);
  conformance::check_float<large_after>({.seed = 2, .low = -0.15, .high = 0.15}, 4e-6);
}
TEST_CASE("[gru] threads give the bits of one thread") { CHECK(conformance::teams_agree<large_after<float>>()); }
TEST_CASE("[gru] directions, layouts, initial and last states") {
  drawing const d{.seed = 3, .low = -0.7, .high = 0.7};
  conformance::check_float<reverse_states>(d, 4e-6);
  conformance::check_float<both_states>(d, 4e-6);
  conformance::check_floats<both_batch_first_states>(d, 4e-6);
  conformance::check_float<batch_first_states>(d, 4e-6);
  conformance::check_float<last_h>(d, 4e-6);
}
TEST_CASE("[gru] activation functions, other ones backwards, clip") {
  drawing const d{.seed = 5, .low = -0.5, .high = 0.5};
  conformance::check_float<functions_1>(d, 4e-6);
  conformance::check_float<functions_2>(d, 4e-6);
}
TEST_CASE("[gru] NaN, infinities, zeros and subnormals in x and in the state") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    CHECK(conformance::compare<batch_first_states, float, backend>({.seed = seed, .low = -0.7, .high = 0.7, .special = 40}, 4e-6, 4e-6) == "");
    CHECK(conformance::compare<both_batch_first_states, float, backend>({.seed = seed, .low = -0.7, .high = 0.7, .special = 40}, 4e-6, 4e-6) == "");
  }
}

constexpr attributes like_onnx(bool reset_after) {
  attributes a{.hidden = 2, .linear_before_reset = reset_after, .clip = constant(0.75f)};
  a.activation[0] = {kind::hard_sigmoid, constant(0.25f), constant(0.375f)};
  a.activation[1] = {kind::elu, constant(0.5f), {}};
  return a;
}
template <attributes A>
struct onnx_case : dsi::graph<named_input<"x", float, 2, 1, 1>, parameter<"w", float, 1, 6, 1>, parameter<"r", float, 1, 6, 2>, parameter<"b", float, 1, 12>,
                              node<"y", gru<A>, "x", "w", "r", "b">, output<"y">> {};
template <attributes A>
void check_onnx(std::vector<double> const& expected) {
  conformance::io<onnx_case<A>> x{{{1, -0.5}},
                                  {},
                                  {{1, -0.5, 0.25, 0.75, -1, 0.5},
                                   {0.5, -0.25, 0.125, 1, -0.5, 0.75, 0.25, -1, 0.5, 0.5, -0.75, 0.25},
                                   {0.125, 0.25, -0.125, 0.5, 0, 0.25, -0.5, 0.125, 0.0625, 0, 0.125, -0.25}}};
  std::string why;
  REQUIRE_MESSAGE((conformance::run_model<onnx_case<A>, float, backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], expected, 1e-6, 1e-6) <= 1);
  REQUIRE_MESSAGE((conformance::run_model<onnx_case<A>, float, reference_backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], expected, 1e-6, 1e-6) <= 1);
}
TEST_CASE("[gru] ONNX Runtime 1.32, with HardSigmoid, Elu and clip") {
  constexpr attributes before = like_onnx(false), after = like_onnx(true);
  check_onnx<before>({-0.123664081, 0.328125, 0.506461859, 0.147358209});
  check_onnx<after>({-0.123664081, 0.399902344, 0.472545564, 0.221236333});
}

}  // namespace

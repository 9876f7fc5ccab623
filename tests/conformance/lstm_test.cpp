// SPDX-License-Identifier: MIT
// lstm against the reference loops in double, and against what ONNX Runtime gives.
#include "product_support.hpp"
#include "recurrent_case.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
using attributes = lstm_attributes;
using kind = activation_kind;

constexpr attributes states(dsi::index hidden, recurrent_direction d, bool batch_first) {
  return attributes{.hidden = hidden, .direction = d, .batch_first = batch_first, .initial_h = true, .initial_c = true, .y_h = true, .y_c = true};
}
constexpr attributes peepholes(bool input_forget, float_bits clip) {
  attributes a = states(19, recurrent_direction::bidirectional, false);
  a.peephole = true;
  a.input_forget = input_forget;
  a.clip = clip;
  return a;
}
constexpr attributes functions(kind s, kind t, kind u) {
  attributes a{.hidden = 18, .direction = recurrent_direction::bidirectional};
  recurrent_activation const f[]{activation_of(s), activation_of(t), activation_of(u)};
  for (int i = 0; i < 6; ++i) a.activation[i] = f[i < 3 ? i : 5 - i];  // another order backwards
  return a;
}

constexpr attributes of_1{.hidden = 1}, of_16{.hidden = 16}, of_17{.hidden = 17}, of_33{.hidden = 33}, of_40{.hidden = 40},
    no_bias{.hidden = 20, .bias = false}, of_130{.hidden = 130};
RECURRENT_CASE(hidden_1, plain, of_1, 5, 1, 1);
RECURRENT_CASE(hidden_16, plain, of_16, 7, 1, 16);
RECURRENT_CASE(hidden_17, plain, of_17, 5, 3, 5);
RECURRENT_CASE(hidden_33, plain, of_33, 9, 1, 4);
RECURRENT_CASE(hidden_40, plain, of_40, 1, 1, 1);
RECURRENT_CASE(large, plain, of_130, 20, 13, 37);  // several tiles of sequences, several chunks of steps, worth threads
RECURRENT_CASE(bias_free, without_bias, no_bias, 6, 2, 9);

constexpr attributes both = states(24, recurrent_direction::bidirectional, false), both_batch_first = states(9, recurrent_direction::bidirectional, true),
                     batch_first = states(31, recurrent_direction::forward, true);
RECURRENT_CASE(both_states, with_h_c, both, 6, 8, 11);
RECURRENT_CASE(both_batch_first_states, with_h_c, both_batch_first, 5, 4, 3);
RECURRENT_CASE(batch_first_states, with_h_c, batch_first, 8, 7, 6);

constexpr attributes peep = peepholes(false, {}), peep_forget = peepholes(true, {}), peep_clip = peepholes(false, constant(0.25f));
RECURRENT_CASE(peephole, with_peepholes, peep, 5, 2, 4);
RECURRENT_CASE(peephole_input_forget, with_peepholes, peep_forget, 5, 2, 4);
RECURRENT_CASE(peephole_clip, with_peepholes, peep_clip, 5, 2, 4);

constexpr attributes f1 = functions(kind::hard_sigmoid, kind::relu, kind::elu);
RECURRENT_CASE(other_functions, plain, f1, 4, 2, 3);

constexpr attributes only_last{.hidden = 20, .y = false, .y_h = true, .y_c = true};
RECURRENT_CASE(last_states, last_h_c, only_last, 5, 2, 3);

TEST_CASE("[lstm] hidden sizes, batches and lengths around the vector's size") {
  drawing const d{.seed = 1, .low = -0.7, .high = 0.7};
  conformance::check_float<hidden_1>(d, 2e-6);
  conformance::check_float<hidden_16>(d, 4e-6);
  conformance::check_floats<hidden_17>(d, 4e-6);
  conformance::check_float<hidden_33>(d, 8e-6);
  conformance::check_float<hidden_40>(d, 4e-6);
  conformance::check_float<bias_free>(d, 4e-6);
  conformance::check_float<large>({.seed = 2, .low = -0.15, .high = 0.15}, 4e-6);
}
TEST_CASE("[lstm] threads give the bits of one thread") { CHECK(conformance::teams_agree<large<float>>()); }
TEST_CASE("[lstm] directions, layouts, initial and last states") {
  drawing const d{.seed = 3, .low = -0.7, .high = 0.7};
  conformance::check_floats<both_states>(d, 4e-6);
  conformance::check_float<both_batch_first_states>(d, 4e-6);
  conformance::check_float<batch_first_states>(d, 4e-6);
  conformance::check_float<last_states>(d, 4e-6);
}
TEST_CASE("[lstm] peepholes, coupled gates, clip") {
  drawing const d{.seed = 4, .low = -0.9, .high = 0.9};
  conformance::check_floats<peephole>(d, 4e-6);
  conformance::check_float<peephole_input_forget>(d, 4e-6);
  conformance::check_float<peephole_clip>(d, 4e-6);
}
TEST_CASE("[lstm] activation functions, other ones backwards") {
  drawing const d{.seed = 5, .low = -0.5, .high = 0.5};
  conformance::check_float<other_functions>(d, 4e-6);
}
TEST_CASE("[lstm] NaN, infinities, zeros and subnormals in x and in the states") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    CHECK(conformance::compare<batch_first_states, float, backend>({.seed = seed, .low = -0.7, .high = 0.7, .special = 40}, 4e-6, 4e-6) == "");
    CHECK(conformance::compare<both_batch_first_states, float, backend>({.seed = seed, .low = -0.7, .high = 0.7, .special = 40}, 4e-6, 4e-6) == "");
  }
}
// One sequence of two steps, two units; values that float holds exactly.
constexpr attributes like_onnx{.hidden = 2, .peephole = true, .input_forget = true, .clip = constant(0.375f)};
struct onnx_case : dsi::graph<named_input<"x", float, 2, 1, 1>, parameter<"w", float, 1, 8, 1>, parameter<"r", float, 1, 8, 2>, parameter<"b", float, 1, 16>,
                              parameter<"p", float, 1, 6>, node<"y", lstm<like_onnx>, "x", "w", "r", "b", "p">, output<"y">> {};
TEST_CASE("[lstm] ONNX Runtime 1.32, with peepholes, clip and coupled gates") {
  conformance::io<onnx_case> x{{{1, -0.5}},
                           {},
                           {{1, -0.5, 0.25, 0.75, -1, 0.5, 2, -2},
                            {0.5, -0.25, 0.125, 1, -0.5, 0.75, 0.25, -1, 0.5, 0.5, -0.75, 0.25, 1, 0.125, -0.25, 0.625},
                            {0.125, 0.25, -0.125, 0.5, 0, 0.25, -0.5, 0.125, 0.0625, 0, 0.125, -0.25, 0.5, 0.125, 0, 0.25},
                            {0.5, -0.5, 0.25, 1, -0.25, 0.125}}};
  std::string why;
  std::vector<double> const expected{0.120360225, -0.0922321975, -0.0240032841, 0.0790607482};
  REQUIRE_MESSAGE((conformance::run_model<onnx_case, float, backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], expected, 1e-6, 1e-6) <= 1);
  REQUIRE_MESSAGE((conformance::run_model<onnx_case, float, reference_backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], expected, 1e-6, 1e-6) <= 1);
}
TEST_CASE("[lstm] refuses what does not fit") {
  tensor_desc const x{dtype::f32, layout::row_major, shape(5, 2, 3)}, w{dtype::f32, layout::row_major, shape(1, 16, 3)},
      r{dtype::f32, layout::row_major, shape(1, 16, 4)}, b{dtype::f32, layout::row_major, shape(1, 32)};
  auto const infer = [](attributes const& a, std::initializer_list<tensor_desc> in) { return a.infer({in.begin(), static_cast<int>(in.size())}); };
  attributes const a{.hidden = 4};
  CHECK(infer(a, {x, w, r, b}).out[0].extents == shape(5, 1, 2, 4));
  CHECK(infer(a, {x, w, r}).reason == invalid::input_count);
  CHECK(infer({.hidden = 5}, {x, w, r, b}).reason == invalid::recurrent_weight);
  CHECK(infer(a, {x, r, r, b}).reason == invalid::recurrent_weight);
  CHECK(infer(a, {x, w, w, b}).reason == invalid::recurrent_weight);
  CHECK(infer(a, {x, w, r, r}).reason == invalid::parameter_extent);
  CHECK(infer({.hidden = 0}, {x, w, r, b}).reason == invalid::positive);
  CHECK(infer(a, {r, w, r, b}).reason == invalid::recurrent_weight);
  CHECK(infer(a, {b, w, r, b}).reason == invalid::rank);
  CHECK(infer(a, {x, {dtype::f16, layout::row_major, shape(1, 16, 3)}, r, b}).reason == invalid::types_differ);
  CHECK(macs_of(a, {std::initializer_list<tensor_desc>{x, w, r, b}.begin(), 4}, x) == 5 * 2 * 16 * 7);
}

}  // namespace

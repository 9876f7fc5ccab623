// SPDX-License-Identifier: MIT
// rnn against the reference loops in double, and against what ONNX Runtime gives.
#include "recurrent_case.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
using attributes = rnn_attributes;

constexpr attributes states(dsi::index hidden, recurrent_direction d, bool batch_first) {
  return attributes{.hidden = hidden, .direction = d, .batch_first = batch_first, .initial_h = true, .y_h = true};
}
constexpr attributes of_1{.hidden = 1}, of_15{.hidden = 15}, of_16{.hidden = 16}, of_33{.hidden = 33}, no_bias{.hidden = 20, .bias = false},
    of_200{.hidden = 200}, clipped{.hidden = 31, .clip = constant(0.5f)};
RECURRENT_CASE(hidden_1, plain, of_1, 5, 1, 1);
RECURRENT_CASE(hidden_15, plain, of_15, 5, 2, 3);
RECURRENT_CASE(hidden_16, plain, of_16, 7, 1, 16);
RECURRENT_CASE(hidden_33, plain, of_33, 9, 7, 4);
RECURRENT_CASE(with_clip, plain, clipped, 4, 3, 5);
RECURRENT_CASE(bias_free, without_bias, no_bias, 6, 2, 9);
RECURRENT_CASE(large, plain, of_200, 70, 13, 37);

constexpr attributes backwards = states(21, recurrent_direction::reverse, false), both = states(24, recurrent_direction::bidirectional, false),
                     both_batch_first = states(9, recurrent_direction::bidirectional, true);
RECURRENT_CASE(reverse_states, with_h, backwards, 6, 1, 11);
RECURRENT_CASE(both_states, with_h, both, 6, 8, 11);
RECURRENT_CASE(both_batch_first_states, with_h, both_batch_first, 5, 4, 3);

constexpr attributes functions(activation_kind forward, activation_kind backward) {
  attributes a{.hidden = 18, .direction = recurrent_direction::bidirectional};
  a.activation[0] = activation_of(forward);
  a.activation[1] = activation_of(backward);
  return a;
}
using kind = activation_kind;
constexpr attributes f1 = functions(kind::sigmoid, kind::softplus), f2 = functions(kind::relu, kind::elu), f3 = functions(kind::affine, kind::softsign),
                     f4 = functions(kind::leaky_relu, kind::thresholded_relu), f5 = functions(kind::scaled_tanh, kind::hard_sigmoid);
RECURRENT_CASE(functions_1, plain, f1, 4, 2, 3);
RECURRENT_CASE(functions_2, plain, f2, 4, 2, 3);
RECURRENT_CASE(functions_3, plain, f3, 4, 2, 3);
RECURRENT_CASE(functions_4, plain, f4, 4, 2, 3);
RECURRENT_CASE(functions_5, plain, f5, 4, 2, 3);

TEST_CASE("[rnn] hidden sizes, batches and lengths around the vector's size") {
  drawing const d{.seed = 1, .low = -0.6, .high = 0.6};
  conformance::check_float<hidden_1>(d, 2e-6);
  conformance::check_floats<hidden_15>(d, 4e-6);
  conformance::check_float<hidden_16>(d, 4e-6);
  conformance::check_float<hidden_33>({.seed = 1, .low = -0.2, .high = 0.2}, 4e-6);
  conformance::check_float<with_clip>({.seed = 1, .low = -0.2, .high = 0.2}, 4e-6);
  conformance::check_float<bias_free>({.seed = 1, .low = -0.3, .high = 0.3}, 4e-6);
  conformance::check_float<large>({.seed = 2, .low = -0.1, .high = 0.1}, 4e-6);
}
TEST_CASE("[rnn] activation functions") {
  drawing const d{.seed = 4, .low = -0.5, .high = 0.5};
  conformance::check_float<functions_1>(d, 4e-6);
  conformance::check_float<functions_2>(d, 4e-6);
  conformance::check_float<functions_3>(d, 4e-6);
  conformance::check_float<functions_4>(d, 4e-6);
  conformance::check_float<functions_5>(d, 4e-6);
}
TEST_CASE("[rnn] directions, layouts, initial and last states") {
  drawing const d{.seed = 3, .low = -0.3, .high = 0.3};
  conformance::check_float<reverse_states>(d, 4e-6);
  conformance::check_floats<both_states>(d, 4e-6);
  conformance::check_float<both_batch_first_states>(d, 4e-6);
}
TEST_CASE("[rnn] NaN, infinities, zeros and subnormals in x and in the state") {
  for (unsigned seed = 1; seed <= 4; ++seed)
    CHECK(conformance::compare<both_batch_first_states, float, backend>({.seed = seed, .low = -0.3, .high = 0.3, .special = 40}, 4e-6, 4e-6) == "");
}
constexpr attributes like_onnx = [] {
  attributes a{.hidden = 2};
  a.activation[0] = {activation_kind::scaled_tanh, constant(1.5f), constant(0.5f)};
  return a;
}();
struct onnx_case : dsi::graph<named_input<"x", float, 2, 1, 1>, parameter<"w", float, 1, 2, 1>, parameter<"r", float, 1, 2, 2>, parameter<"b", float, 1, 4>,
                              node<"y", rnn<like_onnx>, "x", "w", "r", "b">, output<"y">> {};
TEST_CASE("[rnn] ONNX Runtime 1.32, with ScaledTanh") {
  std::vector<double> const expected{0.693175793, 0.186529577, -0.14953512, 0.843858182};
  conformance::io<onnx_case> x{{{1, -0.5}}, {}, {{1, -0.5}, {0.5, -0.25, 0.125, 1}, {0.125, 0.25, -0.125, 0.5}}};
  std::string why;
  REQUIRE_MESSAGE((conformance::run_model<onnx_case, float, backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], expected, 1e-6, 1e-6) <= 1);
  REQUIRE_MESSAGE((conformance::run_model<onnx_case, float, reference_backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], expected, 1e-6, 1e-6) <= 1);
}

}  // namespace

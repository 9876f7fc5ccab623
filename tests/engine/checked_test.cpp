// SPDX-License-Identifier: MIT
// checked<Backend, Reference> finds the step whose kernel is wrong, and only that one; good backends pass.
#include <array>
#include <random>

#include <doctest/doctest.h>

#include "support/random_weights.hpp"

namespace {

using namespace dsi;

struct net : pipeline<input<float, 1, 3, 9, 8>, conv2d<conv2d_attributes{.out = 5, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, relu,
                      conv2d<conv2d_attributes{.out = 4, .kernel = {1, 1}}>, sigmoid, global_average_pool, flatten<>, dense<6>, softmax> {};

/// A pooling kernel whose third value is wrong.
template <class Problem>
struct wrong_pool : kernel_defaults {
  static constexpr std::string_view name = "wrong_pool";
  using right = kernel_for<reference_backend, Problem>;
  static constexpr bool supports = anchor_is<Problem, op_value_t<global_average_pool>>;
  template <class Context>
  static void run(kernel_args args, void* scratch, void* state, Context& context) noexcept {
    right::run(args, scratch, state, context);
    static_cast<float*>(args.out[0])[2] += 0.5f;
  }
};

std::array<float, 216> image() {
  std::array<float, 216> x;
  std::mt19937 g(1);
  std::uniform_real_distribution<float> u(-1, 1);
  for (float& v : x) v = u(g);
  return x;
}

}  // namespace

TEST_CASE("every step of a good backend agrees with the reference") {
  auto const w = support::random_weights<net>();
  engine<net, checked<simd_backend<>, reference_backend>> watched(w);
  engine<net> plain(w);
  std::array<float, 6> a, b;
  watched.run(image(), a);
  plain.run(image(), b);
  CHECK(a == b);
  CHECK(watched.first_departure() == nullptr);
  CHECK(watched.checks().size() >= 4);
  bool inexact = false;
  for (step_check const& c : watched.checks()) {
    CHECK(c.event.operation != "");
    inexact = inexact || c.worst > 0;
  }
  CHECK(inexact);  // the two are different code: some bit differs, so the comparison did look
}

TEST_CASE("the step with the wrong kernel is named, and the steps after it are not blamed") {
  using backend = with_kernels<simd_backend<>, wrong_pool>;
  auto const w = support::random_weights<net, backend>();
  engine<net, checked<backend>> watched(w);
  std::array<float, 6> y;
  watched.run(image(), y);
  step_check const* const wrong = watched.first_departure();
  REQUIRE(wrong != nullptr);
  CHECK(wrong->event.kernel == "wrong_pool");
  CHECK(wrong->event.operation == "global_average_pool");
  CHECK(wrong->beyond == 1);
  CHECK(wrong->at == 2);
  CHECK(wrong->actual == doctest::Approx(wrong->expected + 0.5));
  int beyond = 0;
  for (step_check const& c : watched.checks()) beyond += c.beyond > 0;
  CHECK(beyond == 1);
}

TEST_CASE("positions are ONNX's whatever the memory order, NaN and infinities must agree") {
  tensor_desc const d{dtype::f32, layout::channels_last, shape(1, 2, 1, 3)};
  std::array<float, 6> a{0, 1, 2, 3, 4, 5}, b = a;
  step_check found;
  detail::compare_tensors(d, a.data(), b.data(), {}, found);
  CHECK(found.worst == 0);
  b[1] = 7;  // channel 1, column 0: element 3 in ONNX's order
  detail::compare_tensors(d, a.data(), b.data(), {}, found);
  CHECK(found.at == 3);
  CHECK(found.beyond == 1);
  a = b;
  a[4] = b[4] = std::nanf("");
  found = {};
  detail::compare_tensors(d, a.data(), b.data(), {}, found);
  CHECK(found.worst == 0);
  b[4] = 1;
  detail::compare_tensors(d, a.data(), b.data(), {}, found);
  CHECK(found.worst == INFINITY);
}

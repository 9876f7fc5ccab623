// SPDX-License-Identifier: MIT
// attention against the reference loops in double: every layout of heads, remainders of every extent, masks and windows that hide
// all keys of a query, blocks of keys one after the other.
#include <dsi/backend/reference/attention.hpp>
#include <dsi/backend/simd/attention.hpp>

#include "native.hpp"

namespace {

using namespace dsi;
using conformance::backend;
using conformance::drawing;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

#define TENSOR(Name, ...) named_input<Name, T, __VA_ARGS__>
#define ATTENTION(...) attention<attention_attributes{__VA_ARGS__}>

/// Lq, Lk, D and Dv: whole vectors, one too few, one too many.
template <class T>
struct remainders : graph<TENSOR("q", 2, 3, 12, 16), TENSOR("k", 2, 3, 16, 16), TENSOR("v", 2, 3, 16, 16),
                          node<"a", ATTENTION(.heads = 3, .key_heads = 3, .scale = constant(0.25f)), "q", "k", "v">,
                          TENSOR("r", 1, 1, 13, 31), TENSOR("s", 1, 1, 33, 31), TENSOR("t", 1, 1, 33, 33),
                          node<"b", ATTENTION(), "r", "s", "t">, TENSOR("l", 1, 2, 1, 17), TENSOR("m", 1, 2, 15, 17),
                          TENSOR("n", 1, 2, 15, 1), node<"c", ATTENTION(.heads = 2, .key_heads = 2), "l", "m", "n">,
                          TENSOR("e", 1, 1, 31, 1), TENSOR("f", 1, 1, 1, 1), TENSOR("g", 1, 1, 1, 15), node<"d", ATTENTION(), "e", "f", "g">,
                          output<"a">, output<"b">, output<"c">, output<"d">> {};
/// [B, L, heads D] on either side, groups of heads that share a key.
template <class T>
struct merged : graph<TENSOR("q", 2, 37, 128), TENSOR("k", 2, 128, 64), TENSOR("v", 2, 128, 64),
                      node<"a", ATTENTION(.heads = 4, .key_heads = 2, .merged = true, .scale = constant(0.177f)), "q", "k", "v">,
                      TENSOR("r", 2, 6, 5, 20), TENSOR("s", 2, 128, 40), node<"b", ATTENTION(.heads = 6, .key_heads = 2), "r", "s", "v">,
                      output<"a">, output<"b">> {};
/// Masks of every shape, with -inf among them when special values are drawn.
template <class T>
struct masked : graph<TENSOR("q", 2, 4, 13, 16), TENSOR("k", 2, 2, 39, 16), TENSOR("v", 2, 2, 39, 20), TENSOR("m", 2, 4, 13, 39), TENSOR("n", 2, 1, 1, 39),
                      TENSOR("o", 1, 4, 13, 1), node<"a", ATTENTION(.heads = 4, .key_heads = 2, .mask = true), "q", "k", "v", "m">,
                      node<"b", ATTENTION(.heads = 4, .key_heads = 2, .mask = true, .softcap = constant(2.f), .none = unanswered::zero), "q", "k", "v", "n">,
                      node<"c", ATTENTION(.heads = 4, .key_heads = 2, .mask = true, .none = unanswered::zero_for_nan), "q", "k", "v", "o">, output<"a">,
                      output<"b">, output<"c">> {};
/// Three blocks of keys and a part of one.
template <class T>
struct long_rows : graph<TENSOR("q", 1, 2, 14, 24), TENSOR("k", 1, 2, 771, 24), TENSOR("v", 1, 2, 771, 24), TENSOR("m", 1, 1, 1, 771),
                         node<"a", ATTENTION(.heads = 2, .key_heads = 2), "q", "k", "v">,
                         node<"b", ATTENTION(.heads = 2, .key_heads = 2, .mask = true, .none = unanswered::zero), "q", "k", "v", "m">, output<"a">,
                         output<"b">> {};
template <class T>
struct windows : graph<TENSOR("q", 1, 2, 29, 16), TENSOR("k", 1, 2, 29, 16), TENSOR("w", 1, 2, 600, 16),
                       node<"a", ATTENTION(.heads = 2, .key_heads = 2, .right = 0), "q", "k", "k">,
                       node<"b", ATTENTION(.heads = 2, .key_heads = 2, .left = 3, .right = 1), "q", "k", "k">,
                       node<"c", ATTENTION(.heads = 2, .key_heads = 2, .offset = -9, .right = 0, .none = unanswered::zero), "q", "k", "k">,
                       node<"d", ATTENTION(.heads = 2, .key_heads = 2, .offset = 571, .left = 40, .right = 0), "q", "w", "w">,
                       node<"e", ATTENTION(.heads = 2, .key_heads = 2, .offset = 240, .right = 0), "q", "w", "w">, output<"a">, output<"b">, output<"c">,
                       output<"d">, output<"e">> {};
/// Heads of 64 and 128 features, as language models have them; enough work for threads.
template <class T>
struct wide : graph<TENSOR("q", 1, 65, 256), TENSOR("k", 1, 65, 256), TENSOR("v", 1, 65, 256),
                    node<"a", ATTENTION(.heads = 4, .key_heads = 4, .merged = true, .scale = constant(0.125f)), "q", "k", "v">,
                    node<"b", ATTENTION(.heads = 2, .key_heads = 2, .merged = true, .right = 0, .scale = constant(0.088f)), "q", "k", "v">, output<"a">,
                    output<"b">> {};

/// One or two queries read keys and values where they lie.
template <class T>
struct few : graph<TENSOR("q", 2, 6, 1, 64), TENSOR("k", 2, 300, 128), TENSOR("v", 2, 2, 300, 83), TENSOR("m", 2, 1, 1, 300),
                   node<"a", ATTENTION(.heads = 6, .key_heads = 2, .mask = true, .offset = 299, .right = 0, .scale = constant(0.125f), .none = unanswered::zero), "q", "k", "v", "m">,
                   TENSOR("r", 1, 2, 30), TENSOR("s", 1, 19, 30), node<"b", ATTENTION(.heads = 2, .key_heads = 2, .merged = true), "r", "s", "s">,
                   output<"a">, output<"b">> {};

/// Queries of one feature, four keys: results with the mask and `none` that are given.
template <unanswered None, dsi::index Queries>
struct small {
  template <class T>
  struct with : graph<TENSOR("q", 1, 1, Queries, 1), TENSOR("k", 1, 1, 4, 1), TENSOR("v", 1, 1, 4, 1), TENSOR("m", 1, 1, Queries, 4),
                      node<"y", ATTENTION(.mask = true, .none = None), "q", "k", "v", "m">, output<"y">> {};
};
template <unanswered None, dsi::index Queries, class Backend>
void check_small_on(std::vector<double> const& q, std::vector<double> const& mask, std::vector<double> const& expected) {
  using model = typename small<None, Queries>::template with<float>;
  conformance::io<model> x{{{}, {0, 0, 1, 1}, {1, 2, 3, 4}, {}}, {}, {}};
  std::vector<double> all;
  for (dsi::index i = 0; i < Queries; i += 2) {
    x.in[0].insert(x.in[0].end(), q.begin(), q.end());
    x.in[3].insert(x.in[3].end(), mask.begin(), mask.end());
    all.insert(all.end(), expected.begin(), expected.end());
  }
  std::string why;
  REQUIRE_MESSAGE((conformance::run_model<model, float, Backend>(x, why)), why);
  CHECK(conformance::departure(x.out[0], all, 1e-6, 0) <= 1);
}
/// Two queries alone, and four, which take another path.
template <unanswered None>
void check_small(std::vector<double> const& q, std::vector<double> const& mask, std::vector<double> const& expected) {
  check_small_on<None, 2, backend>(q, mask, expected);
  check_small_on<None, 4, backend>(q, mask, expected);
  check_small_on<None, 2, reference_backend>(q, mask, expected);
}

}  // namespace

TEST_CASE("attention equals the reference") {
  for (double range : {1., 4.}) {
    drawing const d{.seed = 3, .low = -range, .high = range};
    conformance::check_floats<remainders>(d, 0x1p-15);
    conformance::check_floats<merged>(d, 0x1p-15);
    conformance::check_floats<masked>(d, 0x1p-15);
    conformance::check_float<long_rows>(d, 0x1p-15);
    conformance::check_floats<windows>(d, 0x1p-15);
    conformance::check_floats<few>(d, 0x1p-15);
    conformance::check_float<wide>(d, 0x1p-15);
  }
}

TEST_CASE("NaN and infinities anywhere") {
  for (unsigned seed : {1u, 2u, 3u}) {
    drawing const d{.seed = seed, .special = 400};
    conformance::check_float<remainders>(d, 0x1p-15);
    conformance::check_float<masked>(d, 0x1p-15);
    conformance::check_float<long_rows>(d, 0x1p-15);
  }
}

TEST_CASE("queries that no key answers") {
  double const n = no_number;
  std::vector<double> const first_hidden{-inf, -inf, -inf, -inf, -inf, 0, -inf, 0};
  double const of_2_and_4 = (2 + 4 * std::exp(1.)) / (1 + std::exp(1.));
  check_small<unanswered::nan>({1, 1}, first_hidden, {n, of_2_and_4});
  check_small<unanswered::zero>({1, 1}, first_hidden, {0, of_2_and_4});
  check_small<unanswered::zero_for_nan>({1, 1}, first_hidden, {0, of_2_and_4});
  // A hidden query that is NaN itself: the mask decides. A NaN that is not hidden stays, or counts as no answer.
  std::vector<double> const second_open{-inf, -inf, -inf, -inf, 0, 0, 0, 0};
  check_small<unanswered::zero>({n, n}, second_open, {0, n});
  check_small<unanswered::zero_for_nan>({n, n}, second_open, {0, 0});
  check_small<unanswered::zero>({1, 1}, {n, -inf, -inf, -inf, 0, n, 0, 0}, {n, n});
  check_small<unanswered::nan>({1, 1}, {inf, 0, 0, 0, -inf, -inf, -inf, 0}, {n, 4});
  check_small<unanswered::zero_for_nan>({1, 1}, {inf, 0, 0, 0, -inf, -inf, -inf, 0}, {0, 4});
  // Scores far below and far above what exponentials hold.
  check_small<unanswered::nan>({1, 1}, {-1e30, -1e30, -2e30, -2e30, 1e30, -1e30, 0, 1e30}, {1.5, 2.5});
}

TEST_CASE("attention refuses heads that do not divide, and masks that do not fit") {
  tensor_desc x[]{{dtype::f32, layout::row_major, shape(1, 4, 24)}, {dtype::f32, layout::row_major, shape(1, 5, 12)}, {dtype::f32, layout::row_major, shape(1, 5, 12)},
                  {dtype::f32, layout::row_major, shape(1, 1, 4, 5)}};
  attention_attributes a{.heads = 4, .key_heads = 2, .merged = true};
  CHECK(a.infer({x, 3}).reason == invalid::none);
  CHECK(a.infer({x, 4}).reason == invalid::input_count);
  a.mask = true;
  CHECK(a.infer({x, 4}).reason == invalid::none);
  x[3].extents.dim[2] = 3;
  CHECK(a.infer({x, 4}).reason == invalid::broadcast);
  a = {.heads = 3, .key_heads = 2};
  CHECK(a.infer({x, 3}).reason == invalid::attention_heads);
  a = {.heads = 10, .key_heads = 5};
  CHECK(a.infer({x, 3}).reason == invalid::attention_heads);
  a = {.heads = 2, .key_heads = 2};
  CHECK(a.infer({x, 3}).reason == invalid::matmul_inner);
}

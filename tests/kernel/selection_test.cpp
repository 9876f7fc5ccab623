// SPDX-License-Identifier: MIT
// How a kernel is chosen, and how one is run by itself: with_kernels, preferred_kernels, candidates, fallback, isolated.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>
#include <dsi/kernel/isolated.hpp>

namespace {

/// A kernel for dense layers with exactly Outputs outputs. It writes a mark, so that a test sees who ran.
template <class Problem, int Outputs, int Mark>
struct marker : dsi::kernel_defaults {
  static constexpr std::string_view name = Mark == 1 ? "one" : Mark == 2 ? "two" : "three";
  static constexpr bool supports = [] {
    if constexpr (!dsi::anchor_is<Problem, dsi::dense_attributes>) return false;
    else return Problem::in(1)[0] == Outputs;
  }();
  static constexpr std::size_t state = sizeof(float);
  static void reset(void* kept) noexcept { *static_cast<float*>(kept) = Mark; }
  template <class Context>
  static void run(dsi::kernel_args args, void*, void* kept, Context&) noexcept {
    std::fill_n(static_cast<float*>(args.out[0]), Problem::out().size(), *static_cast<float*>(kept));
    *static_cast<float*>(kept) += 10;
  }
};
template <class Problem>
using seven_one = marker<Problem, 7, 1>;
template <class Problem>
using seven_two = marker<Problem, 7, 2>;
template <class Problem>
using nine_two = marker<Problem, 9, 2>;

/// An operator that only its own kernel can compute: no reference, no vectors.
struct opaque {
  static constexpr std::string_view name = "opaque";
  static constexpr dsi::op_traits traits{};
  constexpr dsi::inferred infer(dsi::op_inputs in) const { return in[0]; }
  constexpr bool operator==(opaque const&) const = default;
};
template <class Problem>
struct opaque_kernel : dsi::kernel_defaults {
  static constexpr std::string_view name = "opaque";
  static constexpr bool supports = dsi::anchor_is<Problem, opaque>;
  template <class Context>
  static void run(dsi::kernel_args args, void*, void*, Context&) noexcept {
    std::copy_n(static_cast<float const*>(args.in[0]), Problem::out().size(), static_cast<float*>(args.out[0]));
  }
};

template <dsi::index Outputs>
using dense_problem = dsi::problem<dsi::dense<Outputs>, dsi::tensor_list<dsi::tensor<float, dsi::extents<1, 20>>, dsi::tensor<float, dsi::extents<Outputs, 20>, dsi::layout::panels>, dsi::tensor<float, dsi::extents<Outputs>>>,
                                   dsi::tensor_list<dsi::tensor<float, dsi::extents<1, Outputs>>>>;
using opaque_problem = dsi::problem<opaque, dsi::tensor_list<dsi::tensor<float, dsi::extents<3>>>, dsi::tensor_list<dsi::tensor<float, dsi::extents<3>>>>;

/// The sum of no elements, and an own operator on none.
using empty_sum = dsi::problem<dsi::with_attributes<dsi::reduce_sum_attributes{}>, dsi::tensor_list<dsi::tensor<float, dsi::extents<2, 0>>>, dsi::tensor_list<dsi::tensor<float, dsi::extents<1, 1>>>>;
using empty_opaque = dsi::problem<opaque, dsi::tensor_list<dsi::tensor<float, dsi::extents<0>>>, dsi::tensor_list<dsi::tensor<float, dsi::extents<0>>>>;
static_assert(!dsi::is_native<dsi::simd_backend<>, empty_sum>);
static_assert(dsi::kernel_for<dsi::simd_backend<>, empty_sum>::name == "reference");
static_assert(dsi::is_native<dsi::with_kernels<dsi::simd_backend<>, opaque_kernel>, empty_opaque>, "the fallback has no loops for it");

/// A dense layer whose weight has the type Weight. No network gets so far; a problem written by hand may.
template <class Weight>
struct mixed_dense {
  using problem = dsi::problem<dsi::dense<7>, dsi::tensor_list<dsi::tensor<float, dsi::extents<1, 20>>, dsi::tensor<Weight, dsi::extents<7, 20>>, dsi::tensor<float, dsi::extents<7>>>,
                               dsi::tensor_list<dsi::tensor<float, dsi::extents<1, 7>>>>;
  template <bool Runs>
  static void check() {
    static_assert(dsi::is_native<dsi::reference_backend, problem> == Runs);
  }
};

template <class Backend, class Problem>
constexpr std::string_view chosen = dsi::kernel_for<Backend, Problem>::name;

using plain = dsi::simd_backend<>;

}  // namespace

/// Networks of this file prefer "three" for 11 outputs.
template <class Isa, class Problem>
  requires(dsi::anchor_is<Problem, dsi::dense_attributes> && Problem::out().size() == 11)
struct dsi::preferred_kernels<dsi::simd_backend<Isa>, Problem> {
  using type = dsi::kernel_list<marker<Problem, 11, 3>>;
};

TEST_CASE("the first kernel that supports a problem runs") {
  static_assert(chosen<plain, dense_problem<7>> == "tile");
  static_assert(chosen<dsi::with_kernels<plain, seven_one>, dense_problem<7>> == "one");
  static_assert(chosen<dsi::with_kernels<plain, seven_one>, dense_problem<8>> == "tile");
  static_assert(chosen<dsi::with_kernels<plain, seven_one, seven_two>, dense_problem<7>> == "one");
  static_assert(chosen<plain, dense_problem<11>> == "three");
  // Of nested lists the outer one comes first; none hides the others, nor what a header prefers, nor the plan's options.
  using nested = dsi::with_kernels<dsi::with_kernels<plain, seven_one, nine_two>, seven_two>;
  static_assert(chosen<nested, dense_problem<7>> == "two" && chosen<nested, dense_problem<9>> == "two");
  static_assert(chosen<nested, dense_problem<11>> == "three" && chosen<nested, dense_problem<8>> == "tile");
  using optioned = dsi::with_kernels<dsi::with_options<dsi::no_fallback<plain>, dsi::plan_options{.fuse = false}>, seven_one>;
  static_assert(chosen<optioned, dense_problem<7>> == "one" && chosen<optioned, dense_problem<8>> == "tile" && !optioned::options.fuse);
  static_assert(chosen<dsi::no_fallback<dsi::with_kernels<plain, seven_one>>, dense_problem<7>> == "one");
  static_assert(chosen<dsi::reference_backend, dense_problem<7>> == "reference");
}

TEST_CASE("native means: not by the fallback") {
  static_assert(dsi::is_native<plain, dense_problem<7>> && dsi::is_native<dsi::reference_backend, dense_problem<7>>);
  static_assert(!dsi::is_native<plain, opaque_problem>);
  static_assert(dsi::is_native<dsi::with_kernels<plain, opaque_kernel>, opaque_problem>);
  static_assert(chosen<dsi::with_kernels<plain, opaque_kernel>, opaque_problem> == "opaque");

  struct model : dsi::pipeline<dsi::input<float, 3>, opaque, dsi::neg> {};
  using backend = dsi::no_fallback<dsi::with_kernels<plain, opaque_kernel>>;
  std::string text;
  dsi::describe<model, backend>([&](std::string_view line) { text += line; });
  CHECK(text.find("opaque -> opaque0 [3] float32 row_major  kernel: opaque\n") != text.npos);
  auto const w = dsi::weights<model, backend>::from({});
  REQUIRE(w.has_value());
  dsi::engine<model, backend> net{*w};
  std::array<float, 3> const x{1, -2, 3};
  std::array<float, 3> y{};
  net.run(x, y);
  CHECK(y == std::array<float, 3>{-1, 2, -3});
}

TEST_CASE("the reference reads no tensor as another type") {
  mixed_dense<float>::check<true>();
  mixed_dense<dsi::half>::check<false>();
}

TEST_CASE("isolated runs kernels of one problem on equal tensors") {
  using problem = dense_problem<7>;
  dsi::serial team;
  dsi::isolated<problem> a, b;
  CHECK(!(a.output()[0] == a.output()[0]));  // NaN before the first run
  a.run<dsi::kernel_for<dsi::reference_backend, problem>>(team);
  b.run<dsi::kernel_for<plain, problem>>(team);
  REQUIRE(a.output().size() == 7);
  for (std::size_t i = 0; i < 7; ++i) CHECK(a.output()[i] == doctest::Approx(b.output()[i]).epsilon(1e-5));
  CHECK(a.output()[0] != a.output()[1]);
  static_assert(decltype(a)::macs() == 140);

  // State starts at the kernel's start values, lives from run to run, and belongs to one kernel.
  a.run<seven_one<problem>>(team);
  CHECK(a.output()[6] == 1);
  a.run<seven_one<problem>>(team);
  CHECK(a.output()[6] == 11);
  a.run<seven_two<problem>>(team);
  CHECK(a.output()[6] == 2);
}

TEST_CASE("describe and observe name the kernels that run") {
  struct model : dsi::pipeline<dsi::input<float, 1, 20>, dsi::dense<7>, dsi::dense<9>> {};
  using backend = dsi::with_kernels<plain, seven_one>;
  std::string text;
  dsi::describe<model, backend>([&](std::string_view line) { text += line; });
  CHECK(text.find("[1, 7] float32 row_major  kernel: one\n") != text.npos);
  // A kernel with a tuning value is named with it.
  using tile = dsi::kernel_for<plain, dense_problem<9>>;
  std::string const tuning = "{" + std::to_string(tile::tuning.rows) + ", " + std::to_string(tile::tuning.panels) + ", " + (tile::tuning.fetch ? "1}" : "0}");
  CHECK(text.find("[1, 9] float32 row_major  kernel: tile " + tuning + "\n") != text.npos);

  std::vector<float> const zeros(200);
  std::span<float const> const z(zeros);
  auto const w = dsi::weights<model, backend>::from({{"dense0.weight", z.first(140)}, {"dense0.bias", z.first(7)}, {"dense1.weight", z.first(63)}, {"dense1.bias", z.first(9)}});
  REQUIRE_MESSAGE(w.has_value(), (w ? "" : w.error().what.c_str()));
  dsi::engine<model, backend> net{*w};
  std::array<float, 20> const x{};
  std::array<float, 9> y{};
  std::string kernels;
  net.observe([&](dsi::step_event const& e) { kernels += std::string(e.kernel) + " "; }, x, y);
  CHECK(kernels == "one tile ");
  // With both ends of a step an observer can take the time.
  struct ends {
    int begun = 0, ended = 0;
    void before(int) { ++begun; }
    void after(dsi::step_event const&, char const*, char const*) { ++ended; }
  } seen;
  net.observe(seen, x, y);
  CHECK((seen.begun == 2 && seen.ended == 2));
}

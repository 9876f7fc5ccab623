// SPDX-License-Identifier: MIT
// Products of computed matrices: all ways to broadcast and to transpose. The inputs are small multiples of 1/8, so that all sums are
// exact and the vector kernels give the bytes of the reference loops whatever their order of summation.
#include <dsi/backend/reference/matmul.hpp>
#include <dsi/backend/simd/matmul.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/relu.hpp>
#include <dsi/op/sigmoid.hpp>

#include "native.hpp"
#include "direct.hpp"

namespace {

using namespace dsi;
using namespace conformance;

template <class T, dsi::index... Dims>
using of = tensor<T, extents<Dims...>>;

constexpr matmul_attributes plain{}, b_turned{.trans_b = true}, a_turned{.trans_a = true}, both{.trans_a = true, .trans_b = true};
constexpr matmul_attributes scaled{.trans_b = true, .alpha = constant(0.125f)};

template <matmul_attributes A, class L, class R>
void check() {
  check_same_bytes<problem_of<matmul<A>, layout::row_major, L, R>>();
}
/// [M, K] by [K, N] in all four ways to store them.
template <class T, dsi::index M, dsi::index K, dsi::index N>
void check_transposes() {
  check<plain, of<T, M, K>, of<T, K, N>>();
  check<b_turned, of<T, M, K>, of<T, N, K>>();
  check<a_turned, of<T, K, M>, of<T, K, N>>();
  check<both, of<T, K, M>, of<T, N, K>>();
}

template <class T>
struct attention_by_products : dsi::graph<named_input<"q", T, 2, 3, 17, 16>, named_input<"k", T, 2, 3, 33, 16>, named_input<"v", T, 2, 3, 33, 19>,
                              named_input<"mask", T, 2, 1, 1, 33>, node<"s", matmul<scaled>, "q", "k">, node<"m", add, "s", "mask">,
                              node<"p", sigmoid, "m">, node<"y", matmul<>, "p", "v">, output<"y">> {};
template <class T>
struct one_product : dsi::graph<named_input<"a", T, 5, 131>, named_input<"b", T, 131, 37>, node<"y", matmul<>, "a", "b">, output<"y">> {};

}  // namespace

TEST_CASE("remainders in every dimension, all transposes") {
  check_transposes<float, 6, 21, 64>();
  check_transposes<float, 1, 33, 17>();
  check_transposes<float, 13, 7, 31>();
  check_transposes<float, 5, 1, 16>();
  check_transposes<half, 7, 19, 33>();
  check_transposes<half, 3, 5, 16>();
  check<plain, of<bfloat16, 5, 8>, of<bfloat16, 8, 15>>();
  check<b_turned, of<bfloat16, 17, 24>, of<bfloat16, 48, 24>>();
  check<scaled, of<float, 9, 32>, of<float, 49, 32>>();
}

TEST_CASE("stacks of matrices broadcast as in NumPy") {
  check<plain, of<float, 3, 5, 21>, of<float, 3, 21, 9>>();
  check<plain, of<float, 3, 5, 21>, of<float, 21, 19>>();
  check<plain, of<half, 3, 5, 21>, of<half, 1, 21, 19>>();
  check<plain, of<float, 2, 1, 5, 13>, of<float, 1, 3, 13, 17>>();
  check<b_turned, of<float, 2, 3, 5, 13>, of<float, 7, 13>>();
  check<plain, of<float, 5, 13>, of<float, 2, 3, 13, 17>>();
  check<a_turned, of<half, 3, 13, 5>, of<half, 13, 17>>();
}

TEST_CASE("vectors") {
  check<plain, of<float, 3, 5, 21>, of<float, 21>>();
  check<plain, of<float, 21>, of<float, 3, 21, 9>>();
  check<a_turned, of<float, 21, 18>, of<float, 21>>();
  check<plain, of<half, 18, 40>, of<half, 40>>();
  using P = problem_of<matmul<>, layout::row_major, of<float, 21>, of<float, 21>>;
  static_assert(P::out().rank() == 0 && !is_native<backend, P>);  // one dot product: left to the reference
}

TEST_CASE("single rows") {
  static_assert(kernel_for<backend, problem_of<matmul<>, layout::row_major, of<float, 3, 1, 21>, of<float, 3, 21, 9>>>::name == "row");
  check<plain, of<float, 3, 1, 21>, of<float, 3, 21, 133>>();
  check<b_turned, of<float, 3, 1, 37>, of<float, 3, 131, 37>>();
  check<b_turned, of<half, 2, 3, 1, 32>, of<half, 2, 1, 50, 32>>();
  check<plain, of<bfloat16, 2, 1, 5>, of<bfloat16, 2, 5, 64>>();
  check<scaled, of<float, 12, 1, 64>, of<float, 12, 200, 64>>();
}

TEST_CASE("expressions behind a product") {
  using L = of<float, 2, 3, 5, 13>;
  using R = of<float, 2, 3, 13, 33>;
  using result = problem_of<matmul<scaled>, layout::row_major, L, of<float, 2, 3, 33, 13>>::outputs;
  // A mask per column, a factor per row, a full-size residual.
  using e = apply<relu, apply<add, apply<mul, apply<add, acc, arg<2>>, arg<3>>, arg<4>>>;
  check_same_bytes<problem<fused<matmul<>, e>, tensor_list<L, R, of<float, 2, 1, 1, 33>, of<float, 5, 1>, of<float, 2, 3, 5, 33>>, result>>();
  check_same_bytes<problem<fused<matmul<scaled>, apply<add, acc, arg<2>>>, tensor_list<L, of<float, 2, 3, 33, 13>, of<float, 3, 5, 33>>, result>>();
}

TEST_CASE("large products are shared among threads") {
  check<plain, of<float, 80, 70>, of<float, 70, 90>>();
  check<b_turned, of<half, 40, 300>, of<half, 300, 300>>();
}

TEST_CASE("integers and double stay on the reference") {
  using P = problem_of<matmul<>, layout::row_major, of<std::int32_t, 1, 2>, of<std::int32_t, 2, 1>>;
  static_assert(!is_native<backend, P>);
  std::int32_t const a[]{3, -4}, b[]{5, 7};
  CHECK(run_kernel<backend, P>({guarded(2, a), guarded(2, b)})[0].at<std::int32_t>(0) == -13);
}

/// [1, 2] by [2, 1].
template <class T>
T dot(T const (&a)[2], T const (&b)[2]) {
  using P = problem_of<matmul<>, layout::row_major, of<T, 1, 2>, of<T, 2, 1>>;
  return run_kernel<backend, P>({guarded(2, a), guarded(2, b)})[0].template at<T>(0);
}
TEST_CASE("products and sums of integers wrap") {
  CHECK(dot<std::int8_t>({100, 100}, {100, 1}) == static_cast<std::int8_t>(10100));
  CHECK(dot<std::uint16_t>({65535, 1}, {65535, 1}) == 2);
  CHECK(dot<std::int32_t>({2147483647, 1}, {1, 1}) == -2147483647 - 1);
  CHECK(dot<std::int32_t>({65536, 3}, {65536, 5}) == 15);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
  CHECK(dot<std::int64_t>({most, 1}, {1, 1}) == least);
  CHECK(dot<std::int64_t>({least, 0}, {-1, 0}) == least);
  CHECK(dot<std::uint64_t>({~std::uint64_t{0}, 1}, {2, 1}) == ~std::uint64_t{0});
}

TEST_CASE("networks") {
  static_assert(runs_natively<attention_by_products<float>, backend>() && runs_natively<attention_by_products<half>, backend>());
  CHECK(compare<attention_by_products, float, backend>({.seed = 3}, 4e-6, 4e-6) == "");
  // The probabilities between the products are rounded to 16 bits: 33 errors of 2^-12 in a sum.
  CHECK(compare<attention_by_products, half, backend>({.seed = 3}, 0x1p-11, 33 * 0x1p-12) == "");
  // 131 products: (131 + 1) 2^-24 of the sum of magnitudes, which is below 131 here.
  CHECK(compare<one_product, float, backend>({.seed = 4, .special = 300}, 0, 131 * 132 * 0x1p-24) == "");
}

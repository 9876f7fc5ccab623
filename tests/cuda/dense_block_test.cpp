// SPDX-License-Identifier: MIT
// The blocks of the CUDA backend's dense layers, thread by thread on the CPU, against the reference loops: which elements a
// thread loads, multiplies and stores is settled here, on machines without a GPU.
#include <memory>

#include <dsi/backend/cuda/dense_block.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/batch_norm.hpp>
#include <dsi/op/clip.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/silu.hpp>

#include "../conformance/product_support.hpp"

namespace {

using namespace dsi;
using dsi::index;  // <strings.h> has one, too
using conformance::drawing;
using conformance::product_error;

/// As cuda::dense_grid does it, one barrier after the other.
template <class Block>
void run_block(typename Block::pointers const& p, int row_block, int output_block) {
  auto shared = std::make_unique<typename Block::shared>();
  std::vector<Block> thread(Block::threads);
  auto const all = [&](auto step) {
    for (int t = 0; t < Block::threads; ++t) step(thread[static_cast<std::size_t>(t)], typename Block::place{row_block, output_block, t});
  };
  std::memset(shared.get(), 0xff, sizeof *shared);  // NaN: what is used must be loaded
  all([&](Block& b, auto at) { b.start(p, at); });
  for (int k = 0; k < Block::inputs; k += Block::depth) {
    all([&](Block&, auto at) { Block::load(p, at, k, *shared); });
    all([&](Block& b, auto at) { b.multiply(*shared, at); });
  }
  all([&](Block& b, auto at) { b.finish(p, at); });
}

template <class Problem, cuda::dense_tuning Tuning>
struct emulated : kernel_defaults {
  static constexpr std::string_view name = "emulated";
  static constexpr bool supports = cuda::dense_block_supports<Problem>();
  template <class Context>
  static void run(kernel_args args, void*, void*, Context&) noexcept {
    using block = cuda::dense_block<Problem, Tuning>;
    typename block::pointers p;
    for (int i = 0; i < Problem::input_count; ++i) p.in[i] = args.in[i];
    p.out = args.out[0];
    for (int r = 0; r < block::row_blocks; ++r)
      for (int o = 0; o < block::output_blocks; ++o) run_block<block>(p, r, o);
  }
};
template <class Problem>
constexpr index rows_of = Problem::out().size() / Problem::out()[Problem::out().rank() - 1];
template <class Problem>
using chosen = emulated<Problem, cuda::dense_tuning_for(rows_of<Problem>)>;
template <class Problem>
using narrow = emulated<Problem, cuda::dense_tuning{.rows = 6, .outputs = 32, .depth = 4, .thread_rows = 2, .thread_outputs = 4}>;

/// Plans and weights are those of the CUDA backend; its kernels are run by the CPU.
template <template <class> class Kernel>
struct emulated_backend : with_kernels<cuda_backend, Kernel> {
  static constexpr memory_space memory = memory_space::host;
};

template <class T>
struct edges : graph<DSI_DENSE("a", 64, 128, 1), DSI_DENSE("b", 1, 1, 1), DSI_DENSE("c", 15, 17, 2), DSI_DENSE("d", 7, 31, 3), DSI_DENSE("e", 33, 63, 5), DSI_DENSE("f", 100, 80, 15),
                     DSI_DENSE("g", 31, 65, 16), DSI_DENSE("h", 65, 130, 70), DSI_DENSE("j", 9, 20, 2, 3, 5)> {};
DSI_CASE(perceptron, input<T, 1, 64>, dense<128>, relu, dense<33>, silu, dense<16>);
DSI_CASE(with_norm, input<T, 20, 20>, dense<37>, batch_norm<>, relu6);
DSI_CASE(bias_free, input<T, 6, 40>, dense<48, false>);

/// args of every kind: one per row, one in all, one per channel, the whole tensor, outer dimensions.
template <class T>
struct with_args : graph<named_input<"x", T, 2, 3, 20>, named_input<"row", T, 3, 1>, named_input<"one", T, 1>, named_input<"channel", T, 1, 1, 33>, named_input<"all", T, 2, 3, 33>,
                         named_input<"outer", T, 2, 1, 33>, parameter<"w", T, 33, 20>, parameter<"b", T, 33>, node<"h", dense<33>, "x", "w", "b">, node<"r", mul, "h", "row">,
                         node<"o", add, "r", "one">, node<"c", mul, "channel", "o">, node<"a", add, "c", "all">, node<"y", add, "a", "outer">, output<"y">> {};

template <template <class> class Case, template <class> class Kernel>
void check(drawing const& d, double error) {
  using backend = emulated_backend<Kernel>;
  CHECK(conformance::compare<Case, float, backend>(d, error, error) == "");
  CHECK(conformance::compare<Case, half, backend>(d, 0x1p-11 + 2 * error, 0x1p-24 + 2 * error) == "");
  CHECK(conformance::compare<Case, bfloat16, backend>(d, 0x1p-8 + 2 * error, 2 * error) == "");
}

}  // namespace

TEST_CASE("blocks of the chosen size") {
  drawing const d{.seed = 21};
  check<edges, chosen>(d, product_error(100));
  check<with_args, chosen>(d, product_error(20));
  drawing const odd{.seed = 22, .special = 40};
  check<edges, chosen>(odd, product_error(100));
  CHECK(conformance::compare<perceptron, float, emulated_backend<chosen>>(d, 1e-3, 1e-3) == "");
  CHECK(conformance::compare<with_norm, float, emulated_backend<chosen>>(d, product_error(20), product_error(20)) == "");
  CHECK(conformance::compare<bias_free, float, emulated_backend<chosen>>(d, product_error(40), product_error(40)) == "");
}

TEST_CASE("blocks of another size") {
  drawing const d{.seed = 23};
  CHECK(conformance::compare<edges, float, emulated_backend<narrow>>(d, product_error(100), product_error(100)) == "");
  check<with_args, narrow>(d, product_error(20));
}

TEST_CASE("one blob serves CPU and GPU") {
  using model = pipeline<input<float, 5, 40>, dense<70>, relu, dense<9>>;
  using cpu = network<model, simd_backend<>>;
  using gpu = network<model, emulated_backend<chosen>>;
  static_assert(cpu::structure == gpu::structure && cpu::plan.weight_bytes == gpu::plan.weight_bytes && cpu::plan.weight_count == gpu::plan.weight_count);
  std::vector<float> w1(70 * 40, 0.25f), b1(70, 1.f), w2(9 * 70, -0.5f), b2(9, 2.f);
  auto const made = weights<model, simd_backend<>>::from({{"dense0.weight", std::span<float const>(w1)}, {"dense0.bias", std::span<float const>(b1)},
                                                          {"dense2.weight", std::span<float const>(w2)}, {"dense2.bias", std::span<float const>(b2)}});
  REQUIRE(made);
  CHECK(weights<model, emulated_backend<chosen>>::load(made->bytes()));
  // Where CPU tiles take no partial sums in turns, the order of sums is the same, and so are the bits.
  static_assert(memory_of<cuda_backend> == memory_space::device && memory_of<simd_backend<>> == memory_space::host);
}

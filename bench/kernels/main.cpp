// SPDX-License-Identifier: MIT
// Micro-benchmarks by type list: problem x backend x kernel x tuning. Every kernel of the library that supports a problem is measured,
// so a new one in a backend's list appears here by itself.
#include "problems.hpp"
#include "variants.hpp"

namespace {

using isa = dsi::simd::isa::native;
using simd = dsi::simd_backend<isa>;

template <class... Problems>
struct problem_list {};
template <dsi::simd::tile_tuning... Tunings>
struct tunings {};

using problems = problem_list<
    bench::dense_relu<float, 1, 32, 32>, bench::dense_relu<float, 1, 128, 128>, bench::dense_relu<float, 1, 415, 512>, bench::dense_relu<float, 64, 415, 512>,
    bench::dense_relu<float, 128, 384, 1536>, bench::dense_relu<dsi::half, 1, 415, 512>, bench::dense_relu<dsi::bfloat16, 1, 415, 512>,
    bench::conv_relu<float, 64, 64, 28, 3>, bench::conv_relu<float, 128, 128, 14, 3>, bench::conv_relu<float, 64, 128, 28, 3, 2>, bench::conv_relu<float, 16, 48, 56, 5, 2>,
    bench::conv_relu<float, 96, 24, 28, 1>, bench::conv_relu<float, 24, 144, 56, 1>, bench::conv_relu<dsi::half, 64, 64, 28, 3>,
    bench::conv_relu<float, 144, 144, 28, 3, 1, 144>, bench::conv_relu<float, 144, 144, 28, 3, 2, 144>, bench::conv_relu<float, 144, 144, 28, 5, 1, 144>,
    bench::elementwise<float, dsi::relu, 4096>, bench::elementwise<float, dsi::tanh, 4096>, bench::elementwise<float, dsi::sigmoid, 4096>, bench::elementwise<float, dsi::erf, 4096>,
    bench::elementwise<dsi::half, dsi::tanh, 4096>>;

/// Tiles of the product kernels beside the library's own choice.
using tiles = tunings<dsi::simd::tile_tuning{.rows = 4, .panels = 2}, dsi::simd::tile_tuning{.rows = 8, .panels = 2}, dsi::simd::tile_tuning{.rows = 12, .panels = 1}>;
using dense_problems = problem_list<bench::dense_relu<float, 64, 415, 512>, bench::dense_relu<float, 128, 384, 1536>>;
using conv_problems = problem_list<bench::conv_relu<float, 64, 64, 28, 3>, bench::conv_relu<float, 128, 128, 14, 3>>;

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 2e-4 : 0.5;  // half and bfloat16 round results of some tens

template <class Entry>
struct key_of {
  using type = typename dsi::detail::candidate_key<dsi::anchor_of<typename Entry::type>>::type;
};

template <class Entry, class... Kernels>
void add_supported(bench::variants& list, dsi::kernel_list<Kernels...>) {
  using problem = typename Entry::type;
  using element = typename problem::template input<0>::value_type;
  auto const one = [&]<class Kernel>(std::type_identity<Kernel>) {
    if constexpr (Kernel::supports) list.add<problem, Kernel>(Entry::name() + "/simd " + std::string(isa::name), tolerance<element>);
  };
  (one(std::type_identity<Kernels>{}), ...);
}

template <class... Entries>
void add_candidates(bench::variants& list, problem_list<Entries...>) {
  (add_supported<Entries>(list, typename dsi::candidates<simd, typename key_of<Entries>::type, typename Entries::type>::type{}), ...);
}

/// The plain loops, where they end in a reasonable time.
template <class... Entries>
void add_reference(bench::variants& list, problem_list<Entries...>) {
  auto const one = [&]<class Entry>(std::type_identity<Entry>) {
    using problem = typename Entry::type;
    if constexpr (dsi::isolated<problem>::macs() < 500'000) list.add<problem, dsi::kernel_for<dsi::reference_backend, problem>>(Entry::name() + "/reference");
  };
  (one(std::type_identity<Entries>{}), ...);
}

template <class Entry, template <class, class, dsi::simd::tile_tuning> class Kernel, dsi::simd::tile_tuning... Tunings>
void add_tunings(bench::variants& list, tunings<Tunings...>) {
  (list.add<typename Entry::type, Kernel<isa, typename Entry::type, Tunings>>(Entry::name() + "/simd " + std::string(isa::name), tolerance<float>), ...);
}

}  // namespace

int main(int count, char** words) {
  bench::variants list;
  add_candidates(list, problems{});
  add_reference(list, problems{});
  [&]<class... E>(problem_list<E...>) { (add_tunings<E, dsi::simd::dense_tile>(list, tiles{}), ...); }(dense_problems{});
  [&]<class... E>(problem_list<E...>) { (add_tunings<E, dsi::simd::conv_tile>(list, tiles{}), ...); }(conv_problems{});
  return list.run(count, words, "Every kernel of the library that fits a list of problems, and some tilings.");
}

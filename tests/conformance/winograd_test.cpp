// SPDX-License-Identifier: MIT
// Winograd convolutions against direct sums in double, within the stated bound: remainders of tiles, strips, blocks, channels and outputs,
// any padding, fused expressions, teams, values that are not finite; and the planner's choice of them.
#include <random>

#include <dsi/backend/reference/conv.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/conv.hpp>
#include <dsi/backend/adapters.hpp>
#include <dsi/op/sigmoid.hpp>
#include <dsi/tensor/storage.hpp>

#include "product_support.hpp"

namespace {

using namespace dsi;
using dsi::index;
using conformance::backend;
using a2 = conv2d_attributes;

/// A convolution of x [N, C, H, W] to O channels, padded by P at all sides; in memory as Winograd's kernels want it.
template <layout L, index N, index C, index H, index W, index O, index P, class Expression = acc, bool Bias = true>
struct layer {
  static constexpr layout weights = L;
  static constexpr index items = N, channels = C, height = H, width = W, outputs = O, pad = P, out_height = H + 2 * P - 2, out_width = W + 2 * P - 2;
  static constexpr bool bias = Bias;
  using conv_type = conv2d<a2{.out = O, .kernel = {3, 3}, .pad = {P, P, P, P}, .bias = Bias}>;
  using operation = std::conditional_t<std::is_same_v<Expression, acc>, conv_type, fused<conv_type, Expression>>;
  using x_type = tensor<float, extents<N, C, H, W>, layout::channels_last>;
  using w_type = tensor<float, extents<O, C, 3, 3>, L>;
  using y_type = tensor<float, extents<N, O, out_height, out_width>, layout::channels_last>;
  using inputs = std::conditional_t<Bias, tensor_list<x_type, w_type, tensor<float, extents<O>>, y_type>, tensor_list<x_type, w_type, y_type>>;
  using plain_inputs = std::conditional_t<Bias, tensor_list<x_type, w_type, tensor<float, extents<O>>>, tensor_list<x_type, w_type>>;
  using problem_type = problem<operation, std::conditional_t<std::is_same_v<Expression, acc>, plain_inputs, inputs>, tensor_list<y_type>>;
};

/// Values of one layer, outputs with a guard behind them.
template <class Layer>
struct values {
  std::vector<float> x, w, b, other, y;
  explicit values(unsigned seed) {
    std::mt19937 g(seed);
    std::uniform_real_distribution<float> u(-1, 1);
    auto const draw = [&](index n) {
      std::vector<float> v(static_cast<std::size_t>(n));
      for (float& e : v) e = u(g);
      return v;
    };
    x = draw(Layer::x_type::desc.size());
    w = draw(Layer::w_type::desc.size());
    b = draw(Layer::outputs);
    other = draw(Layer::y_type::desc.size());
  }
  float at(index n, index c, index row, index column) const {
    if (row < 0 || row >= Layer::height || column < 0 || column >= Layer::width) return 0;
    return x[static_cast<std::size_t>(((n * Layer::height + row) * Layer::width + column) * Layer::channels + c)];
  }
  float weight(index o, index c, index tap) const { return w[static_cast<std::size_t>((o * Layer::channels + c) * 9 + tap)]; }
  float bias(index o) const { return Layer::bias ? b[static_cast<std::size_t>(o)] : 0; }

  template <class Kernel, class Team = serial>
  void run() {
    aligned_memory packed, scratch;
    tensor_desc const d = Layer::w_type::desc;
    REQUIRE(packed.allocate(static_cast<std::size_t>(packed_size(d, weight_role::convolution, false)) * sizeof(float)));
    REQUIRE(scratch.allocate(Kernel::workspace + 1));
    std::memset(scratch.data(), 0xff, Kernel::workspace);  // NaN
    pack(d, weight_role::convolution, false, w.data(), reinterpret_cast<float*>(packed.data()));
    y.assign(other.size() + 16, 77);
    void const* in[4]{x.data(), packed.data(), b.data(), other.data()};
    if (!Layer::bias) in[2] = other.data();
    void* out[]{y.data()};
    Team team;
    run_context<Team> context{team};
    Kernel::run({in, out}, scratch.data(), nullptr, context);
    for (std::size_t i = other.size(); i < y.size(); ++i) REQUIRE(y[i] == 77);
  }
};

/// The largest error as a multiple of what the kernel states. finish: the fused expression in double, with Lipschitz constant 1.
template <class Layer, class Finish>
double worst_error(values<Layer> const& v, Finish const& finish) {
  constexpr int m = winograd_tile(Layer::weights);
  constexpr double u = 0x1p-24, k = Layer::channels + 18, growth = winograd<m>().growth();
  double worst = 0;
  for (index n = 0; n < Layer::items; ++n)
    for (index row = 0; row < Layer::out_height; ++row)
      for (index column = 0; column < Layer::out_width; ++column) {
        double largest = 0;  // of the tile's inputs
        for (index i = row / m * m; i < row / m * m + m + 2; ++i)
          for (index j = column / m * m; j < column / m * m + m + 2; ++j)
            for (index c = 0; c < Layer::channels; ++c) largest = std::max(largest, std::abs(static_cast<double>(v.at(n, c, i - Layer::pad, j - Layer::pad))));
        for (index o = 0; o < Layer::outputs; ++o) {
          double sum = v.bias(o), weights = 0;
          for (index c = 0; c < Layer::channels; ++c)
            for (index tap = 0; tap < 9; ++tap) {
              double const w = v.weight(o, c, tap);
              sum += w * static_cast<double>(v.at(n, c, row + tap / 3 - Layer::pad, column + tap % 3 - Layer::pad));
              weights += std::abs(w);
            }
          auto const at = static_cast<std::size_t>(((n * Layer::out_height + row) * Layer::out_width + column) * Layer::outputs + o);
          double const exact = finish(sum, static_cast<double>(v.other[at]));
          double const bound = k * u / (1 - k * u) * (growth * largest * weights + std::abs(static_cast<double>(v.bias(o)))) + 2 * u * std::abs(exact);
          double const error = std::abs(static_cast<double>(v.y[at]) - exact) / bound;
          worst = error <= worst ? worst : error;  // also where it is NaN
        }
      }
  return worst;
}

template <class Layer>
void check(unsigned seed = 1) {
  using kernel = kernel_for<backend, typename Layer::problem_type>;
  static_assert(is_native<backend, typename Layer::problem_type>);
  static_assert(kernel::name == (Layer::weights == layout::winograd_4x4 ? "Winograd F(4x4, 3x3)" : "Winograd F(2x2, 3x3)"));
  auto const same = [](double sum, double) { return sum; };
  values<Layer> v(seed);
  v.template run<kernel>();
  double const worst = worst_error(v, same);
  INFO("channels " << Layer::channels << ", outputs " << Layer::outputs << ", " << Layer::height << " x " << Layer::width << ", pad " << Layer::pad);
  CHECK(worst <= 1);
  CHECK(worst > 0);  // the comparison looks at something
  auto const bits = v.y;
  v.template run<kernel, conformance::reversed_parts>();
  CHECK(std::memcmp(bits.data(), v.y.data(), bits.size() * sizeof(float)) == 0);
  if constexpr (Layer::channels <= 20) {  // the fallback takes the same weights
    v.template run<kernel_for<reference_backend, typename Layer::problem_type>>();
    CHECK(worst_error(v, same) <= 1);
  }
}

template <layout L>
void check_layout() {
  check<layer<L, 1, 16, 8, 8, 16, 1>>();     // whole tiles, whole vectors
  check<layer<L, 2, 17, 7, 9, 33, 1>>();     // one more of everything, two items
  check<layer<L, 1, 15, 5, 6, 31, 0>>();     // no padding
  check<layer<L, 1, 20, 6, 3, 18, 2>>();     // more padding than the window reaches
  check<layer<L, 3, 1, 3, 3, 1, 1>>();       // one channel, one output
  check<layer<L, 1, 5, 1, 1, 7, 1>>();       // one position
  check<layer<L, 1, 19, 2, 13, 64, 1>>();    // tiles wider than the input is high
  check<layer<L, 1, 64, 27, 25, 64, 1>>();   // several blocks, the last of them smaller, with a strip that overlaps
  check<layer<L, 1, 128, 14, 14, 96, 1>>();
  check<layer<L, 1, 24, 9, 10, 40, 1, acc, false>>();  // no bias
}

template <layout L>
void check_not_finite() {
  using one = layer<L, 1, 16, 12, 12, 16, 1>;
  constexpr int m = winograd_tile(L);
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()})
    for (index row : {0, 5, 11})
      for (index column : {0, 6, 11}) {
        values<one> v(3);
        v.template run<kernel_for<backend, typename one::problem_type>>();
        auto const clean = v.y;
        v.x[static_cast<std::size_t>((row * 12 + column) * 16 + 7)] = bad;
        v.template run<kernel_for<backend, typename one::problem_type>>();
        std::size_t wrong = 0;
        for (index i = 0; i < 12; ++i)
          for (index j = 0; j < 12; ++j)
            for (index o = 0; o < 16; ++o) {
              auto const at = static_cast<std::size_t>((i * 12 + j) * 16 + o);
              bool const in_window = std::abs(i - row) <= 1 && std::abs(j - column) <= 1;
              bool const in_tile = row >= i / m * m - 1 && row <= i / m * m + m && column >= j / m * m - 1 && column <= j / m * m + m;
              if (in_window && std::isnan(bad)) wrong += !std::isnan(v.y[at]);
              else if (in_window) wrong += std::isfinite(v.y[at]);
              else if (!in_tile) wrong += v.y[at] != clean[at];
            }
        CHECK(wrong == 0);
      }
}

template <layout L>
void check_expressions() {
  using clipped = layer<L, 1, 18, 9, 6, 35, 1, apply<relu, apply<add, acc, arg<3>>>>;
  values<clipped> v(4);
  v.template run<kernel_for<backend, typename clipped::problem_type>>();
  CHECK(worst_error(v, [](double sum, double other) { return std::max(0., sum + other); }) <= 1);
  using long_expression = layer<L, 1, 18, 7, 7, 20, 1, apply<sub, apply<sigmoid, acc>, arg<3>>>;
  values<long_expression> s(5);
  s.template run<kernel_for<backend, typename long_expression::problem_type>>();
  CHECK(worst_error(s, [](double sum, double other) { return 1 / (1 + std::exp(-sum)) - other; }) <= 1);
}

}  // namespace

TEST_CASE("Winograd convolutions keep their bound") {
  check_layout<layout::winograd_2x2>();
  check_layout<layout::winograd_4x4>();
}
TEST_CASE("Winograd convolutions with an expression keep their bound") {
  check_expressions<layout::winograd_2x2>();
  check_expressions<layout::winograd_4x4>();
}
TEST_CASE("NaN stays NaN, an infinity never becomes finite, and neither leaves its tiles") {
  check_not_finite<layout::winograd_2x2>();
  check_not_finite<layout::winograd_4x4>();
}

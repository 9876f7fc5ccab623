// SPDX-License-Identifier: MIT
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>
#include <dsi/interop/eigen.hpp>

namespace {
struct mlp : dsi::pipeline<dsi::input<float, 6>, dsi::dense<4>, dsi::relu> {};
}  // namespace

TEST_CASE("eigen: a dense layer equals Eigen's product on the same memory") {
  std::vector<float> w(24), b{0.5f, -1.f, 2.f, 0.f};
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(static_cast<int>(i * 7 % 11) - 5) / 4.f;
  auto const weights = dsi::weights<mlp, dsi::default_backend>::from({{"dense0.weight", std::span<float const>(w)}, {"dense0.bias", std::span<float const>(b)}});
  REQUIRE(weights);
  dsi::engine<mlp> net(*weights);
  std::array<float, 6> x{};
  std::array<float, 4> y{};
  Eigen::Matrix<float, 6, 1> const source = Eigen::Matrix<float, 6, 1>::LinSpaced(-1.f, 1.f);
  dsi::interop::assign(std::span<float, 6>(x), 2.f * source.array() + 0.25f);
  CHECK(x[0] == doctest::Approx(-1.75f));
  net.run(x, y);
  auto const matrix = dsi::interop::as_matrix<4, 6>(std::span<float const>(w));
  Eigen::Vector4f const exact = (matrix * dsi::interop::as_vector(std::span<float const, 6>(x)) + dsi::interop::as_vector(std::span<float const>(b))).cwiseMax(0.f);
  auto const result = dsi::interop::as_vector(std::span<float, 4>(y));
  CHECK((result - exact).cwiseAbs().maxCoeff() < 1e-5f);
  CHECK(exact.maxCoeff() > 0.f);
}

TEST_CASE("eigen: matrices keep ONNX's row-major order whatever the expression's is") {
  std::array<float, 6> memory{};
  Eigen::Matrix<float, 2, 3, Eigen::ColMajor> m;
  m << 1, 2, 3, 4, 5, 6;
  dsi::interop::assign(std::span<float, 6>(memory), m);
  for (std::size_t i = 0; i < 6; ++i) CHECK(memory[i] == static_cast<float>(i + 1));
  auto view = dsi::interop::as_matrix<2, 3>(std::span<float, 6>(memory));
  CHECK(view(1, 0) == 4.f);
  view(1, 0) = 9.f;
  CHECK(memory[3] == 9.f);
}

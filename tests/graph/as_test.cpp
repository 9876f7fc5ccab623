// SPDX-License-Identifier: MIT
// as<T, Model>: other storage types, asked of every operator again; what stays float, and the numbers.
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>
#include <dsi/graph/as.hpp>
#include <dsi/graph/quantized.hpp>

namespace {

using namespace dsi;

/// "x:float32 ..." for every tensor.
template <class Model>
std::string types_of() {
  constexpr graph_view g = Model::description.view();
  std::string s;
  for (int t = 0; t < g.tensor_count; ++t) s += (t > 0 ? " " : "") + std::string(g.tensors[t].name.text().view()) + ":" + std::string(name_of(g.desc(t).type));
  return s;
}

struct mlp : pipeline<input<float, 2, 8>, dense<6>, batch_norm<>, relu, residual<dense<6>>, softmax> {};
struct through_bytes : graph<named_input<"x", float, 4>, parameter<"s", float, 1>, parameter<"z", std::uint8_t, 1>, node<"q", quantize<>, "x", "s", "z">,
                             node<"y", dequantize<>, "q", "s", "z">, node<"n", neg, "y">, output<"y">, output<"n">> {};
struct from_integers : graph<named_input<"i", std::int64_t, 4>, parameter<"w", float, 3, 4>, node<"f", cast<float>, "i">, node<"y", dense<3, false>, "f", "w">, output<"y">, output<"f">> {};
struct shared_scale : graph<named_input<"x", float, 4>, parameter<"s", float, 1>, parameter<"z", std::uint8_t, 1>, node<"q", quantize<>, "x", "s", "z">,
                            node<"d", dequantize<>, "q", "s", "z">, node<"y", mul, "d", "s">, output<"y">, output<"s">> {};
struct bytes_mlp : pipeline<input<float, 1, 4>, dense<3>, relu, dense<2>, sigmoid> {};

struct half_mlp : as<half, mlp> {};
struct bfloat16_mlp : as<bfloat16, mlp> {};
struct double_mlp : as<double, mlp> {};
struct float_mlp : as<float, mlp> {};
struct half_bytes : as<half, through_bytes> {};
struct half_integers : as<half, from_integers> {};
struct half_shared : as<half, shared_scale> {};
struct half_quantized : as<half, quantized<bytes_mlp>> {};

std::vector<float> wave(std::size_t n, float step) {
  std::vector<float> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = std::sin(step * static_cast<float>(i + 1));
  return v;
}
template <class T>
std::vector<T> converted(std::vector<float> const& from) {
  std::vector<T> to;
  for (float f : from) to.push_back(static_cast<T>(f));
  return to;
}
template <class T, class Model>
std::array<float, 12> run_mlp() {
  auto const c = [](std::vector<float> const& v) { return converted<T>(v); };
  auto const w = weights<Model>::from({{"dense0.weight", c(wave(48, 0.7f))}, {"dense0.bias", c(wave(6, 0.2f))}, {"batch_norm1.scale", c(wave(6, 0.9f))},
                                       {"batch_norm1.shift", c(wave(6, 1.3f))}, {"batch_norm1.mean", c(wave(6, 0.4f))}, {"batch_norm1.variance", c({1, 2, 3, 1, 2, 3})},
                                       {"dense3.weight", c(wave(36, 0.3f))}, {"dense3.bias", c(wave(6, 0.8f))}});
  REQUIRE_MESSAGE(w, (w ? "" : w.error().what.c_str()));
  engine<Model> e(*w);
  std::array<float, 12> y{};
  std::vector<float> const x = wave(16, 0.5f);
  e.run(std::span<float const, 16>(x), y);
  return y;
}

}  // namespace

TEST_CASE("every edge has the type, inputs and outputs stay float") {
  constexpr graph_view g = half_mlp::description.view();
  CHECK(g.desc(g.inputs[0]).type == dtype::f32);
  CHECK(g.desc(g.outputs[0]).type == dtype::f32);
  int floats = 0;
  for (int t = 0; t < g.tensor_count; ++t) floats += g.desc(t).type == dtype::f32 ? 1 : 0;
  CHECK(floats == 2);
  CHECK(float_mlp::description.view().node_count == mlp::description.view().node_count);
}

TEST_CASE("the numbers are those of the float network, as far as the type holds them") {
  auto const expected = run_mlp<float, mlp>();
  auto const near = [&](std::array<float, 12> const& y, double tolerance) {
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(expected[i]).epsilon(tolerance));
  };
  near(run_mlp<half, half_mlp>(), 5e-3);
  near(run_mlp<bfloat16, bfloat16_mlp>(), 5e-2);
  near(run_mlp<double, double_mlp>(), 1e-5);
  near(run_mlp<float, float_mlp>(), 1e-7);
}

TEST_CASE("what an operator keeps in float stays, and its float results are converted") {
  CHECK(types_of<half_bytes>() == "x:float32 s:float32 z:uint8 x.as:float16 q:uint8 y:float32 y.as:float16 n:float16 n.out:float32");
  std::vector<float> const s{0.5f};
  std::vector<std::uint8_t> const z{10};
  auto const w = weights<half_bytes>::from({{"s", s}, {"z", z}});
  REQUIRE(w);
  engine<half_bytes> e(*w);
  std::array<float, 4> const x{1, 2, 3, 4};
  std::array<float, 4> y{}, n{};
  e.run(x, y, n);
  CHECK(y == x);
  CHECK(n == std::array<float, 4>{-1, -2, -3, -4});

  CHECK(types_of<half_integers>() == "i:int64 w:float16 f:float32 f.as:float16 y:float16 y.out:float32");
  std::vector<half> const ones(12, half(1.f));
  auto const v = weights<half_integers>::from({{"w", ones}});
  REQUIRE(v);
  engine<half_integers> integers(*v);
  std::array<std::int64_t, 4> const i{1, -2, 3, 4};
  std::array<float, 3> sums{};
  std::array<float, 4> f{};
  integers.run(i, sums, f);
  CHECK(sums == std::array<float, 3>{6, 6, 6});
  CHECK(f == std::array<float, 4>{1, -2, 3, 4});
}

TEST_CASE("a constant that one operator keeps and another converts is there once, with a cast") {
  std::vector<float> const s{0.5f};
  std::vector<std::uint8_t> const z{10};
  auto const w = weights<half_shared>::from({{"s", s}, {"z", z}});
  REQUIRE(w);
  engine<half_shared> e(*w);
  std::array<float, 4> const x{1, 2, 3, 4};
  std::array<float, 4> y{};
  std::array<float, 1> scale{};
  e.run(x, y, scale);
  CHECK(y == std::array<float, 4>{0.5f, 1, 1.5f, 2});
  CHECK(scale[0] == 0.5f);
}

TEST_CASE("a quantized network: its integers and multipliers stay, the layers between become half") {
  std::string const types = types_of<half_quantized>();
  CHECK(types.find("dense0.weight:int8") != types.npos);
  CHECK(types.find("dense2.multiplier:float32") != types.npos);
  CHECK(types.find("sigmoid3:float16") != types.npos);
  std::vector<std::int8_t> const w0(12, 1), w2(6, 2);
  std::vector<std::int32_t> const b0(3, 0), b2(2, 0), range{0, 0, 255};
  std::vector<float> const one{1}, m0(3, 1), m2(2, 0.01f);
  std::vector<std::uint8_t> const zero{0};
  auto const w = weights<half_quantized>::from({{"x.scale", one}, {"x.zero_point", zero}, {"dense0.weight", w0}, {"dense0.bias", b0}, {"dense0.multiplier", m0},
                                                {"dense0.range", range}, {"dense2.weight", w2}, {"dense2.bias", b2}, {"dense2.multiplier", m2}});
  REQUIRE_MESSAGE(w, (w ? "" : w.error().what.c_str()));
  engine<half_quantized> e(*w);
  std::array<float, 4> const x{1, 2, 3, 4};
  std::array<float, 2> y{};
  e.run(x, y);  // bytes 10 10 10, times 2 added up: 60, times 0.01
  CHECK(y[0] == doctest::Approx(1 / (1 + std::exp(-0.6))).epsilon(1e-3));
}

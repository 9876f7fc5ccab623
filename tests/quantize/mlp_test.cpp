// SPDX-License-Identifier: MIT
// A perceptron trained here on handwritten digits, calibrated and quantized: accuracy beside the float network, the same bytes
// on every backend, and what quantized<> makes of other networks.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>
#include <dsi/quantize/quantize.hpp>

namespace {

using namespace dsi;
using dsi::index;  // <strings.h> has one, too

struct mlp : pipeline<input<float, 64>, dense<128>, relu, dense<128>, relu, dense<10>> {};

struct digit {
  float pixel[64];
  int label;
};

/// The digits example's held-out images: some to train on, the others to test with.
std::vector<digit> read_digits() {
  std::vector<digit> all;
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "../../examples/digits/holdout.csv");
  std::string line;
  while (std::getline(file, line)) {
    digit d{};
    std::size_t at = 0;
    for (int i = 0; i <= 64; ++i) {
      std::size_t const end = line.find(',', at);
      int const v = std::stoi(line.substr(at, end - at));
      if (i < 64) d.pixel[i] = static_cast<float>(v) / 16;
      else d.label = v;
      at = end + 1;
    }
    all.push_back(d);
  }
  return all;
}

/// Stochastic gradient descent on the cross entropy, one image at a time.
struct trainer {
  static constexpr int width[]{64, 128, 128, 10};
  std::vector<float> weight[3], bias[3];

  trainer() {
    std::mt19937 g(1);
    for (int l = 0; l < 3; ++l) {
      std::normal_distribution<float> n(0, std::sqrt(2.f / static_cast<float>(width[l])));
      for (int i = 0; i < width[l] * width[l + 1]; ++i) weight[l].push_back(n(g));
      bias[l].assign(static_cast<std::size_t>(width[l + 1]), 0.f);
    }
  }
  void step(digit const& d, float rate) {
    std::vector<float> a[4];
    a[0].assign(d.pixel, d.pixel + 64);
    for (int l = 0; l < 3; ++l) {
      a[l + 1] = bias[l];
      for (std::size_t o = 0; o < a[l + 1].size(); ++o) {
        for (std::size_t k = 0; k < a[l].size(); ++k) a[l + 1][o] += weight[l][o * a[l].size() + k] * a[l][k];
        if (l < 2) a[l + 1][o] = std::fmax(0.f, a[l + 1][o]);
      }
    }
    float sum = 0;
    for (float& v : a[3]) sum += v = std::exp(std::fmin(v, 50.f));
    std::vector<float> delta;
    for (std::size_t o = 0; o < 10; ++o) delta.push_back(a[3][o] / sum - (static_cast<int>(o) == d.label ? 1.f : 0.f));
    for (int l = 2; l >= 0; --l) {
      std::vector<float> before(a[l].size(), 0.f);
      for (std::size_t o = 0; o < delta.size(); ++o) {
        if (delta[o] == 0) continue;
        bias[l][o] -= rate * delta[o];
        for (std::size_t k = 0; k < before.size(); ++k) {
          float& w = weight[l][o * before.size() + k];
          before[k] += w * delta[o];
          w -= rate * delta[o] * a[l][k];
        }
      }
      for (std::size_t k = 0; k < before.size(); ++k)
        if (a[l][k] <= 0) before[k] = 0;
      delta = before;
    }
  }
  std::vector<named_values> named() const {
    return {{"dense0.weight", std::span<float const>(weight[0])}, {"dense0.bias", std::span<float const>(bias[0])}, {"dense2.weight", std::span<float const>(weight[1])},
            {"dense2.bias", std::span<float const>(bias[1])},     {"dense4.weight", std::span<float const>(weight[2])}, {"dense4.bias", std::span<float const>(bias[2])}};
  }
};

struct trained {
  std::vector<digit> train, test;
  trainer net;
  trained() {
    std::vector<digit> const all = read_digits();
    for (std::size_t i = 0; i < all.size(); ++i) (i < 240 ? train : test).push_back(all[i]);
    for (int epoch = 0; epoch < 25; ++epoch)
      for (digit const& d : train) net.step(d, epoch < 15 ? 0.02f : 0.005f);
  }
};
trained const& network_under_test() {
  static trained const t;
  return t;
}

template <class Net>
std::vector<float> scores(Net& net, digit const& d) {
  std::vector<float> y(10);
  net.run(std::span<float const, 64>(d.pixel), std::span<float, 10>(y.data(), 10));
  return y;
}
int best(std::vector<float> const& y) { return static_cast<int>(std::max_element(y.begin(), y.end()) - y.begin()); }

auto calibrated(trained const& t) {
  auto c = calibration<mlp>::from(std::span<named_values const>(t.net.named()));
  if (!c) FAIL(c.error().what.view());
  for (digit const& d : t.train) c->add(std::span<float const>(d.pixel, 64));
  return std::move(*c);
}

}  // namespace

TEST_CASE("a quantized perceptron reads digits as well as the float one") {
  trained const& t = network_under_test();
  REQUIRE(t.test.size() == 120);
  auto const values = t.net.named();
  auto const w = weights<mlp, default_backend>::from(std::span<named_values const>(values));
  REQUIRE(w);
  engine<mlp> real{*w};
  auto const c = calibrated(t);
  CHECK(c.samples() == 240);
  CHECK(c.low(0) == 0);
  CHECK(c.high(0) == 1);
  for (auto scheme : {affine_scheme::asymmetric, affine_scheme::symmetric}) {
    auto const q = quantize_weights<quantized<mlp>>(std::span<named_values const>(values), c.table(scheme));
    REQUIRE(q);
    engine<quantized<mlp>> net{*q};
    auto const r = quantize_weights<quantized<mlp>, reference_backend>(std::span<named_values const>(values), c.table(scheme));
    REQUIRE(r);
    engine<quantized<mlp>, reference_backend> plain{*r};
    int right = 0, real_right = 0, agree = 0;
    double error = 0, power = 0;
    for (digit const& d : t.test) {
      auto const y = scores(net, d), exact = scores(real, d);
      CHECK(y == scores(plain, d));
      right += best(y) == d.label ? 1 : 0;
      real_right += best(exact) == d.label ? 1 : 0;
      agree += best(y) == best(exact) ? 1 : 0;
      for (std::size_t i = 0; i < 10; ++i) {
        error += std::pow(static_cast<double>(y[i] - exact[i]), 2);
        power += std::pow(static_cast<double>(exact[i]), 2);
      }
    }
    MESSAGE("of 120 images: float reads " << real_right << ", int8 " << right << ", the same answer for " << agree << ", signal to noise "
                                          << 10 * std::log10(power / error) << " dB");
    CHECK(real_right >= 105);
    CHECK(right >= real_right - 1);
    CHECK(agree >= 119);
    CHECK(10 * std::log10(power / error) > (scheme == affine_scheme::asymmetric ? 35 : 30));
  }
}

namespace {

constexpr edge_table<12> fixed{{{constant(1.f / 255), 0, true}, {}, {}, {}, {constant(0.02f), 3, true}, {}, {}, {}, {constant(0.03f), 0, true}}};
struct with_edges : quantized<mlp, fixed> {};
static_assert(mlp::description.view().tensor_count == 12 && mlp::description.tensors[4].kind == tensor_kind::value);
static_assert(network<quantized<mlp>, default_backend>::plan.step_count == 4, "quantize, and three layers that hold their ReLU");
static_assert(macs(quantized<mlp>::description.view()) == macs(mlp::description.view()));
static_assert(network<quantized<mlp>, default_backend>::problem_at<2>::out().type == dtype::u8 && network<quantized<mlp>, default_backend>::problem_at<3>::out().type == dtype::f32);

}  // namespace

TEST_CASE("edges in the type are edges in the weights") {
  auto const values = network_under_test().net.named();
  auto const typed = quantize_weights<with_edges>(std::span<named_values const>(values));
  auto const untyped = quantize_weights<quantized<mlp>>(std::span<named_values const>(values), fixed);
  REQUIRE(typed);
  REQUIRE(untyped);
  using net = network<with_edges, default_backend>;
  static_assert(net::structure != network<quantized<mlp>, default_backend>::structure);
  CHECK(std::memcmp(typed->data(), untyped->data(), static_cast<std::size_t>(net::plan.weight_bytes)) == 0);
  // The type knows what the bytes between its layers stand for.
  int bytes = 0;
  for (int t = 0; t < net::graph.tensor_count; ++t) bytes += net::graph.tensors[t].affine.present && net::graph.desc(t).type == dtype::u8 ? 1 : 0;
  CHECK(bytes == 3);
  auto const missing = quantize_weights<quantized<mlp>>(std::span<named_values const>(values), edge_table<12>{});
  REQUIRE(!missing);
  CHECK(missing.error().code == errc::mismatch);
  CHECK(edge_table_text("edges", fixed).find("inline constexpr dsi::edge_table<12> edges{{\n    {{998277249u}, 0, true},") == 0);
}

namespace {

/// Dense layers among others: a residual, a view, a clip, an operator that stays float, a result used twice.
struct mixed : graph<named_input<"x", float, 2, 4, 8>, parameter<"w1", float, 32, 32>, parameter<"w2", float, 32, 32>, parameter<"b2", float, 32>, parameter<"w3", float, 7, 32>,
                     node<"flat", reshape<2, 32>, "x">, node<"a", dense<32, false>, "flat", "w1">, node<"a6", relu6, "a">, node<"b", dense<32>, "a6", "w2", "b2">,
                     node<"s", sigmoid, "b">, node<"r", add, "s", "b">, node<"y", dense<7, false>, "r", "w3">, output<"y">, output<"s">> {};
using q = network<quantized<mixed>, default_backend>;
static_assert(q::graph.node_count == 8, "flat, quantize, a with its clip, b, s, r, quantize, y");

}  // namespace

TEST_CASE("other layers stay float") {
  std::mt19937 g(3);
  std::uniform_real_distribution<float> u(-1, 1);
  auto const draw = [&](std::size_t n, float by) {
    std::vector<float> v;
    for (std::size_t i = 0; i < n; ++i) v.push_back(u(g) * by);
    return v;
  };
  auto const w1 = draw(32 * 32, 0.6f), w2 = draw(32 * 32, 0.3f), b2 = draw(32, 1), w3 = draw(7 * 32, 0.3f);
  std::vector<named_values> const values{{"w1", std::span<float const>(w1)}, {"w2", std::span<float const>(w2)}, {"b2", std::span<float const>(b2)}, {"w3", std::span<float const>(w3)}};
  auto const w = weights<mixed, default_backend>::from(std::span<named_values const>(values));
  REQUIRE(w);
  engine<mixed> real{*w};
  auto c = calibration<mixed>::from(std::span<named_values const>(values));
  REQUIRE(c);
  CHECK(!quantize_weights<quantized<mixed>>(std::span<named_values const>(values), c->table()));
  for (int i = 0; i < 20; ++i) c->add(std::span<float const>(draw(64, 2)));
  auto const qw = quantize_weights<quantized<mixed>>(std::span<named_values const>(values), c->table());
  if (!qw) FAIL(qw.error().what.view());
  engine<quantized<mixed>> net{*qw};
  auto const x = draw(64, 2);
  float y[14], s[64], exact_y[14], exact_s[64];
  std::span<float const, 64> const in(x.data(), 64);
  net.run(in, y, s);
  real.run(in, exact_y, exact_s);
  for (int i = 0; i < 14; ++i) CHECK(std::abs(y[i] - exact_y[i]) < 0.15f);
  for (int i = 0; i < 64; ++i) CHECK(std::abs(s[i] - exact_s[i]) < 0.05f);
}

TEST_CASE("rows without weights, and large biases") {
  detail::int8_layer const nothing{nullptr, nullptr, 0, {constant(0.1f), 5, true}, {constant(1.f), 0, true}, 0, 1};
  CHECK(nothing.scale(0) == 1);
  float const w[]{0, 0, 1e-6f, 0};
  float const b[]{0.3f, 1000};
  detail::int8_layer const l{w, b, 2, {constant(0.1f), 0, true}, {}, -INFINITY, INFINITY};
  for (int o = 0; o < 2; ++o) {
    float const y = static_cast<float>(l.integer_bias(o)) * l.multiplier(o);
    CHECK(std::abs(y - b[o]) <= b[o] * 0x1p-22f);
  }
}

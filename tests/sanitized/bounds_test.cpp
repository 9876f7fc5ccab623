// SPDX-License-Identifier: MIT
// Kernels read and write what is theirs: inputs and outputs lie in blocks of exactly their size at odd addresses, so that
// AddressSanitizer sees a read behind the end. Without sanitizers this compares a few odd shapes with the reference.
#include <cstring>
#include <memory>

#include <doctest/doctest.h>

#include "support/random_weights.hpp"

namespace {

using namespace dsi;

/// n elements at an address that is aligned for T and nothing more, with nothing behind them.
template <class T>
class exact {
 public:
  explicit exact(std::size_t n) : bytes_(new unsigned char[n * sizeof(T) + sizeof(T)]), n_(n) { std::memset(bytes_.get(), 0xff, (n + 1) * sizeof(T)); }
  T* data() { return reinterpret_cast<T*>(bytes_.get() + sizeof(T)); }
  std::size_t size() const { return n_; }

 private:
  std::unique_ptr<unsigned char[]> bytes_;
  std::size_t n_;
};

/// Runs Model, which has one input and one output of one type, and compares with the reference.
template <class Model>
double departure() {
  constexpr graph_view g = Model::description.view();
  using T = storage_t<g.desc(g.inputs[0]).type>;
  auto const w = support::random_weights<Model>();
  auto const w_reference = support::random_weights<Model, reference_backend>();
  exact<T> x(static_cast<std::size_t>(g.desc(g.inputs[0]).size())), y(static_cast<std::size_t>(g.desc(g.outputs[0]).size())), expected(y.size());
  std::mt19937 random(5);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = T(static_cast<float>(random() % 2001) / 1000.f - 1.f);
  void const* const in[]{x.data()};
  void* const out[]{y.data()};
  void* const out_reference[]{expected.data()};
  engine<Model> net(w);
  engine<Model, reference_backend> judge(w_reference);
  net.run_pointers(in, out);
  judge.run_pointers(in, out_reference);
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    double const d = std::abs(static_cast<double>(static_cast<float>(y.data()[i])) - static_cast<double>(static_cast<float>(expected.data()[i])));
    if (!(d <= worst)) worst = d;
  }
  return worst;
}

template <conv2d_attributes A>
using conv = conv2d<A>;
using at = conv2d_attributes;

struct dense_net : pipeline<input<float, 3, 37>, dense<29>, dsi::tanh, dense<17>, softmax> {};
struct dense_half : pipeline<input<half, 3, 37>, dense<29>, relu, dense<17>> {};
struct conv_net : pipeline<input<float, 1, 3, 11, 13>, conv<at{.out = 19, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}>, relu,
                           conv<at{.out = 19, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 19}>, batch_norm<>, silu, conv<at{.out = 21, .kernel = {1, 1}}>> {};
struct depthwise_net : pipeline<input<float, 1, 5, 9, 10>, conv<at{.out = 5, .kernel = {5, 5}, .pad = {2, 2, 2, 2}, .groups = 5}>> {};
struct wide_net : pipeline<input<float, 2, 37, 5, 3>, conv<at{.out = 33, .kernel = {1, 1}}>, relu6> {};
struct pool_net : pipeline<input<float, 1, 17, 9, 11>, max_pool2d<max_pool2d_attributes{.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}>, global_average_pool> {};
struct norm_net : pipeline<input<float, 5, 33>, layer_norm<>, gelu> {};
struct moved : pipeline<input<float, 3, 5, 7>, transpose<2, 0, 1>, reshape<7, 15>, sigmoid> {};
struct sums : pipeline<input<float, 3, 5, 19>, reduce_sum<reduce_sum_attributes{.axes = axes(1)}>> {};

}  // namespace

TEST_CASE("kernels stay inside tensors of odd sizes at odd addresses") {
  CHECK(departure<dense_net>() < 1e-5);
  CHECK(departure<dense_half>() < 1e-2);
  CHECK(departure<conv_net>() < 1e-4);
  CHECK(departure<depthwise_net>() < 1e-5);
  CHECK(departure<wide_net>() < 1e-5);
  CHECK(departure<pool_net>() < 1e-5);
  CHECK(departure<norm_net>() < 1e-4);
  CHECK(departure<moved>() < 1e-5);
  CHECK(departure<sums>() < 1e-5);
}

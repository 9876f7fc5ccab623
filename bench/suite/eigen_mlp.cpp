// SPDX-License-Identifier: MIT
// The MLPs of the suite as somebody who cares would write them by hand with Eigen: sizes fixed at compile time, weights column-major
// and aligned, no temporaries.
#define EIGEN_STACK_ALLOCATION_LIMIT 0
#include "eigen_mlp.hpp"

#include <Eigen/Core>
#include <cstring>

namespace {

template <int Batch, int In, int Out, int... Rest>
struct layers {
  Eigen::Matrix<float, Out, In> weight;
  Eigen::Matrix<float, Out, 1> bias;
  Eigen::Matrix<float, Out, Batch> result;
  layers<Batch, Out, Rest...> next;

  static constexpr std::size_t size = std::size_t{In + 1} * Out + layers<Batch, Out, Rest...>::size;
  void load(float const* from) {
    weight = Eigen::Map<Eigen::Matrix<float, Out, In, In == 1 ? Eigen::ColMajor : Eigen::RowMajor> const>(from);
    bias = Eigen::Map<Eigen::Matrix<float, Out, 1> const>(from + In * Out);
    next.load(from + (In + 1) * Out);
  }
  template <class Input>
  auto const& operator()(Input const& x) {
    result.noalias() = weight * x;
    result.colwise() += bias;
    result = result.cwiseMax(0.0f);
    return next(result);
  }
};
template <int Batch, int In, int Out>
struct layers<Batch, In, Out> {
  Eigen::Matrix<float, Out, In, Out == 1 ? Eigen::RowMajor : Eigen::ColMajor> weight;
  Eigen::Matrix<float, Out, 1> bias;
  Eigen::Matrix<float, Out, Batch> result;

  static constexpr std::size_t size = std::size_t{In + 1} * Out;
  void load(float const* from) {
    weight = Eigen::Map<Eigen::Matrix<float, Out, In, Eigen::RowMajor> const>(from);
    bias = Eigen::Map<Eigen::Matrix<float, Out, 1> const>(from + In * Out);
  }
  template <class Input>
  auto const& operator()(Input const& x) {
    result.noalias() = weight * x;
    result.colwise() += bias;
    return result;
  }
};

template <int Batch, int In, int... Sizes>
bool open_mlp(float const* weights, std::size_t size, bench::eigen_network* made) {
  using mlp = layers<Batch, In, Sizes...>;
  if (size != mlp::size) return false;
  constexpr int sizes[]{Sizes...}, out = sizes[sizeof...(Sizes) - 1];
  struct state {
    Eigen::Matrix<float, In, Batch> input;
    Eigen::Matrix<float, out, Batch> output;
    mlp net;
  };
  static state* const s = new state;  // one of each network in a process, and it stays
  s->net.load(weights);
  s->input.setZero();
  *made = {[](void* self) {
             auto* const x = static_cast<state*>(self);
             x->output = x->net(x->input);
           },
           s, s->input.data(), s->output.data(), std::size_t{In * Batch}, std::size_t{out * Batch}};
  return true;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) bool bench_eigen_open(char const* name, float const* weights, std::size_t size, bench::eigen_network* made) {
  if (std::strcmp(name, "mlp_16_32_32_8") == 0) return open_mlp<1, 16, 32, 32, 8>(weights, size, made);
  if (std::strcmp(name, "mlp_64_128_128_64_16") == 0) return open_mlp<1, 64, 128, 128, 64, 16>(weights, size, made);
  if (std::strcmp(name, "mlp_415_512_256_1") == 0) return open_mlp<1, 415, 512, 256, 1>(weights, size, made);
  if (std::strcmp(name, "mlp_415_512_256_1_b64") == 0) return open_mlp<64, 415, 512, 256, 1>(weights, size, made);
  return false;
}

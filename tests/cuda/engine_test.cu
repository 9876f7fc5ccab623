// SPDX-License-Identifier: MIT
// The CUDA backend on a GPU against the reference backend: dense layers with fused expressions, streams, copies, new weights.
// Compiled wherever nvcc is found; without a GPU it says so and exits with 77, which CTest counts as skipped.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <dsi/backend/reference/reference.hpp>
#include <dsi/cuda.hpp>
#include <dsi/engine.hpp>

namespace {

int failures = 0;

void check(bool good, char const* what) {
  std::printf("%s %s\n", good ? "ok  " : "FAIL", what);
  failures += good ? 0 : 1;
}

struct few_rows : dsi::pipeline<dsi::input<float, 1, 64>, dsi::dense<128>, dsi::relu, dsi::dense<33>, dsi::silu, dsi::dense<16>> {};
struct many_rows : dsi::pipeline<dsi::input<float, 3, 70, 65>, dsi::dense<130>, dsi::relu6, dsi::dense<100>, dsi::batch_norm<>, dsi::tanh> {};
struct gated : dsi::graph<dsi::named_input<"x", float, 5, 20>, dsi::named_input<"g", float, 5, 1>, dsi::parameter<"w", float, 33, 20>, dsi::parameter<"b", float, 33>,
                          dsi::node<"h", dsi::dense<33>, "x", "w", "b">, dsi::node<"s", dsi::sigmoid, "h">, dsi::node<"y", dsi::mul, "s", "g">, dsi::output<"y">> {};

/// Parameters by name, drawn at random.
template <class Model>
struct values {
  std::vector<std::vector<float>> data;
  std::vector<std::string> names;
  std::vector<dsi::named_values> named;
  explicit values(unsigned seed) {
    constexpr dsi::graph_view g = Model::description.view();
    std::mt19937 r(seed);
    std::uniform_real_distribution<float> u(-0.3f, 0.3f);
    for (int t = 0; t < g.tensor_count; ++t)
      if (g.tensors[t].kind == dsi::tensor_kind::parameter) {
        std::vector<float> v(static_cast<std::size_t>(g.desc(t).size()));
        for (float& x : v) x = u(r);
        if (g.tensors[t].name.suffix == "variance")
          for (float& x : v) x = std::abs(x) + 0.5f;
        data.push_back(std::move(v));
        names.emplace_back(g.tensors[t].name.text().view());
      }
    for (std::size_t i = 0; i < data.size(); ++i) named.emplace_back(names[i], std::span<float const>(data[i]));
  }
};

template <class Model>
std::vector<std::vector<float>> inputs(unsigned seed) {
  constexpr dsi::graph_view g = Model::description.view();
  std::mt19937 r(seed);
  std::uniform_real_distribution<float> u(-1, 1);
  std::vector<std::vector<float>> all;
  for (int i = 0; i < g.input_count; ++i) {
    all.emplace_back(static_cast<std::size_t>(g.desc(g.inputs[i]).size()));
    for (float& x : all.back()) x = u(r);
  }
  return all;
}
std::vector<void const*> pointers(std::vector<std::vector<float>> const& v) {
  std::vector<void const*> p;
  for (auto const& x : v) p.push_back(x.data());
  return p;
}

template <class Model>
std::vector<float> expected(values<Model> const& v, std::vector<std::vector<float>> const& in) {
  constexpr dsi::graph_view g = Model::description.view();
  auto w = dsi::weights<Model, dsi::reference_backend>::from(std::span<dsi::named_values const>(v.named));
  dsi::engine<Model, dsi::reference_backend> net{*w};
  std::vector<float> out(static_cast<std::size_t>(g.desc(g.outputs[0]).size()));
  void* o[]{out.data()};
  net.run_pointers(pointers(in).data(), o);
  return out;
}
bool close(std::vector<float> const& a, std::vector<float> const& b) {
  for (std::size_t i = 0; i < b.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= 1e-4f * (1 + std::abs(b[i])))) return false;
  return a.size() == b.size();
}

template <class Model>
void check_model(char const* name) {
  constexpr dsi::graph_view g = Model::description.view();
  values<Model> const first(1), second(2);
  auto w = dsi::weights<Model, dsi::cuda_backend>::from(std::span<dsi::named_values const>(first.named));
  auto w2 = dsi::weights<Model, dsi::cuda_backend>::from(std::span<dsi::named_values const>(second.named));
  auto net = dsi::cuda_engine<Model>::create(*w);
  if (!net) return check(false, net.error().what.c_str());
  auto const in = inputs<Model>(3);
  auto const size = static_cast<std::size_t>(g.desc(g.outputs[0]).size());
  std::vector<float> out(size, -7);
  void* o[]{out.data()};
  auto s = dsi::cuda::stream::create();
  check(static_cast<bool>(s), "stream");
  check(static_cast<bool>(net->enqueue_host_pointers(s->handle(), pointers(in).data(), o)) && s->wait(), "enqueue with copies");
  check(close(out, expected(first, in)), name);
  check(static_cast<bool>(net->bind(*w2)), "new weights");
  check(static_cast<bool>(net->enqueue_host_pointers(s->handle(), pointers(in).data(), o)) && s->wait() && close(out, expected(second, in)), name);
}

/// Two engines on two streams from page-locked memory, and device spans from a caller's own memory.
void check_streams() {
  values<few_rows> const v(4);
  auto w = dsi::weights<few_rows, dsi::cuda_backend>::from(std::span<dsi::named_values const>(v.named));
  auto a = dsi::cuda_engine<few_rows>::create(*w), b = dsi::cuda_engine<few_rows>::create(*w);
  auto sa = dsi::cuda::stream::create(), sb = dsi::cuda::stream::create();
  auto pinned = dsi::cuda::allocate_pinned(4 * 160);
  auto device = dsi::cuda::allocate_device(4 * 80);
  if (!a || !b || !sa || !sb || !pinned || !device) return check(false, "two engines");
  auto* const p = reinterpret_cast<float*>(pinned->data());
  auto const ia = inputs<few_rows>(5), ib = inputs<few_rows>(6);
  std::memcpy(p, ia[0].data(), 256);
  std::memcpy(p + 80, ib[0].data(), 256);
  bool good = static_cast<bool>(a->enqueue_with_copies(sa->handle(), std::span<float const, 64>(p, 64), std::span<float, 16>(p + 64, 16)));
  good = good && b->enqueue_with_copies(sb->handle(), std::span<float const, 64>(p + 80, 64), std::span<float, 16>(p + 144, 16));
  good = good && sa->wait() && sb->wait();
  check(good && close({p + 64, p + 80}, expected(v, ia)) && close({p + 144, p + 160}, expected(v, ib)), "two streams");
  auto* const d = reinterpret_cast<float*>(device->data());
  good = cudaMemcpy(d, p, 256, cudaMemcpyHostToDevice) == cudaSuccess;
  good = good && a->enqueue(sa->handle(), dsi::device_span<float const, 64>(d), dsi::device_span<float, 16>(d + 64)) && sa->wait();
  float y[16]{};
  good = good && cudaMemcpy(y, d + 64, 64, cudaMemcpyDeviceToHost) == cudaSuccess;
  check(good && close({y, y + 16}, expected(v, ia)), "device spans");
  check(static_cast<bool>(a->run(std::span<float const, 64>(p, 64), y)) && close({y, y + 16}, expected(v, ia)), "run");
}

}  // namespace

int main() {
  // What runs where is settled in the compiler, with or without a GPU.
  using net = dsi::network<gated, dsi::cuda_backend>;
  static_assert(net::plan.step_count == 1 && dsi::is_native<dsi::cuda_backend, net::problem_at<0>>);
  static_assert(net::structure == dsi::network<gated, dsi::reference_backend>::structure);
  if (!dsi::cuda::has_device()) {
    auto w = dsi::weights<few_rows, dsi::cuda_backend>::from(std::span<dsi::named_values const>(values<few_rows>(1).named));
    auto e = dsi::cuda_engine<few_rows>::create(*w);
    if (e) return 1;
    std::printf("without a GPU: %s\ncompiled, not run: no GPU\n", e.error().what.c_str());
    return 77;
  }
  check_model<few_rows>("few rows");
  check_model<many_rows>("many rows");
  check_model<gated>("gated");
  check_streams();
  std::printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}

// SPDX-License-Identifier: MIT
// For tests of layers that multiply by weights: the error that is allowed, and runs by another team or kernel, bit for bit.
#pragma once

#include <dsi/parallel/serial.hpp>

#include "native.hpp"

namespace conformance {

/// Higham's bound for a sum of k products of numbers in [-1, 1] and a bias, (k + 1) u (sum |w x| + |b|), and as much again for an
/// expression behind it.
constexpr double product_error(index k) { return 2 * static_cast<double>((k + 1) * (k + 1)) * 0x1p-24; }

/// Every element type on the backend under test; the narrow types add their own rounding of the result.
template <template <class> class Case>
void check_types(drawing const& d, double error) {
  check_float<Case>(d, error);
  static_assert(runs_natively<Case<dsi::half>, backend>());
  static_assert(runs_natively<Case<dsi::bfloat16>, backend>());
  CHECK(compare<Case, dsi::half, backend>(d, 0x1p-11 + 2 * error, 0x1p-24 + 2 * error) == "");
  CHECK(compare<Case, dsi::bfloat16, backend>(d, 0x1p-8 + 2 * error, 2 * error) == "");
}

/// Loops in three parts, the last one first, in the caller.
struct reversed_parts {
  static constexpr int size() noexcept { return 3; }
  template <class Body>
  void for_each(index count, Body body) const noexcept {
    for (int i = 2; i >= 0; --i)
      if (auto const [first, last] = dsi::part_of(count, 3, i); first < last) body(first, last);
  }
};

/// Model's output on Backend with random input and parameters, by a team.
template <class Model, class Backend, class Team = dsi::serial>
std::vector<float> bits_of(unsigned seed) {
  constexpr dsi::graph_view g = Model::description.view();
  std::vector<std::vector<float>> values;
  std::vector<std::string> names;
  unsigned salt = 0;
  auto const floats = [&](index n) {
    std::vector<float> v;
    for (double d : draw<float>(n, {.seed = seed}, salt++)) v.push_back(static_cast<float>(d));
    return v;
  };
  for (int t = 0; t < g.tensor_count; ++t)
    if (g.tensors[t].kind == dsi::tensor_kind::parameter) {
      values.push_back(floats(g.desc(t).size()));
      names.emplace_back(g.tensors[t].name.text().view());
    }
  std::vector<dsi::named_values> named;
  for (std::size_t i = 0; i < values.size(); ++i) named.emplace_back(names[i], std::span<float const>(values[i]));
  auto w = dsi::weights<Model, Backend>::from(std::span<dsi::named_values const>(named));
  REQUIRE(w);
  dsi::engine<Model, Backend, dsi::heap_storage, Team> net{*w};
  std::vector<std::vector<float>> in;
  std::vector<void const*> ip;
  for (int i = 0; i < g.input_count; ++i) {
    in.push_back(floats(g.desc(g.inputs[i]).size()));
    ip.push_back(in.back().data());
  }
  std::vector<float> out(static_cast<std::size_t>(g.desc(g.outputs[0]).size()));
  void* op[]{out.data()};
  net.run_pointers(ip.data(), op);
  return out;
}

/// Every part that a team runs gives the bits of a serial run.
template <class Model>
bool teams_agree() {
  auto const a = bits_of<Model, backend>(5), b = bits_of<Model, backend, reversed_parts>(5);
  return !a.empty() && a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// The kernel of the first step.
template <class Model, class Backend>
constexpr std::string_view first_kernel() {
  using net = dsi::network<Model, Backend>;
  constexpr int step = [] {
    int s = 0;
    while (net::plan.steps[s].kind != dsi::step_kind::kernel) ++s;
    return s;
  }();
  return net::template kernel_at<step>::name;
}

}  // namespace conformance

/// Graph entries of a dense layer of its own: input [Dims..., In] -> output [Dims..., Out].
#define DSI_DENSE(Name, In, Out, ...)                                                                                                 \
  dsi::named_input<Name, T, __VA_ARGS__, In>, dsi::parameter<Name ".w", T, Out, In>, dsi::parameter<Name ".b", T, Out>,                \
      dsi::node<Name ".y", dsi::dense<Out>, Name, Name ".w", Name ".b">, dsi::output<Name ".y">

/// The same of a convolution. X, W: extents of input and weight in parentheses.
#define DSI_UNPACK(...) __VA_ARGS__
#define DSI_CONV(Name, X, W, Out, ...)                                                                                                       \
  dsi::named_input<Name, T, DSI_UNPACK X>, dsi::parameter<Name ".w", T, DSI_UNPACK W>, dsi::parameter<Name ".b", T, Out>,                    \
      dsi::node<Name ".y", __VA_ARGS__, Name, Name ".w", Name ".b">, dsi::output<Name ".y">

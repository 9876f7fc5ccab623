// SPDX-License-Identifier: MIT
// Weights with random values for every parameter of a model.
#pragma once

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <dsi/dsi.hpp>

namespace support {

namespace detail {
template <class T>
std::vector<T> const& draw(std::vector<std::vector<T>>& all, std::size_t n, bool positive, std::mt19937& g) {
  std::uniform_real_distribution<float> u(-0.5f, 0.5f);
  all.emplace_back();
  for (std::size_t i = 0; i < n; ++i) all.back().push_back(T(positive ? 0.75f + u(g) : u(g)));
  return all.back();
}
}  // namespace detail

/// Values in [-0.5, 0.5), the same for equal seeds; variances and scales are positive. Element types: float, half, bfloat16.
template <class Model, class Backend = dsi::simd_backend<>>
dsi::weights<Model, Backend> random_weights(unsigned seed = 3) {
  std::mt19937 g(seed);
  constexpr dsi::graph_view view = Model::description.view();
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<dsi::half>> halves;
  std::vector<std::vector<dsi::bfloat16>> brains;
  std::vector<std::string> names;
  std::vector<dsi::named_values> named;
  names.reserve(static_cast<std::size_t>(view.tensor_count));
  for (int t = 0; t < view.tensor_count; ++t) {
    if (view.tensors[t].kind != dsi::tensor_kind::parameter) continue;
    names.push_back(std::string(view.tensors[t].name.text().view()));
    bool const positive = view.tensors[t].name.suffix == "variance" || view.tensors[t].name.suffix == "scale";
    auto const n = static_cast<std::size_t>(view.desc(t).size());
    switch (view.desc(t).type) {
      case dsi::dtype::f16: named.emplace_back(names.back(), detail::draw(halves, n, positive, g)); break;
      case dsi::dtype::bf16: named.emplace_back(names.back(), detail::draw(brains, n, positive, g)); break;
      default: named.emplace_back(names.back(), detail::draw(floats, n, positive, g));
    }
  }
  auto w = dsi::weights<Model, Backend>::from(named);
  if (!w) throw std::runtime_error(std::string(w.error().what.view()));
  return std::move(*w);
}

}  // namespace support

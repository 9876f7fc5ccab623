// SPDX-License-Identifier: MIT
// x / sqrt(mean(x^2) + epsilon) over the last dimensions, in the ways in which exporters write it.
#pragma once

#include <dsi/import/rewrite/match.hpp>
#include <dsi/op/div.hpp>
#include <dsi/op/power.hpp>
#include <dsi/op/reciprocal.hpp>
#include <dsi/op/reduce_mean.hpp>
#include <dsi/op/square_root.hpp>
#include <dsi/op/sub.hpp>

namespace DSI_NAMESPACE::import::detail {

/// The first axis of a mean over the last dimensions, which stay as 1; -1 when v is no such mean.
inline int row_mean_axis(import_graph const& g, int v) {
  auto const* n = made_by<reduce_mean_attributes>(g, v);
  if (n == nullptr) return -1;
  auto const& op = *as_operator<reduce_mean_attributes>(n->op);
  int const rank = g.value(n->inputs[0]).desc.rank();
  unsigned const dims = reduced_dims(op.axes, rank);
  int axis = rank;
  while (axis > 0 && has_dim(dims, axis - 1)) --axis;
  bool const only_last = dims == ((1u << static_cast<unsigned>(rank)) - 1u) - ((1u << static_cast<unsigned>(axis)) - 1u);
  return op.keepdims && axis < rank && only_last ? axis : -1;
}

/// v = x / sqrt(mean(x^2) + epsilon).
struct normalized_value {
  int x = -1;
  int axis = -1;
  float epsilon = 0;
};
class mean_square_match {
 public:
  explicit mean_square_match(import_graph const& g) : g_(g) {}

  /// same(a, b): two values that are known to be equal.
  template <class Same>
  std::optional<normalized_value> match(int v, Same const& same) const {
    if (auto const* n = made_by<div>(g_, v))
      if (auto const* root = made_by<square_root>(g_, n->inputs[1])) return over(n->inputs[0], root->inputs[0], same);
    if (auto const* n = made_by<mul>(g_, v))
      for (std::size_t side : {0u, 1u})
        if (int const square = inverse_root(n->inputs[side]); square >= 0)
          if (auto const y = over(n->inputs[1 - side], square, same)) return y;
    return std::nullopt;
  }

 private:
  /// w for v = 1 / sqrt(w), else -1.
  int inverse_root(int v) const {
    if (auto const* n = made_by<power>(g_, v)) return is_about(g_, n->inputs[1], -0.5) ? n->inputs[0] : -1;
    int inverse = -1;
    if (auto const* n = made_by<reciprocal>(g_, v)) inverse = n->inputs[0];
    else if (auto const* d = made_by<div>(g_, v); d != nullptr && is_about(g_, d->inputs[0], 1)) inverse = d->inputs[1];
    auto const* root = made_by<square_root>(g_, inverse);
    return root != nullptr ? root->inputs[0] : -1;
  }
  template <class Same>
  std::optional<normalized_value> over(int x, int shifted, Same const& same) const {
    auto const* sum = made_by<add>(g_, shifted);
    if (sum == nullptr) return std::nullopt;
    for (std::size_t side : {0u, 1u}) {
      auto const epsilon = constant_scalar(g_, sum->inputs[1 - side]);
      int const axis = row_mean_axis(g_, sum->inputs[side]);
      if (!epsilon || axis < 0) continue;
      int const square = made_by<reduce_mean_attributes>(g_, sum->inputs[side])->inputs[0];
      if (is_square_of(square, x, same)) return normalized_value{x, axis, static_cast<float>(*epsilon)};
    }
    return std::nullopt;
  }
  template <class Same>
  bool is_square_of(int v, int x, Same const& same) const {
    if (auto const* n = made_by<power>(g_, v)) return same(n->inputs[0], x) && is_about(g_, n->inputs[1], 2);
    auto const* n = made_by<mul>(g_, v);
    return n != nullptr && same(n->inputs[0], x) && same(n->inputs[1], x);
  }

  import_graph const& g_;
};

/// v as normalized, scale and bias, either of which may be missing (-1).
struct affine_parts {
  int normalized = -1, scale = -1, bias = -1;
};
/// The ways to read v as (normalized * scale) + bias, the longest first.
inline std::vector<affine_parts> affine_readings(import_graph const& g, int v) {
  std::vector<affine_parts> all;
  auto const products = [&](int p, int bias) {
    if (auto const* n = made_by<mul>(g, p))
      for (std::size_t side : {0u, 1u}) all.push_back({n->inputs[side], n->inputs[1 - side], bias});
    all.push_back({p, -1, bias});
  };
  if (auto const* n = made_by<add>(g, v))
    for (std::size_t side : {0u, 1u}) products(n->inputs[side], n->inputs[1 - side]);
  products(v, -1);
  return all;
}
/// A scale for which nothing is to be multiplied, or a bias of zeros.
inline int row_of(import_graph& g, dtype type, shape const& row, float number, import_node const& like) {
  return row_parameter_from(g, g.add_constant(g.value(like.outputs[0]).name + ".row", scalar_tensor(type, number)), row, like);
}

}  // namespace DSI_NAMESPACE::import::detail

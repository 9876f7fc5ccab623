// SPDX-License-Identifier: MIT
// x (1 + erf(x / sqrt 2)) / 2 and its approximation by tanh become gelu and gelu_tanh, which have no division and no power.
#pragma once

#include <dsi/import/rewrite/match.hpp>
#include <dsi/op/div.hpp>
#include <dsi/op/erf.hpp>
#include <dsi/op/gelu.hpp>
#include <dsi/op/gelu_tanh.hpp>
#include <dsi/op/power.hpp>
#include <dsi/op/tanh.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// A value as a constant number times others, in whatever order it is written.
struct factors {
  double number = 1;
  std::vector<int> of;

  factors(import_graph const& g, int v) { take(g, v, 0); }
  bool are(double wanted, std::size_t count) const { return of.size() == count && is_about(number, wanted); }

 private:
  void take(import_graph const& g, int v, int depth) {
    if (auto const s = scaled<mul, div>(g, v)) {
      number *= s->factor;
      return take(g, s->x, depth);
    }
    auto const *product = made_by<mul>(g, v), *cube = made_by<power>(g, v);
    if (product != nullptr && depth < most_depth) {
      for (int x : product->inputs) take(g, x, depth + 1);
    } else if (cube != nullptr && (is_about(g, cube->inputs[1], 2) || is_about(g, cube->inputs[1], 3))) {
      of.insert(of.end(), is_about(g, cube->inputs[1], 2) ? 2 : 3, cube->inputs[0]);
    } else {
      of.push_back(v);
    }
  }
  static constexpr int most_depth = 3;
};

/// w for v = w + number, else -1.
inline int without_constant(import_graph const& g, int v, double number) {
  if (auto const* n = made_by<add>(g, v))
    for (std::size_t side : {0u, 1u})
      if (is_about(g, n->inputs[1 - side], number)) return n->inputs[side];
  return -1;
}

/// v = sqrt(2 / pi) (x + 0.044715 x^3), with x before the parentheses or in them.
inline bool is_inner_of_gelu_tanh(import_graph const& g, int v, int x) {
  constexpr double slope = 0.79788456080286536, cubic = 0.044715;
  factors const outer(g, v);
  auto const is_powers = [x](factors const& f, std::size_t count) {
    return f.are(cubic, count) && std::all_of(f.of.begin(), f.of.end(), [x](int w) { return w == x; });
  };
  if (outer.are(slope, 1)) {
    auto const* sum = made_by<add>(g, outer.of[0]);
    int const rest = sum == nullptr ? -1 : other_operand(*sum, x);
    return rest >= 0 && is_powers(factors(g, rest), 3);
  }
  if (!outer.are(slope, 2)) return false;
  for (std::size_t side : {0u, 1u})
    if (int const rest = without_constant(g, outer.of[1 - side], 1); outer.of[side] == x && rest >= 0 && is_powers(factors(g, rest), 2)) return true;
  return false;
}

inline bool match_gelu(import_graph& g, int v) {
  factors const all(g, v);
  if (!all.are(0.5, 2)) return false;
  for (std::size_t side : {0u, 1u}) {
    int const x = all.of[side], curve = without_constant(g, all.of[1 - side], 1);
    if (g.value(x).desc.extents != g.value(v).desc.extents) continue;
    if (auto const* n = made_by<erf>(g, curve)) {
      factors const inner(g, n->inputs[0]);
      if (inner.are(0.70710678118654752, 1) && inner.of[0] == x) return replace(g, v, gelu{}, {x}, "gelu"), true;
    }
    if (auto const* n = made_by<tanh>(g, curve); n != nullptr && is_inner_of_gelu_tanh(g, n->inputs[0], x)) return replace(g, v, gelu_tanh{}, {x}, "gelu"), true;
  }
  return false;
}

}  // namespace detail

inline bool rewrite_gelu(import_graph& g) { return detail::rewrite_last(g, &detail::match_gelu); }

}  // namespace DSI_NAMESPACE::import

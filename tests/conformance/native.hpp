// SPDX-License-Identifier: MIT
// Checks a model on float, half and bfloat16, and that no step of it silently ran on the fallback backend.
#pragma once

#include <doctest/doctest.h>

#include <dsi/backend/default_backend.hpp>
#include <dsi/graph/model.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/relu.hpp>

#include "../support/conformance.hpp"

namespace conformance {

using backend = dsi::simd_backend<>;

/// Backend itself has a kernel for every step of Model except copies into another memory order.
template <class Model, class Backend>
constexpr bool runs_natively() {
  using net = dsi::network<Model, Backend>;
  return []<int... S>(std::integer_sequence<int, S...>) {
    auto const native = []<int Step>(std::integral_constant<int, Step>) {
      if constexpr (net::plan.steps[Step].kind != dsi::step_kind::kernel) return true;
      else return dsi::is_native<Backend, typename net::template problem_at<Step>>;
    };
    return (native(std::integral_constant<int, S>{}) && ...);
  }(std::make_integer_sequence<int, net::plan.step_count>{});
}
/// Steps of Model's plan that copy a tensor into another memory order.
template <class Model, class Backend>
constexpr int reorders() {
  int n = 0;
  for (int s = 0; s < dsi::network<Model, Backend>::plan.step_count; ++s)
    n += dsi::network<Model, Backend>::plan.steps[s].kind == dsi::step_kind::reorder ? 1 : 0;
  return n;
}

/// `error` is relative and absolute.
template <template <class> class Case>
void check_float(drawing const& d, double error) {
  static_assert(runs_natively<Case<float>, backend>());
  CHECK(compare<Case, float, backend>(d, error, error) == "");
}
/// Every element type, on both backends; the narrow types add their own rounding of the result to the error in float.
template <template <class> class Case>
void check_floats(drawing const& d, double error) {
  check_float<Case>(d, error);
  static_assert(runs_natively<Case<dsi::half>, backend>());
  static_assert(runs_natively<Case<dsi::bfloat16>, backend>());
  CHECK(compare<Case, dsi::half, backend>(d, 0x1p-11 + 2 * error, 0x1p-24 + 2 * error) == "");
  CHECK(compare<Case, dsi::bfloat16, backend>(d, 0x1p-8 + 2 * error, 2 * error) == "");
  CHECK(compare<Case, float, dsi::reference_backend>(d, 4 * error, 4 * error) == "");
  CHECK(compare<Case, dsi::half, dsi::reference_backend>(d, 0x1p-11 + 8 * error, 0x1p-24 + 8 * error) == "");
}

/// Runs Model with one input on Backend and returns its output.
template <class Model, class T, class Backend>
std::vector<double> outputs(std::vector<double> const& in) {
  io<Model> x{{in}, {}, {}};
  std::string why;
  if (!run_model<Model, T, Backend>(x, why)) FAIL(why);
  return x.out[0];
}

}  // namespace conformance

/// A model over the element type T.
#define DSI_CASE(Name, ...) \
  template <class T>        \
  struct Name : dsi::pipeline<__VA_ARGS__> {}

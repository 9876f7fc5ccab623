// SPDX-License-Identifier: MIT
// What a network costs, as constants: static_assert(dsi::cost<mlp>.macs <= 10'000).
#pragma once

#include <dsi/plan/network.hpp>

namespace DSI_NAMESPACE {

/// Counts for one run of a model, before any kernel is chosen.
struct model_cost {
  index macs = 0;          ///< multiplications with accumulation
  index arena_bytes = 0;   ///< tensors between steps; kernels may add workspace
  index weight_bytes = 0;  ///< packed parameters
  index input_bytes = 0;
  index output_bytes = 0;
  int steps = 0;           ///< kernels that run
};

namespace detail {
template <class Model>
constexpr model_cost cost_of() {
  constexpr graph_view g = Model::description.view();
  constexpr plan_view p = planned_in_compiler<Model, plan_options{}>::value.view();
  model_cost c;
  c.macs = macs(g);
  c.arena_bytes = p.arena_bytes;
  c.weight_bytes = p.weight_bytes;
  for (int i = 0; i < g.input_count; ++i) c.input_bytes += g.desc(g.inputs[i]).bytes();
  for (int i = 0; i < g.output_count; ++i) c.output_bytes += g.desc(g.outputs[i]).bytes();
  for (int i = 0; i < p.step_count; ++i) c.steps += p.steps[i].kind == step_kind::alias ? 0 : 1;
  return c;
}
}  // namespace detail

/// The cost of a model written by hand. Budgets on it are build errors.
template <class Model>
inline constexpr model_cost cost = detail::cost_of<Model>();

}  // namespace DSI_NAMESPACE

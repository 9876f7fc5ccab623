// SPDX-License-Identifier: MIT
// Says in words what a model on a backend will do: groups, kernels, layouts, memory, reorders, fallbacks.
#pragma once

#include <dsi/plan/runner.hpp>

namespace DSI_NAMESPACE {

namespace detail {

template <class Network, int S, class Sink>
void describe_step(Sink& sink) {
  constexpr plan_step s = Network::plan.steps[S];
  message line;
  line.append(S < 10 ? "  " : S < 100 ? " " : "").append(static_cast<index>(S)).append("  ");
  if constexpr (s.kind == step_kind::reorder) {
    line.append(s.to_output >= 0 ? "copy to output" : "reorder");
  } else {
    auto const name_at = [&]<int M>(std::integral_constant<int, M>) {
      constexpr int n = Network::plan.members[s.first_member + M];
      line.append(M == 0 ? "" : " + ").append(op_value_t<type_at<typename Network::operators, Network::graph.nodes[n].op>>::name).append(M > 0 && M <= s.folded ? " (folded)" : "");
    };
    [&]<int... M>(std::integer_sequence<int, M...>) { (name_at(std::integral_constant<int, M>{}), ...); }(std::make_integer_sequence<int, s.members>{});
  }
  constexpr plan_operand y = Network::plan.operands[s.first_operand + s.inputs];
  line.append(" -> ").append(Network::graph.tensors[y.tensor].name.text().view()).append(" [");
  tensor_desc const d = Network::graph.desc(y.tensor);
  for (int i = 0; i < d.rank(); ++i) line.append(i > 0 ? ", " : "").append(d[i]);
  line.append("] ").append(name_of(d.type)).append(" ").append(name_of(y.order)).append("  ");
  if constexpr (s.kind == step_kind::alias) {
    line.append("(view, costs nothing)");
  } else {
    using problem_type = typename Network::template problem_at<S>;
    using kernel = kernel_for<typename Network::backend, problem_type>;
    line.append("kernel: ").append(kernel::name);
    if (!is_native<typename Network::backend, problem_type>) line.append("  (fallback)");
  }
  line.append("\n");
  sink(line.view());
}

}  // namespace detail

/// Writes the description of Model on Backend line by line: sink(std::string_view).
template <class Model, class Backend, class Sink>
void describe(Sink&& sink) {
  using net = network<Model, Backend>;
  using run = runner<net>;
  message head;
  head.append("backend ").append(Backend::name).append(", ").append(macs(net::graph)).append(" MACs, arena ").append(static_cast<index>(run::arena_bytes));
  head.append(" bytes, state ").append(static_cast<index>(run::state_bytes)).append(" bytes, weights ").append(net::plan.weight_bytes).append(" bytes\n");
  sink(head.view());
  [&]<int... S>(std::integer_sequence<int, S...>) { (detail::describe_step<net, S>(sink), ...); }(std::make_integer_sequence<int, net::plan.step_count>{});
}

}  // namespace DSI_NAMESPACE

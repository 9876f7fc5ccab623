// SPDX-License-Identifier: MIT
// A model bound to a backend: its plan, and each step's kernel as a type.
#pragma once

#include <dsi/kernel/kernel.hpp>
#include <dsi/plan/band_kernel.hpp>
#include <dsi/plan/planner.hpp>
#include <dsi/plan/verify.hpp>

namespace DSI_NAMESPACE {

/// A model: a named struct that derives from graph<...> or pipeline<...>.
template <class Model>
concept model_type = requires {
  Model::description.view();
  typename Model::operators;
};

namespace detail {

template <class Model, plan_options Options>
struct planned_in_compiler {
  static constexpr auto compute() {
    constexpr graph_view g = Model::description.view();
    constexpr plan_bounds b = bounds_of(g);
    plan_data<b.steps, b.members, b.operands, b.weights, b.buffers> p;
    int step_of[b.members + 1]{};
    bool ready[b.buffers + 1]{};
    int consumers[b.buffers / 2 + 1]{};
    buffer_life life[b.buffers + 1]{};
    make_plan(g, Options, p, step_of, ready, consumers, life);
    return p;
  }
  static constexpr auto value = compute();
};

}  // namespace detail

/// The plan of a model on a backend. Made in the compiler unless the import tool wrote one (it specializes this).
template <class Model, class Backend>
struct plan_for {
  static constexpr auto value = detail::planned_in_compiler<Model, Backend::options>::value;
};

namespace detail {

template <class Network, int Operand>
struct operand_desc {
  static constexpr tensor_desc value = [] {
    constexpr plan_operand o = Network::plan.operands[Operand];
    if constexpr (o.weight >= 0) {
      return Network::plan.weights[o.weight].desc;
    } else {
      tensor_desc d = Network::graph.desc(o.tensor);
      d.order = o.order;
      return d;
    }
  }();
};

template <class Network, int First, class Sequence>
struct operand_list;
template <class Network, int First, int... I>
struct operand_list<Network, First, std::integer_sequence<int, I...>> {
  using type = tensor_list<tensor_of<operand_desc<Network, First + I>>...>;
};

/// What a tensor is inside a step: acc (-1), the result of member m (m >= 1), or input k (given as -2 - k).
template <class Network, int Step>
consteval int role_in_step(int tensor) {
  constexpr plan_step s = Network::plan.steps[Step];
  graph_view const g = Network::graph;
  int const head = Network::plan.members[s.first_member];
  bool const anchored = !g.nodes[head].traits.elementwise;
  int const last_folded = Network::plan.members[s.first_member + s.folded];
  if (anchored && tensor == g.nodes[last_folded].first_output) return -1;
  for (int m = anchored ? 1 + s.folded : 0; m < s.members; ++m)
    if (g.nodes[Network::plan.members[s.first_member + m]].first_output == tensor) return m + 1;
  int first = 0;
  if (anchored) first = g.nodes[head].inputs + (s.folded > 0 && g.nodes[head].inputs == 2 ? 1 : 0);
  for (int k = first; k < s.inputs; ++k)
    if (Network::plan.operands[s.first_operand + k].tensor == tensor) return -2 - k;
  return -1000;
}

template <class Network, int Step, int Role>
struct expression_of_role;

template <class Network, int Step, int Node, class Sequence>
struct expression_of_node;
template <class Network, int Step, int Node, int... I>
struct expression_of_node<Network, Step, Node, std::integer_sequence<int, I...>> {
  using type = apply<type_at<typename Network::operators, Network::graph.nodes[Node].op>,
                     typename expression_of_role<Network, Step, role_in_step<Network, Step>(Network::graph.input_of(Node, I))>::type...>;
};

template <class Network, int Step, int Role>
struct expression_of_role {
  static constexpr auto choose() {
    if constexpr (Role == -1) {
      return type_pack<acc>{};
    } else if constexpr (Role <= -2) {
      return type_pack<arg<-2 - Role>>{};
    } else {
      constexpr int n = Network::plan.members[Network::plan.steps[Step].first_member + Role - 1];
      return type_pack<typename expression_of_node<Network, Step, n, std::make_integer_sequence<int, Network::graph.nodes[n].inputs>>::type>{};
    }
  }
  using type = type_at<decltype(choose()), 0>;
};

template <class Network, int Step>
struct operation_of_step {
  static constexpr auto choose() {
    constexpr plan_step s = Network::plan.steps[Step];
    constexpr int head = Network::plan.members[s.first_member];
    constexpr int last = Network::plan.members[s.first_member + s.members - 1];
    if constexpr (Network::graph.nodes[head].traits.elementwise) {
      return type_pack<map<typename expression_of_role<Network, Step, role_in_step<Network, Step>(Network::graph.nodes[last].first_output)>::type>>{};
    } else {
      using anchor = type_at<typename Network::operators, Network::graph.nodes[head].op>;
      if constexpr (s.members > 1 + s.folded)
        return type_pack<fused<anchor, typename expression_of_role<Network, Step, role_in_step<Network, Step>(Network::graph.nodes[last].first_output)>::type>>{};
      else
        return type_pack<anchor>{};
    }
  }
  using type = type_at<decltype(choose()), 0>;
};

}  // namespace detail

/// A model on a backend: everything that is settled before it runs.
template <class Model, class Backend>
  requires model_type<Model>
struct network {
  using model = Model;
  using backend = Backend;
  using operators = typename Model::operators;
  static constexpr graph_view graph = Model::description.view();
  static constexpr plan_view plan = plan_for<Model, Backend>::value.view();
  static_assert(valid_plan(graph, plan, Backend::options), "dsi: this plan does not fit this model; let the import tool write it again");
  static constexpr std::uint64_t structure = structure_hash(graph);

  template <int Step>
  static constexpr auto problem_of_step() {
    constexpr plan_step s = plan.steps[Step];
    using inputs = typename detail::operand_list<network, s.first_operand, std::make_integer_sequence<int, s.inputs>>::type;
    using outputs = typename detail::operand_list<network, s.first_operand + s.inputs, std::make_integer_sequence<int, s.outputs>>::type;
    if constexpr (s.kind == step_kind::reorder) return type_pack<problem<reorder_operation, inputs, outputs>>{};
    else return type_pack<problem<typename detail::operation_of_step<network, Step>::type, inputs, outputs>>{};
  }
  /// The problem of a step. Equal for steps that differ only in names, places and values.
  template <int Step>
  using problem_at = type_at<decltype(problem_of_step<Step>()), 0>;
  template <int Step>
  static constexpr auto choose_kernel() {
    constexpr int band = plan.steps[Step].band;
    if constexpr (band == 2) return type_pack<band_kernel<Backend, problem_at<Step>, problem_at<Step + 1>>>{};
    else if constexpr (band == 3) return type_pack<band_kernel<Backend, problem_at<Step>, problem_at<Step + 1>, problem_at<Step + 2>>>{};
    else return type_pack<kernel_for<Backend, problem_at<Step>>>{};
  }
  template <int Step>
  struct chosen {
    using type = type_at<decltype(choose_kernel<Step>()), 0>;
    static_assert(detail::has_kernel<type>,
                  "dsi: neither this backend nor its fallback has a kernel for this step (see the problem above); use a backend with a "
                  "fallback, add a kernel with dsi::with_kernels, or specialize dsi::candidates");
  };
  /// The kernel that runs a step; of the first step of a band, all of them.
  template <int Step>
  using kernel_at = typename chosen<Step>::type;
};

}  // namespace DSI_NAMESPACE

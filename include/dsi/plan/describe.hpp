// SPDX-License-Identifier: MIT
// Says in words what a model on a backend will do: groups, kernels, layouts, memory, reorders, fallbacks.
#pragma once

#include <dsi/plan/runner.hpp>

namespace DSI_NAMESPACE {

namespace detail {

/// A line with room for a whole fusion group, its names and numbers.
class description_line {
 public:
  description_line& append(std::string_view text) {
    for (char c : text)
      if (size_ < sizeof text_ - 1) text_[size_++] = c;  // one is left for the end of the line
    return *this;
  }
  description_line& append(index number) { return append(message().append(number).view()); }
  std::string_view ended() {
    text_[size_] = '\n';
    return {text_, size_ + 1};
  }

 private:
  char text_[4096];
  std::size_t size_ = 0;
};

/// Stands for a field of any type.
struct any_field {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor)
};
/// {6, 4}: the numbers of a kernel's tuning value, an aggregate of up to four, as it is written in a program.
template <class Tuning>
void append_tuning(description_line& line, Tuning const& t) {
  auto const list = [&line](auto const&... field) {
    line.append("{");
    int n = 0;
    ((line.append(n++ > 0 ? ", " : "").append(static_cast<index>(field))), ...);
    line.append("}");
  };
  if constexpr (std::is_integral_v<Tuning> || std::is_enum_v<Tuning>) line.append(static_cast<index>(t));
  else if constexpr (requires { Tuning{any_field{}, any_field{}, any_field{}, any_field{}, any_field{}}; }) line.append("{...}");
  else if constexpr (requires { Tuning{any_field{}, any_field{}, any_field{}, any_field{}}; }) { auto const& [a, b, c, d] = t; list(a, b, c, d); }
  else if constexpr (requires { Tuning{any_field{}, any_field{}, any_field{}}; }) { auto const& [a, b, c] = t; list(a, b, c); }
  else if constexpr (requires { Tuning{any_field{}, any_field{}}; }) { auto const& [a, b] = t; list(a, b); }
  else if constexpr (requires { Tuning{any_field{}}; }) { auto const& [a] = t; list(a); }
}

template <class Network, int S, class Sink>
void describe_step(Sink& sink) {
  constexpr plan_step s = Network::plan.steps[S];
  description_line line;
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
    if constexpr (requires { kernel::tuning; }) append_tuning(line.append(" "), kernel::tuning);
    if (!is_native<typename Network::backend, problem_type>) line.append("  (fallback)");
    if constexpr (s.band > 0) line.append("  (in one band with the next ").append(static_cast<index>(s.band - 1)).append(s.band > 2 ? " steps)" : " step)");
  }
  sink(line.ended());
}

}  // namespace detail

/// Writes the description of Model on Backend line by line: sink(std::string_view). A kernel with a static member `tuning`, its
/// tuning value, is named with it.
template <class Model, class Backend, class Sink>
void describe(Sink&& sink) {
  using net = network<Model, Backend>;
  using run = runner<net>;
  detail::description_line head;
  head.append("backend ").append(Backend::name).append(", ").append(macs(net::graph)).append(" MACs, arena ").append(static_cast<index>(run::arena_bytes));
  head.append(" bytes, state ").append(static_cast<index>(run::state_bytes)).append(" bytes, weights ").append(net::plan.weight_bytes).append(" bytes");
  sink(head.ended());
  [&]<int... S>(std::integer_sequence<int, S...>) { (detail::describe_step<net, S>(sink), ...); }(std::make_integer_sequence<int, net::plan.step_count>{});
}

}  // namespace DSI_NAMESPACE

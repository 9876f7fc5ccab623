// SPDX-License-Identifier: MIT
// The layers of a model and what each has to do, from its graph and its plan.
#pragma once

#include <dsi/plan/network.hpp>
#include <dsi/op/window.hpp>

#include "floor.hpp"

namespace bench {

namespace detail {

/// Taps of a window that lie inside the data, summed over its positions along one dimension.
constexpr dsi::index taps_on_data(dsi::window const& at, int s, dsi::index extent, dsi::index positions) {
  dsi::index n = 0;
  for (dsi::index p = 0; p < positions; ++p)
    for (dsi::index k = 0; k < at.kernel[s]; ++k) {
      dsi::index const i = p * at.stride[s] + k * at.dilation[s] - at.pad_begin[s];
      n += i >= 0 && i < extent ? 1 : 0;
    }
  return n;
}

/// The share of a node's multiplications whose operand is data and not padding.
template <class Operator>
double useful_share(dsi::tensor_desc const& x, dsi::tensor_desc const& y) {
  double share = 1;
  if constexpr (requires { dsi::op_value_t<Operator>::is_convolution; }) {
    constexpr auto attributes = dsi::op_value<Operator>();
    for (int s = 0; s + 2 < x.rank(); ++s)
      share *= static_cast<double>(taps_on_data(attributes.at, s, x[s + 2], y[s + 2])) / static_cast<double>(attributes.at.kernel[s] * y[s + 2]);
  }
  return share;
}

template <class Operators>
struct share_table;
template <template <class...> class List, class... Operators>
struct share_table<List<Operators...>> {
  using function = double (*)(dsi::tensor_desc const&, dsi::tensor_desc const&);
  static constexpr function of[sizeof...(Operators) + 1]{&useful_share<Operators>..., nullptr};
};

}  // namespace detail

/// The layers of a model as its plan groups them. Plan: plan_for<Model, Backend>::value.view(), or any other of the same model.
template <class Model>
std::vector<layer_work> work_of(dsi::plan_view plan) {
  dsi::graph_view const g = Model::description.view();
  std::vector<layer_work> layers;
  for (int first = 0; first < plan.step_count; first = plan.band_last(first) + 1) {
    int const last = plan.band_last(first);
    layer_work layer;
    std::vector<int> made, read;
    for (int s = first; s <= last; ++s) {
      dsi::plan_step const& step = plan.steps[s];
      if (step.kind != dsi::step_kind::kernel) continue;
      for (int m = 0; m < step.members; ++m) {
        dsi::graph_node const& n = g.nodes[plan.members[step.first_member + m]];
        double const share = n.inputs > 0 ? detail::share_table<typename Model::operators>::of[n.op](g.desc(g.edges[n.first_input]), g.desc(n.first_output)) : 1;
        layer.macs += static_cast<double>(n.macs);
        layer.effective_macs += share * static_cast<double>(n.macs);
      }
      for (int o = 0; o < step.inputs + step.outputs; ++o) {
        dsi::plan_operand const& operand = plan.operands[step.first_operand + o];
        if (operand.weight >= 0) layer.weight_bytes += static_cast<double>(plan.weights[operand.weight].bytes);
        else if (operand.tensor >= 0) (o < step.inputs ? read : made).push_back(operand.tensor);
      }
      layer.name = g.tensors[made.empty() ? 0 : made.back()].name.text().c_str();
    }
    // Of a band only what comes from outside is read, and only what is used outside of it is written.
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    auto const among = [](std::vector<int> const& list, int t) { return std::find(list.begin(), list.end(), t) != list.end(); };
    for (int t : read)
      if (!among(made, t)) layer.activation_bytes += static_cast<double>(g.desc(t).bytes());
    for (int t : made) {
      bool const inside = first != last && plan.buffer(t, dsi::layout::channels_last).where == dsi::place::band;
      if (!inside) layer.activation_bytes += static_cast<double>(g.desc(t).bytes());
    }
    if (!made.empty()) layers.push_back(layer);
  }
  return layers;
}

}  // namespace bench

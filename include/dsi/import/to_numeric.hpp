// SPDX-License-Identifier: MIT
// NUMERIC half | bfloat16: every float tensor of an imported network in another storage type, conversions at its edges.
#pragma once

#include <dsi/import/constants.hpp>
#include <dsi/import/import_graph.hpp>
#include <dsi/op/cast.hpp>

namespace DSI_NAMESPACE::import {

/// Inputs and outputs keep their types, as the user's spans have them; sums stay in float, as each operator says.
inline void convert_floats(import_graph& g, dtype to) {
  std::size_t const count = g.values.size();
  for (std::size_t v = 0; v < count; ++v) {
    import_value& x = g.values[v];
    if (x.desc.type != dtype::f32 || x.is_input) continue;
    x.desc.type = to;
    if (!x.constant) continue;
    x.data = detail::converted(x.data, to);
  }
  for (import_node& n : g.nodes)
    if (auto const* c = as_operator<cast_attributes>(n.op); c != nullptr && c->to == dtype::f32) n.op = make_operator(cast_attributes{to});
  auto const cast = [&g](int from, dtype type, std::string const& name) {
    import_value y;
    y.name = g.unique(name);
    y.desc = g.value(from).desc;
    y.desc.type = type;
    y.producer = static_cast<int>(g.nodes.size());
    int const out = g.add_value(std::move(y));
    import_node n;
    n.op = make_operator(cast_attributes{type});
    n.inputs = {from};
    n.outputs = {out};
    n.origin = "NUMERIC";
    g.nodes.push_back(std::move(n));
    return out;
  };
  std::size_t const nodes = g.nodes.size();
  for (int const input : g.inputs) {
    if (g.value(input).desc.type != dtype::f32) continue;
    int const narrow = cast(input, to, g.value(input).name + ".narrow");
    for (std::size_t n = 0; n < nodes; ++n)
      for (int& i : g.nodes[n].inputs)
        if (i == input) i = narrow;
  }
  for (int& output : g.outputs) {
    if (g.value(output).desc.type != to || g.value(output).is_input) continue;
    std::string const name = g.value(output).name;
    g.rename(output, g.unique(name + ".narrow"));
    output = cast(output, dtype::f32, name);
  }
  g.clean();
}

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// x * sigmoid(x), as most exporters write it, becomes silu(x).
#pragma once

#include <dsi/import/import_graph.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/sigmoid.hpp>
#include <dsi/op/silu.hpp>

namespace DSI_NAMESPACE::import {

inline bool rewrite_silu(import_graph& g) {
  bool changed = false;
  for (import_node& n : g.nodes) {
    if (!n.op || as_operator<mul>(n.op) == nullptr) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      int const gate = n.inputs[side], x = n.inputs[1 - side];
      int const p = g.value(gate).producer;
      if (p < 0 || as_operator<sigmoid>(g.node(p).op) == nullptr || g.node(p).inputs[0] != x) continue;
      n.op = make_operator(silu{});
      n.inputs = {x};
      n.rewritten_from.push_back("silu");
      changed = true;
      break;
    }
  }
  return changed;
}

}  // namespace DSI_NAMESPACE::import

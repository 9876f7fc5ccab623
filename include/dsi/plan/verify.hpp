// SPDX-License-Identifier: MIT
// Is a plan right for a graph? Cheap enough for the compiler even where making the plan is not.
#pragma once

#include <dsi/plan/memory.hpp>

namespace DSI_NAMESPACE {

/// Memory in use over steps [first, last]: scratch of valid_plan.
struct plan_claim {
  int first = -1, last = -1;
  index begin = 0, end = 0;
};

namespace detail {

/// Every operand is a tensor of the graph, every weight lies in the blob, every member is a node, exactly once.
constexpr bool plan_indices_fit(graph_view g, plan_view p) {
  if (p.buffer_count != 2 * g.tensor_count) return false;
  for (int o = 0; o < p.operand_count; ++o) {
    plan_operand const& x = p.operands[o];
    if (x.weight >= p.weight_count || x.tensor >= g.tensor_count || (x.weight < 0 && x.tensor < 0)) return false;
    if (x.weight < 0 && x.order != layout::row_major && x.order != layout::channels_last) return false;
  }
  for (int w = 0; w < p.weight_count; ++w) {
    plan_weight const& x = p.weights[w];
    if (x.offset < 0 || x.bytes < 0 || x.offset % static_cast<index>(alignment) != 0 || x.offset + x.bytes > p.weight_bytes) return false;
    if (x.tensor >= 0 && (x.tensor >= g.tensor_count || g.tensors[x.tensor].kind != tensor_kind::parameter)) return false;
    if (x.tensor >= 0 && (!(x.desc.extents == g.desc(x.tensor).extents) || x.desc.type != g.desc(x.tensor).type)) return false;
  }
  index member_sum = 0;
  for (int m = 0; m < p.member_count; ++m) {
    if (p.members[m] < 0 || p.members[m] >= g.node_count) return false;
    member_sum += p.members[m];
  }
  index const n = g.node_count;
  return p.member_count == g.node_count && member_sum == n * (n - 1) / 2;
}

/// Readers come after writers: `written[buffer]` is the step that wrote it, -2 for network inputs, -1 for nothing yet.
constexpr bool plan_order_holds(graph_view g, plan_view p, int* written) {
  for (int b = 0; b < p.buffer_count; ++b) written[b] = -1;
  auto const write = [&](int tensor, layout order, int step) {
    written[buffer_id(tensor, order)] = step;
    if (same_in_every_layout(g.desc(tensor).extents)) written[2 * tensor] = written[2 * tensor + 1] = step;
  };
  for (int i = 0; i < g.input_count; ++i) write(g.inputs[i], layout::row_major, -2);
  for (int s = 0; s < p.step_count; ++s) {
    plan_step const& step = p.steps[s];
    for (int i = 0; i < step.inputs; ++i) {
      plan_operand const& o = p.operands[step.first_operand + i];
      if (o.weight < 0 && written[buffer_id(o.tensor, o.order)] == -1) return false;
    }
    if (step.to_output >= 0) continue;
    for (int i = 0; i < step.outputs; ++i) {
      plan_operand const& o = p.operands[step.first_operand + step.inputs + i];
      write(o.tensor, o.order, s);
    }
  }
  return true;
}

/// No two tensors that live at the same time share bytes of the arena, except a view, or an elementwise result over its operand.
constexpr bool plan_memory_holds(graph_view g, plan_view p, plan_claim* claim) {
  for (int b = 0; b < p.buffer_count; ++b) claim[b] = {};
  auto const root = [&](int b) {
    for (int i = 0; i < p.buffer_count && p.buffers[b].root != b; ++i) b = p.buffers[b].root;
    return b;
  };
  for (int s = 0; s < p.step_count; ++s) {
    plan_step const& step = p.steps[s];
    int const all = step.inputs + (step.to_output >= 0 ? 0 : step.outputs);
    for (int i = 0; i < all; ++i) {
      plan_operand const& o = p.operands[step.first_operand + i];
      if (o.weight >= 0) continue;
      plan_buffer const& b = p.buffer(o.tensor, o.order);
      if (b.where == place::none || b.root < 0 || b.root >= p.buffer_count) return false;
      if (b.where != place::arena) continue;
      index const bytes = buffer_bytes(g.desc(o.tensor));
      if (b.at < 0 || b.at % static_cast<index>(alignment) != 0 || b.at + bytes > p.arena_bytes) return false;
      plan_claim& c = claim[root(buffer_id(o.tensor, o.order))];
      if (c.first < 0) c = {s, s, b.at, b.at + bytes};
      c.last = s;
      c.end = larger(c.end, b.at + bytes);
    }
  }
  // Sorted by first step the claims are swept: only those that still live are compared.
  for (int i = 0; i < p.buffer_count; ++i) {
    if (claim[i].first < 0) continue;
    for (int k = i + 1; k < p.buffer_count; ++k) {
      if (claim[k].first < 0) continue;
      bool const together = claim[i].first <= claim[k].last && claim[k].first <= claim[i].last;
      bool const overlap = claim[i].begin < claim[k].end && claim[k].begin < claim[i].end;
      if (together && overlap) return false;
    }
  }
  return true;
}


}  // namespace detail

/// True when the plan computes the graph: indices, order of steps, places in memory. Scratch for 2 * tensors entries each.
constexpr bool valid_plan(graph_view g, plan_view p, int* written, plan_claim* claim) {
  return detail::plan_indices_fit(g, p) && detail::plan_order_holds(g, p, written) && detail::plan_memory_holds(g, p, claim);
}

/// The same inside a constant expression, where it may allocate.
consteval bool valid_plan(graph_view g, plan_view p) {
  int* written = new int[static_cast<std::size_t>(p.buffer_count) + 1]{};
  auto* claim = new plan_claim[static_cast<std::size_t>(p.buffer_count) + 1]{};
  bool const good = valid_plan(g, p, written, claim);
  delete[] written;
  delete[] claim;
  return good;
}

}  // namespace DSI_NAMESPACE

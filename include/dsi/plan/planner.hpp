// SPDX-License-Identifier: MIT
// From a graph to a plan: fusion groups, folding, memory orders, packed weights. The same functions run in the compiler for
// networks written by hand and natively in the import tool. They know operators by their traits alone.
#pragma once

#include <dsi/plan/bands.hpp>
#include <dsi/plan/memory.hpp>
#include <dsi/plan/plan.hpp>

namespace DSI_NAMESPACE {
namespace detail {

/// Builds a plan into storage of at least bounds_of(graph). Scratch: one int per node (step or -1) and two bools per tensor.
template <class Plan>
struct planner {
  graph_view g;
  plan_options options;
  Plan& out;
  int* step_of;          ///< per node: the step that runs it, -1 before
  bool* ready;           ///< per buffer (2 per tensor): exists at this point
  int* consumers;        ///< per tensor: nodes that read it and are not placed yet

  // ---------------------------------------------------------------- groups

  constexpr bool constant(int tensor) const { return g.tensors[tensor].kind == tensor_kind::parameter; }

  /// The tensor is a constant, an input, or computed by a node that is placed already.
  constexpr bool available(int tensor) const {
    int const p = g.tensors[tensor].producer;
    return p < 0 || step_of[p] >= 0;
  }

  struct group {
    static constexpr int capacity = 16;
    int node[capacity]{};
    int count = 0;
    int folded = 0;
    int acc = -1;  ///< the tensor that the expression starts from
    constexpr bool holds(int n) const {
      for (int i = 0; i < count; ++i)
        if (node[i] == n) return true;
      return false;
    }
    constexpr bool makes(graph_view v, int tensor) const {
      for (int i = 0; i < count; ++i)
        if (v.tensors[tensor].producer == node[i]) return true;
      return false;
    }
  };

  /// Every reader of the tensor is in the group, and it is no output of the network.
  constexpr bool stays_inside(group const& s, int tensor) const {
    if (g.is_output(tensor)) return false;
    int inside = 0;
    for (int m = 0; m < s.count; ++m)
      for (int i = 0; i < g.nodes[s.node[m]].inputs; ++i) inside += g.input_of(s.node[m], i) == tensor ? 1 : 0;
    return inside == consumers[tensor];
  }

  /// Exactly the last member's result leaves the group.
  constexpr bool closed(group const& s) const {
    for (int m = 0; m + 1 < s.count; ++m)
      if (!stays_inside(s, g.nodes[s.node[m]].first_output)) return false;
    return true;
  }

  constexpr bool can_fold(group const& s, int n) const {
    graph_node const& head = g.nodes[s.node[0]];
    graph_node const& next = g.nodes[n];
    if (!options.fold || options.keep_all || !head.traits.foldable || !next.traits.affine || g.input_of(n, 0) != s.acc) return false;
    if (head.inputs < 2 || !constant(g.input_of(s.node[0], 1)) || (head.inputs > 2 && !constant(g.input_of(s.node[0], 2)))) return false;
    if (!is_floating(g.desc(g.input_of(s.node[0], 1)).type)) return false;
    // The constants must vary along the head's output channels alone.
    tensor_desc const& y = g.desc(next.first_output);
    if (!(y.extents == g.desc(s.acc).extents)) return false;
    int const channel = head.traits.weight == weight_role::matrix ? y.rank() - 1 : 1;
    for (int i = 1; i < next.inputs; ++i) {
      int const t = g.input_of(n, i);
      tensor_desc const& d = g.desc(t);
      if (!constant(t) || d.rank() > y.rank()) return false;
      for (int k = 0; k < d.rank(); ++k)
        if (d[k] != 1 && k + y.rank() - d.rank() != channel) return false;
    }
    return next.inputs > 1;
  }

  constexpr bool can_fuse(group const& s, int n) const {
    graph_node const& next = g.nodes[n];
    if (!next.traits.elementwise || next.outputs != 1) return false;
    tensor_desc const& y = g.desc(next.first_output);
    tensor_desc const& from = g.desc(s.acc);
    if (!(y.extents == from.extents) || y.type != from.type) return false;
    bool inside = false;
    for (int i = 0; i < next.inputs; ++i) {
      int const t = g.input_of(n, i);
      if (t == s.acc || s.makes(g, t)) {
        inside = true;
        if (!(g.desc(t).extents == y.extents)) return false;
      } else if (!available(t)) {
        return false;
      }
      if (g.desc(t).type != y.type) return false;
    }
    return inside;
  }

  /// The head and what can run with it in one pass.
  constexpr group collect(int head) const {
    group s;
    s.node[s.count++] = head;
    graph_node const& h = g.nodes[head];
    s.acc = h.first_output;
    if (h.outputs != 1 || !(h.traits.anchor || h.traits.elementwise)) return s;
    if (h.traits.anchor)
      for (int n = head + 1; n < g.node_count && s.count < group::capacity; ++n)
        if (step_of[n] < 0 && stays_open(s, n) && can_fold(s, n)) {
          s.node[s.count++] = n;
          ++s.folded;
          s.acc = g.nodes[n].first_output;
        }
    group best = s;
    if (!options.fuse) return best;
    for (int n = head + 1; n < g.node_count && s.count < group::capacity; ++n) {
      if (step_of[n] >= 0 || s.holds(n) || !can_fuse(s, n)) continue;
      s.node[s.count++] = n;
      if (closed(s)) best = s;
    }
    return best;
  }

  /// n is the only reader of what the group gives so far: the result before n need not exist.
  constexpr bool stays_open(group const& s, int n) const {
    return consumers[s.acc] == 1 && !g.is_output(s.acc) && g.nodes[n].inputs > 0 && g.input_of(n, 0) == s.acc;
  }

  // ---------------------------------------------------------------- memory orders

  constexpr bool is_ready(int tensor, layout order) const { return ready[2 * tensor + (order == layout::channels_last ? 1 : 0)]; }
  constexpr void make_ready(int tensor, layout order) {
    ready[2 * tensor + (order == layout::channels_last ? 1 : 0)] = true;
    if (same_in_every_layout(g.desc(tensor).extents)) ready[2 * tensor] = ready[2 * tensor + 1] = true;
  }
  constexpr bool has_orders(int tensor) const { return g.desc(tensor).rank() >= 3; }

  /// The order in which the head reads its first input and the group writes its result.
  struct orders {
    layout in = layout::row_major;
    layout out = layout::row_major;
  };
  constexpr orders choose_orders(group const& s) const {
    orders o;
    if (!options.channels_last) return o;
    graph_node const& head = g.nodes[s.node[0]];
    int const x = head.inputs > 0 ? g.input_of(s.node[0], 0) : -1;
    switch (head.traits.layouts) {
      case layout_rule::row_major: break;
      case layout_rule::channels_last:
        if (x >= 0 && has_orders(x)) o.in = layout::channels_last;
        if (has_orders(head.first_output)) o.out = layout::channels_last;
        break;
      case layout_rule::channels_last_out:
        if (x >= 0 && has_orders(x) && !is_ready(x, layout::row_major)) o.in = layout::channels_last;
        if (has_orders(head.first_output)) o.out = layout::channels_last;
        break;
      case layout_rule::same:
        // Channels-last as soon as one full-size operand exists in that order alone.
        for (int m = 0; m < s.count; ++m)
          for (int i = 0; i < g.nodes[s.node[m]].inputs; ++i) {
            int const t = g.input_of(s.node[m], i);
            if (!s.makes(g, t) && !constant(t) && has_orders(t) && has_orders(head.first_output) && !is_ready(t, layout::row_major))
              o.in = o.out = layout::channels_last;
          }
        break;
      case layout_rule::any:
        if (x >= 0 && has_orders(x) && !is_ready(x, layout::row_major)) o.in = layout::channels_last;
        break;
    }
    return o;
  }

  // ---------------------------------------------------------------- emission

  constexpr int add_operand(int tensor, layout order, int weight = -1) {
    out.operands[out.operand_count] = {tensor, order, weight};
    return out.operand_count++;
  }
  constexpr void add_copy(int tensor, layout from, layout to, int to_output = -1, int weight = -1) {
    plan_step s;
    s.kind = step_kind::reorder;
    s.first_member = out.member_count;
    s.first_operand = out.operand_count;
    s.inputs = s.outputs = 1;
    s.to_output = to_output;
    add_operand(tensor, from, weight);
    add_operand(tensor, to);
    out.steps[out.step_count++] = s;
  }
  /// Makes the tensor exist in the order, by a reorder step if need be.
  constexpr void require(int tensor, layout order) {
    if (is_ready(tensor, order)) return;
    layout const other = order == layout::row_major ? layout::channels_last : layout::row_major;
    add_copy(tensor, other, order);
    make_ready(tensor, order);
  }

  constexpr int add_weight(plan_weight w) {
    index const elements = options.pack ? packed_size(w.desc, w.role, w.grouped) : w.desc.size();
    w.desc.order = w.channels_last ? layout::channels_last
                   : options.pack  ? packed_layout(w.desc, w.role, w.grouped)
                                   : layout::row_major;
    w.bytes = elements * size_of(w.desc.type);
    for (int i = 0; i < out.weight_count; ++i) {  // the same constant in the same form is stored once
      plan_weight const& o = out.weights[i];
      if (w.folds == 0 && o.folds == 0 && o.tensor == w.tensor && o.role == w.role && o.desc == w.desc) return i;
    }
    w.offset = out.weight_bytes;
    out.weight_bytes += round_up(larger(w.bytes, 1), static_cast<index>(alignment));
    out.weights[out.weight_count] = w;
    return out.weight_count++;
  }

  /// Input i of node n for a step that works in `order`.
  constexpr plan_operand operand_of(group const& s, int m, int i, orders o) {
    int const n = s.node[m];
    int const t = g.input_of(n, i);
    op_traits const& traits = g.nodes[n].traits;
    bool const full = g.desc(t).extents == g.desc(s.acc).extents;
    if (!constant(t)) {
      layout order = m == 0 && i == 0 && !traits.elementwise ? o.in : o.out;
      if (traits.elementwise && !full && g.desc(t).rank() != g.desc(s.acc).rank()) order = layout::row_major;
      if (traits.layouts == layout_rule::row_major && m == 0) order = layout::row_major;
      if (!has_orders(t)) order = layout::row_major;
      return {t, order, -1};
    }
    plan_weight w;
    w.tensor = t;
    w.desc = g.desc(t);
    w.infinities = traits.elementwise;
    if (m == 0 && (i == 1 || i == 2)) {
      w.role = i == 1 ? traits.weight : traits.weight2;
      w.grouped = w.role == weight_role::convolution && w.desc.rank() > g.desc(g.input_of(n, 0)).rank();
      if (i == 1 && traits.winograd && options.winograd && options.pack && o.in == layout::channels_last && o.out == layout::channels_last)
        w.desc.order = winograd_layout(w.desc, g.desc(g.nodes[n].first_output));
    }
    if (m == 0 && s.folded > 0 && (i == 1 || i == 2)) {
      w.fold_first = out.member_count + 1;
      w.folds = s.folded;
      w.bias = i == 2;
    }
    if (w.role == weight_role::none && o.out == layout::channels_last && has_orders(t) && !same_in_every_layout(w.desc.extents))
      w.channels_last = true;
    int const at = add_weight(w);
    return {t, out.weights[at].desc.order, at};
  }

  /// A permutation whose input and output are the same order of bytes, in orders that exist or may be chosen.
  constexpr bool emit_permutation_as_view(group const& s) {
    graph_node const& n = g.nodes[s.node[0]];
    if (!n.traits.permutes || n.inputs != 1 || s.count != 1 || constant(g.input_of(s.node[0], 0))) return false;
    int const x = g.input_of(s.node[0], 0), y = n.first_output;
    for (layout from : {layout::channels_last, layout::row_major})
      for (layout to : {layout::channels_last, layout::row_major}) {
        if (!is_ready(x, from) || (!options.channels_last && to != layout::row_major)) continue;
        if ((from == layout::channels_last && !has_orders(x)) || (to == layout::channels_last && !has_orders(y))) continue;
        tensor_desc dx = g.desc(x), dy = g.desc(y);
        dx.order = from;
        dy.order = to;
        shape const sx = strides_of(dx), sy = strides_of(dy);
        bool same = true;
        for (int d = 0; d < dy.rank(); ++d) same = same && (dy[d] == 1 || sx[n.traits.permutation[d]] == sy[d]);
        if (!same) continue;
        orders o;
        o.in = from;
        o.out = to;
        emit(s, o, step_kind::alias);
        return true;
      }
    return false;
  }

  constexpr void emit(group const& s) {
    if (!emit_permutation_as_view(s)) emit(s, choose_orders(s), g.nodes[s.node[0]].traits.view ? step_kind::alias : step_kind::kernel);
  }
  constexpr void emit(group const& s, orders o, step_kind kind) {
    plan_operand inputs[max_inputs + 2 * group::capacity]{};
    int count = 0;
    graph_node const& head = g.nodes[s.node[0]];
    for (int i = 0; i < head.inputs; ++i) inputs[count++] = operand_of(s, 0, i, o);
    if (s.folded > 0 && head.inputs == 2) {  // folding needs a bias even where there was none
      tensor_desc const& y = g.desc(head.first_output);
      plan_weight w;
      w.desc = {g.desc(g.input_of(s.node[0], 1)).type, layout::row_major, shape(head.traits.weight == weight_role::matrix ? y[y.rank() - 1] : y[1])};
      w.fold_first = out.member_count + 1;
      w.folds = s.folded;
      w.bias = true;
      int const at = add_weight(w);
      inputs[count++] = {-1, layout::row_major, at};
    }
    int const anchor_inputs = head.traits.elementwise ? 0 : count;
    if (head.traits.elementwise) count = 0;
    for (int m = head.traits.elementwise ? 0 : 1 + s.folded; m < s.count; ++m)
      for (int i = 0; i < g.nodes[s.node[m]].inputs; ++i) {
        int const t = g.input_of(s.node[m], i);
        if ((t == s.acc && !head.traits.elementwise) || s.makes(g, t)) continue;
        bool known = false;
        for (int k = anchor_inputs; k < count; ++k) known = known || inputs[k].tensor == t;
        if (!known) inputs[count++] = operand_of(s, m, i, o);
      }
    for (int i = 0; i < count; ++i)
      if (inputs[i].weight < 0) require(inputs[i].tensor, inputs[i].order);
    plan_step step;
    step.kind = kind;
    step.first_member = out.member_count;
    step.members = s.count;
    step.folded = s.folded;
    step.first_operand = out.operand_count;
    step.inputs = count;
    for (int i = 0; i < count; ++i) add_operand(inputs[i].tensor, inputs[i].order, inputs[i].weight);
    graph_node const& last = g.nodes[s.node[s.count - 1]];
    step.outputs = last.outputs;
    for (int i = 0; i < last.outputs; ++i) {
      int const t = last.first_output + i;
      layout const order = has_orders(t) ? o.out : layout::row_major;
      add_operand(t, order);
      make_ready(t, order);
    }
    for (int m = 0; m < s.count; ++m) {
      out.members[out.member_count++] = s.node[m];
      step_of[s.node[m]] = out.step_count;
      for (int i = 0; i < g.nodes[s.node[m]].inputs; ++i) --consumers[g.input_of(s.node[m], i)];
    }
    out.steps[out.step_count++] = step;
  }

  constexpr void run() {
    out.step_count = out.member_count = out.operand_count = out.weight_count = 0;
    out.buffer_count = 2 * g.tensor_count;
    out.weight_bytes = out.arena_bytes = 0;
    for (int n = 0; n < g.node_count; ++n) step_of[n] = -1;
    for (int t = 0; t < g.tensor_count; ++t) {
      consumers[t] = 0;
      ready[2 * t] = ready[2 * t + 1] = false;
      if (g.tensors[t].kind != tensor_kind::value) make_ready(t, layout::row_major);
    }
    for (int e = 0; e < g.edge_count; ++e) ++consumers[g.edges[e]];
    for (int n = 0; n < g.node_count; ++n)
      if (step_of[n] < 0) emit(collect(n));
    for (int i = 0; i < g.output_count; ++i) finish_output(i);
  }

  /// The tensor whose memory t shares through views.
  constexpr int viewed(int t) const {
    for (int p = g.tensors[t].producer; p >= 0 && out.steps[step_of[p]].kind == step_kind::alias; p = g.tensors[t].producer) t = g.input_of(p, 0);
    return t;
  }
  /// An output is written where it is computed, unless that memory is an input, a constant or another output: then it is copied.
  constexpr void finish_output(int i) {
    int const t = g.outputs[i];
    int const root = viewed(t);
    if (constant(t)) {
      plan_weight w;
      w.tensor = t;
      w.desc = g.desc(t);
      w.infinities = true;  // nothing is computed with it: the maximum of no elements is -infinity
      add_copy(t, layout::row_major, layout::row_major, i, add_weight(w));
      return;
    }
    require(t, layout::row_major);
    bool copy = g.tensors[root].kind != tensor_kind::value;
    for (int k = 0; k < i; ++k) copy = copy || viewed(g.outputs[k]) == root;
    if (copy) add_copy(t, layout::row_major, layout::row_major, i);
  }
};

}  // namespace detail

/// Plans a graph into `out`, whose arrays hold bounds_of(graph).
/// Scratch arrays: step_of [nodes], ready [2 * tensors], consumers [tensors], life [2 * tensors].
template <class Plan>
constexpr void make_plan(graph_view g, plan_options options, Plan& out, int* step_of, bool* ready, int* consumers, buffer_life* life) {
  detail::planner<Plan> p{g, options, out, step_of, ready, consumers};
  p.run();
  if (options.band && options.fuse && !options.keep_all) detail::mark_bands(g, out);
  detail::memory_planner<Plan> m{g, options, out, life};
  m.run();
}

}  // namespace DSI_NAMESPACE

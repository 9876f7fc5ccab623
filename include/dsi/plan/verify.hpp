// SPDX-License-Identifier: MIT
// Is a plan right for a graph? Cheap enough for the compiler even where making the plan is not: nothing in the plan is trusted.
#pragma once

#include <dsi/plan/bands.hpp>
#include <dsi/plan/memory.hpp>

namespace DSI_NAMESPACE {

/// One buffer while a plan is checked: scratch of valid_plan.
struct plan_claim {
  int first = -1, last = -1;  ///< of a root: steps between which its memory is in use
  int version = -1;           ///< of a root: the step that wrote the memory last; -2: a constant or an input of the network
};

namespace detail {

struct plan_checker {
  graph_view g;
  plan_view p;
  plan_options options;
  int* written;       ///< per buffer: the step whose result it holds, -2 for network inputs, -1 for nothing yet
  plan_claim* claim;  ///< per buffer

  static constexpr bool within(int first, int count, int all) { return first >= 0 && count >= 0 && first <= all && count <= all - first; }
  static constexpr int id(plan_operand const& o) { return buffer_id(o.tensor, o.order); }
  constexpr bool constant(int tensor) const { return g.tensors[tensor].kind == tensor_kind::parameter; }
  constexpr plan_operand const& in(plan_step const& s, int i) const { return p.operands[s.first_operand + i]; }
  constexpr plan_operand const& out(plan_step const& s, int i = 0) const { return p.operands[s.first_operand + s.inputs + i]; }
  constexpr graph_node const& member(plan_step const& s, int m) const { return g.nodes[p.members[s.first_member + m]]; }
  constexpr int member_input(plan_step const& s, int m, int i) const { return g.input_of(p.members[s.first_member + m], i); }

  // ---------------------------------------------------------------- positions and counts

  /// Every position lies inside its array; steps take operands and members one after the other; every node runs once.
  constexpr bool positions_fit() const {
    if (p.step_count < 0 || p.operand_count < 0 || p.weight_count < 0 || p.member_count != g.node_count || p.buffer_count != 2 * g.tensor_count) return false;
    int members = 0, operands = 0;
    for (int s = 0; s < p.step_count; ++s) {
      plan_step const& x = p.steps[s];
      if (x.first_member != members || !within(members, x.members, p.member_count)) return false;
      if (x.first_operand != operands || x.inputs < 0 || x.outputs < 1 || !within(operands, x.inputs, p.operand_count) ||
          !within(operands + x.inputs, x.outputs, p.operand_count))
        return false;
      if (x.kind != step_kind::kernel && x.kind != step_kind::reorder && x.kind != step_kind::alias) return false;
      if (x.kind == step_kind::reorder ? x.members != 0 || x.folded != 0 : x.members < 1 || x.folded < 0 || x.folded >= x.members || x.to_output != -1) return false;
      if (x.to_output < -1 || x.to_output >= g.output_count) return false;
      members += x.members;
      operands += x.inputs + x.outputs;
    }
    if (members != p.member_count || operands != p.operand_count) return false;
    for (int n = 0; n < g.node_count; ++n) written[n] = 0;
    for (int m = 0; m < p.member_count; ++m) {
      int const n = p.members[m];
      if (n < 0 || n >= g.node_count || written[n]++ != 0) return false;
    }
    return true;
  }

  /// Bands are steps one after the other that may be one, and what is inside them lies nowhere else.
  constexpr bool bands_fit() const {
    for (int s = 0; s < p.step_count; ++s) {
      if (p.steps[s].band == 0) continue;
      int const count = p.steps[s].band;
      if (!band_finder<plan_view>{g, p}.possible(s, count)) return false;
      for (int i = 1; i < count; ++i)
        if (p.steps[s + i].band != -1) return false;
      s += count - 1;
    }
    for (int b = 0; b < p.buffer_count; ++b) {
      if (p.buffers[b].where != place::band) continue;
      bool inside = false;
      for (int s = 0; s < p.step_count; ++s) inside = inside || (in_band(s) && p.band_last(s) != s && id(out(p.steps[s])) == b);
      if (!inside) return false;
    }
    return true;
  }
  constexpr bool in_band(int s) const { return p.steps[s].band != 0; }

  constexpr bool operands_fit() const {
    for (int o = 0; o < p.operand_count; ++o) {
      plan_operand const& x = p.operands[o];
      if (x.weight < -1 || x.weight >= p.weight_count || x.tensor < -1 || x.tensor >= g.tensor_count) return false;
      if (x.weight >= 0) {
        if (x.tensor != p.weights[x.weight].tensor || x.order != p.weights[x.weight].desc.order) return false;
      } else if (x.tensor < 0 || (x.order != layout::row_major && x.order != layout::channels_last) ||
                 (x.order == layout::channels_last && g.desc(x.tensor).rank() < 3)) {
        return false;
      }
    }
    return true;
  }

  /// Weights lie one behind the other; each has the size of its layout, and a layout that its role may have.
  constexpr bool weights_fit() const {
    index free = 0;
    for (int w = 0; w < p.weight_count; ++w) {
      plan_weight const& x = p.weights[w];
      if (x.offset != free || x.tensor < -1 || x.tensor >= g.tensor_count || (x.tensor >= 0 && !constant(x.tensor))) return false;
      if (x.tensor >= 0 && (!(x.desc.extents == g.desc(x.tensor).extents) || x.desc.type != g.desc(x.tensor).type)) return false;
      if (x.tensor < 0 && (!x.bias || x.folds < 1)) return false;
      if (x.grouped && x.role != weight_role::convolution) return false;
      tensor_desc plain = x.desc;
      if (winograd_tile(x.desc.order) == 0) plain.order = layout::row_major;
      else if (x.role != weight_role::convolution || x.grouped || !can_be_winograd(x.desc)) return false;
      bool const packed = !x.channels_last && x.desc.order != layout::row_major;
      if (x.channels_last ? x.desc.order != layout::channels_last || x.role != weight_role::none || x.desc.rank() < 3
                          : packed && x.desc.order != packed_layout(plain, x.role, x.grouped))
        return false;
      if (x.bytes != (packed ? packed_size(plain, x.role, x.grouped) : plain.size()) * size_of(plain.type)) return false;
      free += round_up(larger(x.bytes, 1), static_cast<index>(alignment));
    }
    return free == p.weight_bytes;
  }

  // ---------------------------------------------------------------- what a step computes

  constexpr bool step_fits(plan_step const& s) const {
    if (s.kind == step_kind::reorder) return reorder_fits(s);
    graph_node const& last = member(s, s.members - 1);
    if (s.outputs != last.outputs) return false;
    for (int o = 0; o < s.outputs; ++o)
      if (out(s, o).weight >= 0 || out(s, o).tensor != last.first_output + o) return false;
    return s.kind == step_kind::alias ? alias_fits(s) : kernel_fits(s);
  }

  constexpr bool reorder_fits(plan_step const& s) const {
    if (s.inputs != 1 || s.outputs != 1 || out(s).weight >= 0 || in(s, 0).tensor < 0) return false;
    if (s.to_output >= 0) {
      if (out(s).order != layout::row_major || g.outputs[s.to_output] != in(s, 0).tensor) return false;
      if (in(s, 0).weight >= 0) return in(s, 0).order == layout::row_major && plain_weight(s, 0) && out(s).tensor == in(s, 0).tensor;
      return out(s).tensor == in(s, 0).tensor;
    }
    return in(s, 0).weight < 0 && out(s).tensor == in(s, 0).tensor && out(s).order != in(s, 0).order;
  }

  /// The weight is the constant as it is, in ONNX's order.
  constexpr bool plain_weight(plan_step const& s, int i) const {
    plan_weight const& w = p.weights[in(s, i).weight];
    return w.role == weight_role::none && w.folds == 0 && !w.bias && !w.channels_last;
  }

  constexpr bool alias_fits(plan_step const& s) const {
    if (s.members != 1 || s.inputs != 1 || s.outputs != 1) return false;
    graph_node const& n = member(s, 0);
    if (n.inputs != 1 || in(s, 0).tensor != member_input(s, 0, 0)) return false;
    if (in(s, 0).weight >= 0) return n.traits.view && plain_weight(s, 0);
    tensor_desc x = g.desc(in(s, 0).tensor), y = g.desc(out(s).tensor);
    x.order = in(s, 0).order;
    y.order = out(s).order;
    auto const plain = [](tensor_desc const& d) { return d.order == layout::row_major || same_in_every_layout(d.extents); };
    if (n.traits.view) return plain(x) && plain(y);
    if (!n.traits.permutes) return false;
    shape const sx = strides_of(x), sy = strides_of(y);
    for (int d = 0; d < y.rank(); ++d)
      if (y[d] != 1 && sx[n.traits.permutation[d]] != sy[d]) return false;
    return true;
  }

  /// The constant inputs of the head are packed for their role, with the folded nodes in them, and nothing else is.
  constexpr bool operand_weight_fits(plan_step const& s, int i, bool of_head) const {
    if (in(s, i).weight < 0) return true;
    plan_weight const& w = p.weights[in(s, i).weight];
    graph_node const& head = member(s, 0);
    bool const carries = of_head && s.folded > 0 && (i == 1 || i == 2);
    weight_role const role = !of_head || in(s, i).tensor < 0 ? weight_role::none : i == 1 ? head.traits.weight : i == 2 ? head.traits.weight2 : weight_role::none;
    if (w.role != role || w.folds != (carries ? s.folded : 0) || (carries && w.fold_first != s.first_member + 1) || w.bias != (carries && i == 2)) return false;
    if (winograd_tile(w.desc.order) != winograd_tile_of(s, w, of_head && i == 1)) return false;
    return w.grouped == (role == weight_role::convolution && w.desc.rank() > g.desc(member_input(s, 0, 0)).rank());
  }

  /// Outputs per side of Winograd's tiles that this weight must be packed for, 0 for none.
  constexpr int winograd_tile_of(plan_step const& s, plan_weight const& w, bool of_head) const {
    graph_node const& head = member(s, 0);
    if (!of_head || !head.traits.winograd || !options.winograd || !options.pack) return 0;
    if (in(s, 0).order != layout::channels_last || out(s).order != layout::channels_last) return 0;
    return winograd_tile(winograd_layout(w.desc, g.desc(head.first_output)));
  }

  /// What the expression starts from: the result of the head with the folded nodes in it.
  constexpr int result_of_head(plan_step const& s) const { return member(s, s.folded).first_output; }

  constexpr bool folds_fit(plan_step const& s) const {
    graph_node const& head = member(s, 0);
    if (!head.traits.foldable || head.inputs < 2 || head.inputs > 3 || head.outputs != 1) return false;
    for (int i = 1; i < head.inputs; ++i)
      if (in(s, i).weight < 0 || !is_floating(g.desc(member_input(s, 0, i)).type)) return false;
    tensor_desc const& y = g.desc(head.first_output);
    int const channel = head.traits.weight == weight_role::matrix ? y.rank() - 1 : 1;
    if (head.inputs == 2) {
      if (s.inputs < 3 || in(s, 2).weight < 0 || in(s, 2).tensor != -1) return false;
      tensor_desc const& bias = p.weights[in(s, 2).weight].desc;
      if (!(bias == tensor_desc{g.desc(member_input(s, 0, 1)).type, layout::row_major, shape(y[channel])})) return false;
    }
    for (int f = 1; f <= s.folded; ++f) {
      graph_node const& n = member(s, f);
      if (!n.traits.affine || n.outputs != 1 || n.inputs < 2 || member_input(s, f, 0) != member(s, f - 1).first_output) return false;
      if (!(g.desc(n.first_output).extents == y.extents)) return false;
      for (int i = 1; i < n.inputs; ++i) {
        tensor_desc const& d = g.desc(member_input(s, f, i));
        if (!constant(member_input(s, f, i)) || d.rank() > y.rank()) return false;
        for (int k = 0; k < d.rank(); ++k)
          if (d[k] != 1 && k + y.rank() - d.rank() != channel) return false;
      }
    }
    return true;
  }

  constexpr bool kernel_fits(plan_step const& s) const {
    graph_node const& head = member(s, 0);
    bool const anchored = !head.traits.elementwise;
    if (head.traits.view || (s.folded > 0 && !anchored) || (s.members > 1 && (head.outputs != 1 || !(anchored ? head.traits.anchor : true)))) return false;
    int args = 0;  // where the expression's inputs begin
    if (anchored) {
      args = head.inputs + (s.folded > 0 && head.inputs == 2 ? 1 : 0);
      if (s.inputs < args) return false;
      for (int i = 0; i < head.inputs; ++i)
        if (in(s, i).tensor != member_input(s, 0, i)) return false;
      if (s.folded > 0 && !folds_fit(s)) return false;
    }
    for (int i = 0; i < s.inputs; ++i) {
      bool const of_head = i < args || (!anchored && head.inputs > i && in(s, i).tensor == member_input(s, 0, i));
      if (!operand_weight_fits(s, i, of_head)) return false;
    }
    int const first = anchored ? 1 + s.folded : 0;
    shape const& extents = g.desc(anchored ? result_of_head(s) : head.first_output).extents;
    for (int i = args; i < s.inputs; ++i) {  // each is read, and stands there once
      bool used = false;
      for (int k = args; k < i; ++k)
        if (in(s, k).tensor == in(s, i).tensor) return false;
      for (int m = first; m < s.members; ++m)
        for (int k = 0; k < member(s, m).inputs; ++k) used = used || member_input(s, m, k) == in(s, i).tensor;
      if (!used) return false;
    }
    for (int m = first; m < s.members; ++m) {
      graph_node const& n = member(s, m);
      if (!n.traits.elementwise || n.outputs != 1 || !(g.desc(n.first_output).extents == extents)) return false;
      for (int k = 0; k < n.inputs; ++k)
        if (!known_inside(s, m, first, args, anchored, member_input(s, m, k))) return false;
    }
    return true;
  }
  /// Member m may read the tensor: the head's result, the result of a member before it, or an input of the expression.
  constexpr bool known_inside(plan_step const& s, int m, int first, int args, bool anchored, int tensor) const {
    if (anchored && tensor == result_of_head(s)) return true;
    for (int k = first; k < m; ++k)
      if (member(s, k).first_output == tensor) return true;
    for (int i = args; i < s.inputs; ++i)
      if (in(s, i).tensor == tensor) return true;
    return false;
  }

  // ---------------------------------------------------------------- memory

  constexpr bool places_fit() const {
    index used = 0;
    for (int b = 0; b < p.buffer_count; ++b) {
      plan_buffer const& x = p.buffers[b];
      tensor_desc const& d = g.desc(b / 2);
      if (x.where == place::none) continue;
      if (x.root < 0 || x.root >= p.buffer_count) return false;
      plan_buffer const& r = p.buffers[x.root];
      if (r.root != x.root || r.where != x.where || r.at != x.at || buffer_bytes(g.desc(x.root / 2)) < buffer_bytes(d)) return false;
      switch (x.where) {
        case place::input:
          if (x.at < 0 || x.at >= g.input_count || x.root / 2 != g.inputs[x.at]) return false;
          break;
        case place::output:
          if (x.at < 0 || x.at >= g.output_count || p.buffer(g.outputs[x.at], layout::row_major).root != x.root || g.desc(g.outputs[x.at]).bytes() < d.bytes()) return false;
          break;
        case place::arena:
          if (x.at < 0 || x.at % static_cast<index>(alignment) != 0 || x.at > p.arena_bytes || buffer_bytes(d) > p.arena_bytes - x.at) return false;
          used = larger(used, x.at + buffer_bytes(d));
          break;
        case place::weight: break;  // given by its alias step
        case place::band:
          if (x.root != b || x.at != 0) return false;
          break;
        default: return false;
      }
    }
    return used == p.arena_bytes;
  }

  constexpr void touch(int buffer, int step) const {
    plan_claim& c = claim[p.buffers[buffer].root];
    if (c.first < 0) c.first = p.band_first(step);
    c.last = p.band_last(step);
  }
  constexpr bool holds(int buffer) const {
    return p.buffers[buffer].where != place::none && written[buffer] != -1 && written[buffer] == claim[p.buffers[buffer].root].version;
  }
  /// The buffer holds what `version` wrote; so does the other memory order of the tensor where both are the same bytes.
  constexpr void mark(int buffer, int version) const {
    written[buffer] = version;
    int const other = buffer ^ 1;
    if (same_in_every_layout(g.desc(buffer / 2).extents) && p.buffers[other].where != place::none && p.buffers[other].root == p.buffers[buffer].root) written[other] = version;
  }

  /// Writing over an operand: only an elementwise result over one operand of the same elements in the same order.
  constexpr bool in_place_fits(plan_step const& s, int target) const {
    int const r = p.buffers[target].root;
    int sharing = 0;
    for (int i = 0; i < s.inputs; ++i) {
      plan_operand const& o = in(s, i);
      if (o.weight >= 0 || p.buffers[id(o)].root != r) continue;
      tensor_desc const &x = g.desc(o.tensor), &y = g.desc(target / 2);
      bool const same_order = o.order == (target % 2 == 0 ? layout::row_major : layout::channels_last) || same_in_every_layout(y.extents);
      if (s.kind != step_kind::kernel || !member(s, 0).traits.elementwise || s.outputs != 1 || !(x.extents == y.extents) || x.type != y.type || !same_order) return false;
      ++sharing;
    }
    return sharing <= 1;
  }

  /// Follows the steps: what is read was written before and is not written over since.
  constexpr bool order_holds() const {
    for (int b = 0; b < p.buffer_count; ++b) {
      written[b] = -1;
      claim[b] = {};
    }
    for (int i = 0; i < g.input_count; ++i) {
      int const b = buffer_id(g.inputs[i], layout::row_major);
      if (p.buffers[b].where != place::input || p.buffers[b].at != i || p.buffers[b].root != b) return false;
      claim[b].version = -2;
      mark(b, -2);
    }
    for (int s = 0; s < p.step_count; ++s) {
      plan_step const& x = p.steps[s];
      for (int i = 0; i < x.inputs; ++i) {
        if (in(x, i).weight >= 0) continue;
        if (i == 0 && x.band < 0) {  // the rows that the step before has just made
          if (p.buffers[id(in(x, i))].where != place::band) return false;
          continue;
        }
        if (!holds(id(in(x, i)))) return false;
        if (in_band(s) && p.buffers[id(in(x, i))].root == p.buffers[id(out(p.steps[p.band_last(s)]))].root) return false;  // written while it is read
        touch(id(in(x, i)), s);
      }
      if (x.to_output >= 0) continue;
      for (int i = 0; i < x.outputs; ++i) {
        int const b = id(out(x, i));
        plan_buffer const& to = p.buffers[b];
        if (to.where == place::none) return false;
        if (p.band_last(s) != s) {
          if (to.where != place::band) return false;
          continue;
        }
        if (x.kind == step_kind::alias) {
          if (!alias_lies_right(x, b)) return false;
          touch(b, s);
          continue;
        }
        if ((to.where != place::arena && to.where != place::output) || !in_place_fits(x, b)) return false;
        for (int k = 0; k < i; ++k)
          if (p.buffers[id(out(x, k))].root == to.root) return false;
        touch(b, s);
        claim[to.root].version = s;
        mark(b, s);
      }
    }
    return true;
  }
  constexpr bool alias_lies_right(plan_step const& s, int b) const {
    plan_buffer const& to = p.buffers[b];
    plan_operand const& from = in(s, 0);
    if (from.weight >= 0) {
      if (to.where != place::weight || to.root != b || to.at != p.weights[from.weight].offset) return false;
      claim[b].version = -2;
      mark(b, -2);
      return true;
    }
    if (to.root != p.buffers[id(from)].root) return false;
    mark(b, written[id(from)]);
    return true;
  }

  /// Every output of the network is there at the end: computed in its place, or copied there, once.
  constexpr bool outputs_hold() const {
    for (int o = 0; o < g.output_count; ++o) {
      int ways = 0;
      for (int s = 0; s < p.step_count; ++s) ways += p.steps[s].to_output == o ? 1 : 0;
      for (int b = 0; b < p.buffer_count; ++b)
        if (p.buffers[b].where == place::output && p.buffers[b].at == o && p.buffers[b].root == b) {
          ++ways;
          claim[b].last = p.step_count;
          if (!holds(buffer_id(g.outputs[o], layout::row_major))) return false;
        }
      if (ways != 1) return false;
    }
    return true;
  }

  /// No two tensors that live at the same time share bytes of the arena, except through the same root.
  constexpr bool arena_holds() const {
    for (int i = 0; i < p.buffer_count; ++i) {
      if (claim[i].first < 0 || p.buffers[i].where != place::arena) continue;
      index const begin = p.buffers[i].at, end = begin + buffer_bytes(g.desc(i / 2));
      for (int k = i + 1; k < p.buffer_count; ++k) {
        if (claim[k].first < 0 || p.buffers[k].where != place::arena) continue;
        if (claim[i].first > claim[k].last || claim[k].first > claim[i].last) continue;
        if (begin < p.buffers[k].at + buffer_bytes(g.desc(k / 2)) && p.buffers[k].at < end) return false;
      }
    }
    return true;
  }

  constexpr bool run() const {
    if (!positions_fit() || !weights_fit() || !operands_fit() || !places_fit()) return false;
    for (int s = 0; s < p.step_count; ++s)
      if (!step_fits(p.steps[s])) return false;
    return bands_fit() && order_holds() && outputs_hold() && arena_holds();
  }
};

}  // namespace detail

/// True when the plan computes the graph: positions, what each step reads and writes, packed weights, places in memory.
/// options: those it was made with; weights are packed for Winograd's kernels where they say so, and nowhere else.
/// Scratch for 2 * tensors + 1 entries each.
constexpr bool valid_plan(graph_view g, plan_view p, int* written, plan_claim* claim, plan_options options = {}) {
  return detail::plan_checker{g, p, options, written, claim}.run();
}

/// The same inside a constant expression, where it may allocate.
consteval bool valid_plan(graph_view g, plan_view p, plan_options options = {}) {
  int* written = new int[static_cast<std::size_t>(2 * g.tensor_count) + 1]{};
  auto* claim = new plan_claim[static_cast<std::size_t>(2 * g.tensor_count) + 1]{};
  bool const good = valid_plan(g, p, written, claim, options);
  delete[] written;
  delete[] claim;
  return good;
}

}  // namespace DSI_NAMESPACE

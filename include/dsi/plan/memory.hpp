// SPDX-License-Identifier: MIT
// Where every tensor lies: lifetimes, shared memory of views and in-place steps, first fit into one arena.
#pragma once

#include <dsi/plan/plan.hpp>

namespace DSI_NAMESPACE {

/// The life of one buffer, in steps.
struct buffer_life {
  int first = -1;  ///< the step that writes it; -1: never exists
  int last = -1;   ///< the last step that reads it
  index bytes = 0;
};

namespace detail {

constexpr int buffer_id(int tensor, layout order) { return 2 * tensor + (order == layout::channels_last ? 1 : 0); }

template <class Plan>
struct memory_planner {
  graph_view g;
  plan_options options;
  Plan& out;
  buffer_life* life;

  constexpr int root(int b) const {
    while (b >= 0 && out.buffers[b].root != b) b = out.buffers[b].root;
    return b;
  }
  constexpr int id(plan_operand const& o) const { return buffer_id(o.tensor, o.order); }

  constexpr void own(int b, int step, index bytes) {
    out.buffers[b].root = b;
    out.buffers[b].where = place::arena;
    life[b] = {first_of_band(&out.steps[0], step), last_of_band(&out.steps[0], step), bytes};
  }
  constexpr void share(int b, int with) {
    out.buffers[b].root = root(with);
    out.buffers[b].where = out.buffers[root(with)].where;
  }
  /// Both memory orders of a tensor that has only one order of bytes are one buffer.
  constexpr void join_orders(int tensor) {
    if (!same_in_every_layout(g.desc(tensor).extents)) return;
    int const a = 2 * tensor, b = 2 * tensor + 1;
    if (out.buffers[a].root >= 0 && out.buffers[b].root < 0) share(b, a);
    if (out.buffers[b].root >= 0 && out.buffers[a].root < 0) share(a, b);
  }

  /// The last step that reads the memory of each buffer, after views are known.
  constexpr void extend(int b, int step) {
    int const r = root(b);
    if (r >= 0 && life[r].last < step) life[r].last = step;
  }

  /// An elementwise step may write over an operand of the same size that nobody reads later.
  constexpr bool try_in_place(plan_step const& s, int step, int result) {
    if (options.keep_all || s.kind != step_kind::kernel || s.outputs != 1) return false;
    graph_node const& head = g.nodes[out.members[s.first_member]];
    if (!head.traits.elementwise) return false;
    tensor_desc const& y = g.desc(out.operands[s.first_operand + s.inputs].tensor);
    for (int i = 0; i < s.inputs; ++i) {
      plan_operand const& o = out.operands[s.first_operand + i];
      if (o.weight >= 0 || !(g.desc(o.tensor).extents == y.extents) || g.desc(o.tensor).type != y.type) continue;
      if (o.order != out.operands[s.first_operand + s.inputs].order && !same_in_every_layout(y.extents)) continue;
      int const r = root(id(o));
      if (r < 0 || out.buffers[r].where != place::arena || life[r].last != step || is_output_memory(r)) continue;
      // The other operands must not be other views of the same memory.
      bool alone = true;
      for (int k = 0; k < s.inputs; ++k)
        if (k != i && out.operands[s.first_operand + k].weight < 0 && root(id(out.operands[s.first_operand + k])) == r) alone = false;
      if (!alone) continue;
      share(result, r);
      return true;
    }
    return false;
  }
  constexpr bool is_output_memory(int r) const {
    for (int i = 0; i < g.output_count; ++i) {
      int const b = buffer_id(g.outputs[i], layout::row_major);
      if (out.buffers[b].root >= 0 && root(b) == r) return true;
    }
    return false;
  }

  /// Results of a band's steps but the last are rows in its workspace.
  constexpr bool inside_band(int step) const { return last_of_band(&out.steps[0], step) != step; }

  /// Last reads per buffer before sharing: readers of a view count for the viewed memory.
  constexpr int last_read(int step, int buffer) const {
    int last = step;
    for (int s = step + 1; s < out.step_count; ++s) {
      plan_step const& p = out.steps[s];
      for (int i = 0; i < p.inputs; ++i) {
        plan_operand const& o = out.operands[p.first_operand + i];
        if (o.weight >= 0) continue;
        bool const same = id(o) == buffer || (o.tensor == buffer / 2 && same_in_every_layout(g.desc(o.tensor).extents));
        if (!same) continue;
        int const end = last_of_band(&out.steps[0], s);
        last = end > last ? end : last;
        if (p.kind == step_kind::alias) {
          int const through = last_read(s, id(out.operands[p.first_operand + p.inputs]));
          last = through > last ? through : last;
        }
      }
    }
    return last;
  }

  constexpr void place_outputs() {
    for (int i = 0; i < g.output_count; ++i) {
      bool copied = false;
      for (int s = 0; s < out.step_count; ++s) copied = copied || out.steps[s].to_output == i;
      if (copied) continue;
      int const r = root(buffer_id(g.outputs[i], layout::row_major));
      out.buffers[r].where = place::output;
      out.buffers[r].at = i;
    }
  }

  /// First fit, largest first: O(n^2), which the compiler can take for networks written by hand.
  constexpr void place_arena() {
    int placed = 0;
    for (;;) {
      int next = -1;  // the largest buffer that has no place yet
      for (int b = 0; b < out.buffer_count; ++b)
        if (out.buffers[b].root == b && out.buffers[b].where == place::arena && out.buffers[b].at < 0 &&
            (next < 0 || life[b].bytes > life[next].bytes))
          next = b;
      if (next < 0) return;
      index at = 0;
      if (options.keep_all) {
        at = out.arena_bytes;
      } else {
        for (bool moved = placed > 0; moved;) {
          moved = false;
          for (int b = 0; b < out.buffer_count; ++b) {
            if (out.buffers[b].root != b || out.buffers[b].where != place::arena || out.buffers[b].at < 0) continue;
            bool const together = life[b].first <= life[next].last && life[next].first <= life[b].last;
            bool const overlap = out.buffers[b].at < at + life[next].bytes && at < out.buffers[b].at + life[b].bytes;
            if (together && overlap) {
              at = out.buffers[b].at + life[b].bytes;
              moved = true;
            }
          }
        }
      }
      out.buffers[next].at = at;
      ++placed;
      out.arena_bytes = larger(out.arena_bytes, at + life[next].bytes);
    }
  }

  constexpr void run() {
    for (int b = 0; b < out.buffer_count; ++b) {
      out.buffers[b] = {place::none, -1, -1};
      life[b] = {};
    }
    for (int i = 0; i < g.input_count; ++i) {
      int const b = buffer_id(g.inputs[i], layout::row_major);
      out.buffers[b] = {place::input, i, b};
      join_orders(g.inputs[i]);
    }
    for (int s = 0; s < out.step_count; ++s) {
      plan_step const& step = out.steps[s];
      if (step.to_output >= 0) continue;
      for (int i = 0; i < step.outputs; ++i) {
        plan_operand const& o = out.operands[step.first_operand + step.inputs + i];
        int const b = id(o);
        if (step.kind == step_kind::alias) {
          plan_operand const& from = out.operands[step.first_operand];
          if (from.weight >= 0) {
            out.buffers[b] = {place::weight, out.weights[from.weight].offset, b};
          } else {
            share(b, id(from));
          }
        } else if (inside_band(s)) {
          out.buffers[b] = {place::band, 0, b};
        } else {
          int last = last_read(s, b);
          // In-place needs the operand's last read to be known: life.last of its root was set when it was made.
          if (!try_in_place(step, s, b)) own(b, s, buffer_bytes(g.desc(o.tensor)));
          extend(b, last);
        }
        join_orders(o.tensor);
      }
    }
    place_outputs();
    for (int b = 0; b < out.buffer_count; ++b)
      if (out.buffers[b].root == b && out.buffers[b].where == place::arena) out.buffers[b].at = -1;
    place_arena();
    for (int b = 0; b < out.buffer_count; ++b)
      if (out.buffers[b].root >= 0 && out.buffers[b].root != b) {
        plan_buffer const& r = out.buffers[root(b)];
        out.buffers[b].where = r.where;
        out.buffers[b].at = r.at;
      }
  }
};

}  // namespace detail
}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Which steps of a plan bands of rows may go through together, and for which of them that pays.
#pragma once

#include <dsi/plan/plan.hpp>

namespace DSI_NAMESPACE::detail {

/// Looks at the steps of a plan (a plan_view or a plan under construction), by traits of their operators alone.
template <class Plan>
struct band_finder {
  graph_view g;
  Plan const& p;

  static constexpr int longest = 3;

  constexpr plan_operand const& in(int step, int i) const { return p.operands[p.steps[step].first_operand + i]; }
  constexpr plan_operand const& out(int step) const { return p.operands[p.steps[step].first_operand + p.steps[step].inputs]; }
  constexpr graph_node const& head(int step) const { return g.nodes[p.members[p.steps[step].first_member]]; }

  /// The step is a group whose rows are known, of one item, channels-last throughout: a row is a run of bytes.
  constexpr bool by_rows(int step) const {
    plan_step const& s = p.steps[step];
    if (s.kind != step_kind::kernel || s.outputs != 1 || s.inputs < 1 || in(step, 0).weight >= 0) return false;
    if (head(step).traits.elementwise || head(step).traits.rows.kernel < 1) return false;
    tensor_desc const& y = g.desc(out(step).tensor);
    if (y.rank() != 4 || y[0] != 1 || y.size() < 1 || out(step).order != layout::channels_last || in(step, 0).order != layout::channels_last) return false;
    for (int i = head(step).inputs; i < s.inputs; ++i) {  // args of the expression: whole tensors, or the same for every row
      plan_operand const& arg = in(step, i);
      if (arg.tensor == -1) continue;
      tensor_desc const& a = g.desc(arg.tensor);
      if (a.extents == y.extents) {
        if (arg.order != layout::channels_last) return false;
      } else if (a.rank() >= 2 && a[a.rank() - 2] != 1) {
        return false;
      }
    }
    return true;
  }
  /// The step's result goes to the next step's head, once, and nowhere else.
  constexpr bool feeds_next(int step) const {
    int const t = out(step).tensor;
    if (step + 1 >= p.step_count || g.is_output(t) || in(step + 1, 0).tensor != t || same_in_every_layout(g.desc(t).extents)) return false;
    int readers = 0;
    for (int o = 0; o < p.operand_count; ++o) readers += p.operands[o].tensor == t ? 1 : 0;
    return readers == 2;  // where it is made, and where it is read
  }
  /// True when `count` steps from `first` on may be a band: row by row, then a window over rows, then row by row again.
  constexpr bool possible(int first, int count) const {
    if (count < 2 || count > longest || first < 0 || first + count > p.step_count) return false;
    for (int s = first; s < first + count; ++s) {
      if (!by_rows(s) || (s + 1 < first + count && !feeds_next(s))) return false;
      if (s != first + 1 && !head(s).traits.rows.one_to_one()) return false;
    }
    return true;
  }

  /// True when keeping the result of `step` near pays: it does not fit into a second-level cache, and the next step does little
  /// with each element [Zen 4: nothing gained at 1.8 MB, 4% of both steps at 4.8 MB, half of the time at 25 MB].
  constexpr bool worth(int step, index bytes) const {
    tensor_desc const& t = g.desc(out(step).tensor);
    return t.bytes() >= bytes && head(step + 1).macs / 64 <= t.size();
  }
  /// Steps from `first` on that become a band, 0 for none.
  constexpr int length(int first) const {
    if (!possible(first, 2) || !worth(first, 2 * 1024 * 1024)) return 0;
    return possible(first, 3) && worth(first + 1, 256 * 1024) ? 3 : 2;
  }
};

template <class Plan>
constexpr void mark_bands(graph_view g, Plan& p) {
  for (int s = 0; s < p.step_count;) {
    int const n = band_finder<Plan>{g, p}.length(s);
    for (int i = 0; i < n; ++i) p.steps[s + i].band = i == 0 ? n : -1;
    s += n > 0 ? n : 1;
  }
}

}  // namespace DSI_NAMESPACE::detail

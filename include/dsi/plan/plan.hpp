// SPDX-License-Identifier: MIT
// The plan of a network as plain data: steps, operands, weights to pack, places in memory.
#pragma once

#include <dsi/graph/graph.hpp>
#include <dsi/kernel/pack.hpp>
#include <dsi/kernel/plan_options.hpp>

namespace DSI_NAMESPACE {

/// What a step does. An alias costs nothing at run time.
enum class step_kind : std::uint8_t { kernel, reorder, alias };

/// One step of a run: a fusion group, or a copy of a tensor into the other memory order or to an output.
struct plan_step {
  step_kind kind = step_kind::kernel;
  int first_member = 0;  ///< into plan_view::members: the head, `folded` affine nodes, then elementwise nodes
  int members = 0;
  int folded = 0;        ///< affine nodes whose arithmetic went into the head's weights
  int first_operand = 0; ///< into plan_view::operands: inputs, then outputs
  int inputs = 0;
  int outputs = 1;
  int to_output = -1;    ///< a reorder step whose destination is this output of the network
  int band = 0;          ///< first of so many steps that bands of rows go through together; -1: one of the others; 0: alone
};

constexpr int first_of_band(plan_step const* steps, int step) {
  while (steps[step].band < 0) --step;
  return step;
}
constexpr int last_of_band(plan_step const* steps, int step) {
  int const first = first_of_band(steps, step);
  return steps[first].band > 0 ? first + steps[first].band - 1 : step;
}

/// A tensor as a step sees it.
struct plan_operand {
  int tensor = -1;  ///< -1: a bias that exists only through folding
  layout order = layout::row_major;
  int weight = -1;  ///< into plan_view::weights when it is constant
};

/// A constant as kernels want it.
struct plan_weight {
  int tensor = -1;         ///< the parameter; -1 when folding makes a bias where there was none
  weight_role role = weight_role::none;
  bool grouped = false;
  bool channels_last = false;  ///< a full-size constant of an elementwise operator in channels_last order
  bool bias = false;           ///< the bias of the fold: shift is added, too
  bool infinities = false;     ///< an output, or an operand of elementwise operators, where a mask may hold infinities
  int fold_first = -1;         ///< first affine node folded into it (members of its step), -1 for none
  int folds = 0;
  tensor_desc desc{};          ///< canonical extents and type; order is the packed layout
  index offset = 0;            ///< into the blob's packed part
  index bytes = 0;
};

/// band: inside a band of steps, where a few rows exist at a time.
enum class place : std::uint8_t { none, input, output, arena, weight, band };

/// Where a tensor lies in one memory order.
struct plan_buffer {
  place where = place::none;
  index at = 0;       ///< arena: byte offset; input, output: its number
  int root = -1;      ///< the buffer whose memory this one shares (itself when it owns it)
};

/// The plan as passes and engines see it.
struct plan_view {
  plan_step const* steps = nullptr;
  int const* members = nullptr;
  plan_operand const* operands = nullptr;
  plan_weight const* weights = nullptr;
  plan_buffer const* buffers = nullptr;  ///< 2 per tensor: row_major, channels_last
  int step_count = 0, member_count = 0, operand_count = 0, weight_count = 0, buffer_count = 0;
  index arena_bytes = 0;
  index weight_bytes = 0;

  /// First and last step of the band that a step is in; the step itself when it is alone. They run at the same time.
  constexpr int band_first(int step) const { return first_of_band(steps, step); }
  constexpr int band_last(int step) const { return last_of_band(steps, step); }
  constexpr plan_buffer const& buffer(int tensor, layout order) const {
    return buffers[2 * tensor + (order == layout::channels_last ? 1 : 0)];
  }
};

/// A plan with its storage.
template <int Steps, int Members, int Operands, int Weights, int Buffers>
struct plan_data {
  plan_step steps[Steps > 0 ? Steps : 1]{};
  int members[Members > 0 ? Members : 1]{};
  plan_operand operands[Operands > 0 ? Operands : 1]{};
  plan_weight weights[Weights > 0 ? Weights : 1]{};
  plan_buffer buffers[Buffers > 0 ? Buffers : 1]{};
  int step_count = Steps, member_count = Members, operand_count = Operands, weight_count = Weights, buffer_count = Buffers;
  index arena_bytes = 0;
  index weight_bytes = 0;
  constexpr plan_view view() const {
    return {steps, members, operands, weights, buffers, step_count, member_count, operand_count, weight_count, buffer_count, arena_bytes, weight_bytes};
  }
};

/// Sizes of arrays that hold any plan of a graph.
struct plan_bounds {
  int steps, members, operands, weights, buffers;
};
constexpr plan_bounds bounds_of(graph_view g) {
  return {g.node_count + 2 * g.tensor_count, g.node_count, g.edge_count + 2 * g.node_count + 5 * g.tensor_count,
          g.edge_count + 2 * g.node_count, 2 * g.tensor_count};
}

/// The elements that a buffer of this description takes, for activations.
constexpr index buffer_bytes(tensor_desc const& d) { return round_up(larger(d.bytes(), 1), static_cast<index>(alignment)); }

}  // namespace DSI_NAMESPACE

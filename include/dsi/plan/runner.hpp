// SPDX-License-Identifier: MIT
// The run path: each step's kernel called on its tensors. Unrolled for small networks, from a table for large ones.
#pragma once

#include <dsi/plan/network.hpp>

namespace DSI_NAMESPACE {

/// Where one run finds everything.
struct run_frame {
  std::byte const* weights;
  std::byte* arena;
  std::byte* state;
  void const* const* in;
  void* const* out;
};

namespace detail {

/// A name as a zero-terminated constant of exactly its length.
template <class Holder>
struct name_constant {
  static constexpr std::size_t size = Holder::value.text().view().size();
  struct storage {
    char text[size + 1]{};
  };
  static constexpr storage make() {
    storage s;
    message const m = Holder::value.text();
    for (std::size_t i = 0; i < size; ++i) s.text[i] = m.view()[i];
    return s;
  }
  static constexpr storage value = make();
};
template <class Network, int Tensor>
struct tensor_name {
  static constexpr name_parts value = Network::graph.tensors[Tensor].name;
};

}  // namespace detail

/// What an observer is told after each step. A band of steps is one event. A view is a step, too: it takes no time and moves no bytes, its kernel is "view".
struct step_event {
  int step = 0;
  name_parts name{};            ///< of the tensor that the step leaves
  std::string_view operation{}; ///< the head's operator
  std::string_view kernel{};
  index macs = 0;
  index bytes = 0;              ///< read and written, weights included
  int tensor = -1;              ///< the result, as a position in the graph
  tensor_desc desc{};           ///< its description; the order says how data lies
  void const* data = nullptr;
  void const* const* results = nullptr;  ///< all results of a step with several, the first of them `data`
  int result_count = 1;
};

/// Runs a network's steps.
template <class Network>
struct runner {
  static constexpr plan_view plan = Network::plan;
  static constexpr graph_view graph = Network::graph;
  using sequence = std::make_integer_sequence<int, plan.step_count>;

  /// Above this many steps a table of functions replaces unrolled calls: equal layers then share code and the caller stays small.
  static constexpr int unrolled_steps = 24;

  /// A band runs where its first step stands.
  template <int S>
  static constexpr bool runs = plan.steps[S].kind != step_kind::alias && plan.steps[S].band >= 0;

  /// The operands of what runs at a step: of a band, all its inputs without what one step hands to the next, and the last result.
  struct step_operands {
    static constexpr int capacity = 3 * (max_inputs + 2);
    int of[capacity]{};
    int inputs = 0, outputs = 0;
  };
  static constexpr step_operands operands_of(int step) {
    step_operands o;
    int const last = plan.band_last(step);
    for (int s = step; s <= last; ++s)
      for (int i = s > step ? 1 : 0; i < plan.steps[s].inputs; ++i) o.of[o.inputs++] = plan.steps[s].first_operand + i;
    o.outputs = plan.steps[last].outputs;
    for (int i = 0; i < o.outputs; ++i) o.of[o.inputs + i] = plan.steps[last].first_operand + plan.steps[last].inputs + i;
    return o;
  }
  template <int S>
  static constexpr step_operands operands = operands_of(S);

  // ---------------------------------------------------------------- memory beside the plan's arena

  template <int S>
  static constexpr std::size_t workspace_of() {
    if constexpr (runs<S>) return Network::template kernel_at<S>::workspace;
    else return 0;
  }
  template <int S>
  static constexpr std::size_t state_of() {
    if constexpr (runs<S>) return Network::template kernel_at<S>::state;
    else return 0;
  }
  struct sizes {
    std::size_t workspace = 0;
    std::size_t state = 0;
    std::size_t state_at[plan.step_count + 1]{};
  };
  template <int... S>
  static constexpr sizes measure(std::integer_sequence<int, S...>) {
    std::size_t const scratch[]{workspace_of<S>()..., 0};
    std::size_t const kept[]{state_of<S>()..., 0};
    sizes m;
    for (int s = 0; s < plan.step_count; ++s) {
      m.workspace = scratch[s] > m.workspace ? scratch[s] : m.workspace;
      m.state_at[s] = m.state;
      m.state += (kept[s] + alignment - 1) / alignment * alignment;
    }
    return m;
  }
  static constexpr sizes memory = measure(sequence{});
  /// Tensors between steps, then the kernels' workspace.
  static constexpr std::size_t arena_bytes =
      static_cast<std::size_t>(plan.arena_bytes) + (memory.workspace + alignment - 1) / alignment * alignment;
  static constexpr std::size_t state_bytes = memory.state;

  // ---------------------------------------------------------------- steps

  template <int Operand>
  DSI_INLINE static void const* locate(run_frame const& f) {
    constexpr plan_operand o = plan.operands[Operand];
    if constexpr (o.weight >= 0) {
      return f.weights + plan.weights[o.weight].offset;
    } else {
      constexpr plan_buffer b = plan.buffer(o.tensor, o.order);
      if constexpr (b.where == place::input) return f.in[b.at];
      else if constexpr (b.where == place::output) return f.out[b.at];
      else if constexpr (b.where == place::weight) return f.weights + b.at;
      else return f.arena + b.at;
    }
  }
  template <int S, int Operand>
  DSI_INLINE static void* target(run_frame const& f) {
    if constexpr (plan.steps[S].to_output >= 0) return f.out[plan.steps[S].to_output];
    else return const_cast<void*>(locate<Operand>(f));
  }

  template <int S, class Context, int... I, int... O>
  DSI_INLINE static void step_with(run_frame const& f, Context& context, std::integer_sequence<int, I...>, std::integer_sequence<int, O...>) {
    using kernel = typename Network::template kernel_at<S>;
    void const* const in[]{locate<operands<S>.of[I]>(f)..., nullptr};
    void* const out[]{target<S, operands<S>.of[operands<S>.inputs + O]>(f)...};
    kernel::run(kernel_args{in, out}, f.arena + plan.arena_bytes, f.state + memory.state_at[S], context);
  }
  template <int S, class Context>
  DSI_INLINE static void step(run_frame const& f, Context& context) {
    if constexpr (runs<S>)
      step_with<S>(f, context, std::make_integer_sequence<int, operands<S>.inputs>{}, std::make_integer_sequence<int, operands<S>.outputs>{});
  }

  /// One function for every step with this kernel.
  template <class Kernel, class Context>
  DSI_NOINLINE static void shared_step(kernel_args args, void* scratch, void* state, Context& context) noexcept {
    Kernel::run(args, scratch, state, context);
  }

  // The table: where the operands of each step lie, one step behind the other, as data.
  struct table_operand {
    place where;
    index at;
  };
  struct operand_table {
    table_operand of[plan.operand_count + 1]{};
  };
  static constexpr operand_table make_table() {
    operand_table t;
    int at = 0;
    for (int s = 0; s < plan.step_count; ++s) {
      if (plan.steps[s].band < 0) continue;
      step_operands const list = operands_of(s);
      for (int i = 0; i < list.inputs + list.outputs; ++i) {
        plan_operand const& o = plan.operands[list.of[i]];
        table_operand& entry = t.of[at++];
        if (i >= list.inputs && plan.steps[s].to_output >= 0) {
          entry = {place::output, plan.steps[s].to_output};
        } else if (o.weight >= 0) {
          entry = {place::weight, plan.weights[o.weight].offset};
        } else {
          plan_buffer const& b = plan.buffer(o.tensor, o.order);
          entry = {b.where, b.at};
        }
      }
    }
    return t;
  }
  static constexpr int widest_step() {
    int n = 1;
    for (int s = 0; s < plan.step_count; ++s)
      if (plan.steps[s].band >= 0) n = operands_of(s).inputs > n ? operands_of(s).inputs : n;
    return n;
  }
  static void const* find(run_frame const& f, table_operand const& o) {
    switch (o.where) {
      case place::weight: return f.weights + o.at;
      case place::input: return f.in[o.at];
      case place::output: return f.out[o.at];
      default: return f.arena + o.at;
    }
  }
  template <class Context>
  using step_function = void (*)(kernel_args, void*, void*, Context&) noexcept;
  template <int S, class Context>
  static constexpr step_function<Context> function_of() {
    if constexpr (runs<S>) return &shared_step<typename Network::template kernel_at<S>, Context>;
    else return nullptr;
  }
  struct step_slot {
    int first_operand, inputs, outputs;
    std::size_t state_at;
  };
  struct slot_table {
    step_slot of[plan.step_count + 1]{};
  };
  static constexpr slot_table make_slots() {
    slot_table t;
    int at = 0;
    for (int s = 0; s < plan.step_count; ++s) {
      if (plan.steps[s].band < 0) continue;
      step_operands const list = operands_of(s);
      t.of[s] = {at, list.inputs, list.outputs, memory.state_at[s]};
      at += list.inputs + list.outputs;
    }
    return t;
  }

  template <class Context, int... S>
  static void run_table(run_frame const& f, Context& context, std::integer_sequence<int, S...>) noexcept {
    static constexpr step_function<Context> functions[]{function_of<S, Context>()..., nullptr};
    static constexpr operand_table operands = make_table();
    static constexpr slot_table slots = make_slots();
    for (int s = 0; s < plan.step_count; ++s) {
      if (functions[s] == nullptr) continue;
      step_slot const& slot = slots.of[s];
      void const* in[widest_step() + 1];
      void* out[max_outputs];
      for (int i = 0; i < slot.inputs; ++i) in[i] = find(f, operands.of[slot.first_operand + i]);
      for (int i = 0; i < slot.outputs; ++i) out[i] = const_cast<void*>(find(f, operands.of[slot.first_operand + slot.inputs + i]));
      functions[s]({in, out}, f.arena + plan.arena_bytes, f.state + slot.state_at, context);
    }
  }
  template <class Context, int... S>
  DSI_INLINE static void run_unrolled(run_frame const& f, Context& context, std::integer_sequence<int, S...>) noexcept {
    (step<S>(f, context), ...);
  }

  /// One run.
  template <class Context>
  static void run(run_frame const& f, Context& context) noexcept {
    if constexpr (plan.step_count <= unrolled_steps) run_unrolled(f, context, sequence{});
    else run_table(f, context, sequence{});
  }

  // ---------------------------------------------------------------- observed runs

  template <int S>
  static constexpr std::string_view kernel_name() {
    if constexpr (runs<S>) return Network::template kernel_at<S>::name;
    else return "view";
  }
  template <int S>
  static constexpr step_event event_of() {
    constexpr plan_step s = plan.steps[S];
    constexpr plan_operand result = plan.operands[operands<S>.of[operands<S>.inputs]];
    step_event e;
    e.step = S;
    e.tensor = result.tensor;
    e.name = graph.tensors[e.tensor].name;
    e.desc = graph.desc(e.tensor);
    e.desc.order = result.order;
    if constexpr (s.kind == step_kind::reorder) {
      e.operation = "reorder";
    } else {
      e.operation = op_value_t<type_at<typename Network::operators, graph.nodes[plan.members[s.first_member]].op>>::name;
      for (int b = S; b <= plan.band_last(S); ++b)
        for (int m = 0; m < plan.steps[b].members; ++m) e.macs += graph.nodes[plan.members[plan.steps[b].first_member + m]].macs;
    }
    e.kernel = kernel_name<S>();
    for (int i = 0; i < operands<S>.inputs + operands<S>.outputs; ++i) {
      plan_operand const& o = plan.operands[operands<S>.of[i]];
      e.bytes += o.weight >= 0 ? plan.weights[o.weight].bytes : graph.desc(o.tensor).bytes();
    }
    if constexpr (!runs<S>) e.bytes = 0;
    return e;
  }
  template <int S, class Context, class Observer>
  static void observed_step(run_frame const& f, Context& context, Observer& observer) {
    constexpr step_operands const& list = operands<S>;
    observer.before(S);
    step<S>(f, context);
    constexpr step_event known = event_of<S>();  // no table of the graph stays in the binary
    step_event e = known;
    void const* results[list.outputs];
    [&]<int... O>(std::integer_sequence<int, O...>) { ((results[O] = target<S, operands<S>.of[operands<S>.inputs + O]>(f)), ...); }(std::make_integer_sequence<int, list.outputs>{});
    e.data = results[0];
    e.results = results;
    e.result_count = list.outputs;
    using name = detail::name_constant<detail::tensor_name<Network, plan.operands[operands<S>.of[operands<S>.inputs]].tensor>>;
    observer.after(e, name::value.text, kernel_name<S>().data());
  }
  template <int S, class Context, class Observer>
  static constexpr auto observed_function() -> void (*)(run_frame const&, Context&, Observer&) {
    if constexpr (plan.steps[S].band >= 0) return &observed_step<S, Context, Observer>;
    else return nullptr;
  }
  template <class Context, class Observer, int... S>
  static void run_observed_all(run_frame const& f, Context& context, Observer& observer, std::integer_sequence<int, S...>) {
    using call = void (*)(run_frame const&, Context&, Observer&);
    static constexpr call calls[]{observed_function<S, Context, Observer>()..., nullptr};
    for (int s = 0; s < plan.step_count; ++s)
      if (calls[s] != nullptr) calls[s](f, context, observer);
  }
  /// One run with observer.before(step) and observer.after(step_event, name, kernel) around every step; the texts are
  /// zero-terminated constants. Values are those of run().
  template <class Context, class Observer>
  static void run_observed(run_frame const& f, Context& context, Observer& observer) {
    run_observed_all(f, context, observer, sequence{});
  }

  // ---------------------------------------------------------------- state

  template <int S>
  static void reset_step(std::byte* state) noexcept {
    if constexpr (runs<S>) {
      using kernel = typename Network::template kernel_at<S>;
      if constexpr (requires { kernel::reset(static_cast<void*>(state)); }) kernel::reset(static_cast<void*>(state + memory.state_at[S]));
    }
  }
  template <int... S>
  static void reset_all(std::byte* state, std::integer_sequence<int, S...>) noexcept {
    using call = void (*)(std::byte*) noexcept;
    static constexpr call calls[]{&reset_step<S>..., nullptr};
    for (int s = 0; s < plan.step_count; ++s) calls[s](state);
  }
  static void reset([[maybe_unused]] std::byte* state) noexcept {
    if constexpr (state_bytes > 0) {
      for (std::size_t i = 0; i < state_bytes; ++i) state[i] = std::byte{};
      reset_all(state, sequence{});
    }
  }
};

}  // namespace DSI_NAMESPACE

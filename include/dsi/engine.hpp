// SPDX-License-Identifier: MIT
// An engine runs a network: it owns scratch memory and state, refers to weights, and run() does nothing but compute.
#pragma once

#include <concepts>
#include <span>

#include <dsi/parallel/serial.hpp>
#include <dsi/plan/runner.hpp>
#include <dsi/weights.hpp>

namespace DSI_NAMESPACE {

namespace detail {

/// run() with one span per input and output, in ONNX's order and types.
template <class Self, class Network, class Inputs, class Outputs>
struct engine_io;
template <class Self, class Network, int... I, int... O>
struct engine_io<Self, Network, std::integer_sequence<int, I...>, std::integer_sequence<int, O...>> {
  template <int K>
  static constexpr tensor_desc input_desc = Network::graph.desc(Network::graph.inputs[K]);
  template <int K>
  static constexpr tensor_desc output_desc = Network::graph.desc(Network::graph.outputs[K]);

  /// Computes the outputs from the inputs: flat, in ONNX's order and layout.
  /// Errors    none
  /// Memory    allocates nothing, locks nothing, makes no system call
  /// Aliasing  outputs must not overlap inputs or each other
  void run(std::span<storage_t<input_desc<I>.type> const, static_cast<std::size_t>(input_desc<I>.size())>... in,
           std::span<storage_t<output_desc<O>.type>, static_cast<std::size_t>(output_desc<O>.size())>... out) noexcept {
    void const* const x[]{in.data()..., nullptr};
    void* const y[]{out.data()..., nullptr};
    static_cast<Self*>(this)->run_pointers(x, y);
  }
  /// The same; calls f(step_event const&) after every step. An f with before(int) and after(step_event, name, kernel) is told
  /// of both ends of a step, so that it can take the time.
  template <class F>
  void observe(F&& f, std::span<storage_t<input_desc<I>.type> const, static_cast<std::size_t>(input_desc<I>.size())>... in,
               std::span<storage_t<output_desc<O>.type>, static_cast<std::size_t>(output_desc<O>.size())>... out) {
    void const* const x[]{in.data()..., nullptr};
    void* const y[]{out.data()..., nullptr};
    static_cast<Self*>(this)->observe_pointers(x, y, f);
  }
};

}  // namespace detail

/// Runs Model on Backend. Storage: heap_storage, static_storage<Tag> or inline_storage. Team: a thread policy, which the engine
/// owns, or a reference to one (my_pool&), which outlives the engine and may serve several, one run at a time.
template <class Model, class Backend = simd_backend<>, class Storage = heap_storage, class Team = serial>
class engine : public detail::engine_io<engine<Model, Backend, Storage, Team>, network<Model, Backend>,
                                        std::make_integer_sequence<int, Model::description.view().input_count>,
                                        std::make_integer_sequence<int, Model::description.view().output_count>> {
  static_assert(thread_policy<std::remove_reference_t<Team>>, "dsi::engine: Team must be a thread policy (parallel/thread_policy.hpp), or a reference to one");

 public:
  using network_type = network<Model, Backend>;
  using runner_type = runner<network_type>;
  using weights_type = weights<Model, Backend>;
  static constexpr std::size_t state_bytes = runner_type::state_bytes;

  /// Uses weights, which must outlive the engine. The team is made in place from what follows: nothing, a team to move from,
  /// the arguments of its constructor, or the pool that Team refers to. With heap_storage this allocates once; without memory it
  /// throws bad_alloc (ends the program under -fno-exceptions).
  template <class... TeamArgs>
    requires std::is_constructible_v<Team, TeamArgs...>
  explicit engine(weights_type const& w, TeamArgs&&... team) : weights_(w.data()), team_(std::forward<TeamArgs>(team)...) {
    if (memory_.data() == nullptr) out_of_memory();
    reset();
  }
  template <class... TeamArgs>
  explicit engine(weights_type const&&, TeamArgs&&...) = delete;  // the weights would be gone before the first run
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  /// Other weights from now on. Not during run().
  void bind(weights_type const& w) noexcept { weights_ = w.data(); }
  void bind(weights_type const&&) = delete;

  /// Recurrent state back to its start values.
  void reset() noexcept { runner_type::reset(state()); }
  /// Copies the state out, and back in. Saved bytes fit any engine of the same model and backend.
  void save(std::span<std::byte, state_bytes> to) const noexcept {
    if constexpr (state_bytes > 0) std::memcpy(to.data(), const_cast<engine*>(this)->state(), state_bytes);
  }
  void restore(std::span<std::byte const, state_bytes> from) noexcept {
    if constexpr (state_bytes > 0) std::memcpy(state(), from.data(), state_bytes);
  }
  std::remove_reference_t<Team>& team() noexcept { return team_; }

  void run_pointers(void const* const* in, void* const* out) noexcept {
    check_overlap(in, out);
    context_type context{team_};
    runner_type::run(frame(in, out), context);
  }
  template <class Observer>
  void observe_pointers(void const* const* in, void* const* out, Observer&& observer) {
    check_overlap(in, out);
    context_type context{team_};
    if constexpr (requires { observer.before(0); }) {
      runner_type::run_observed(frame(in, out), context, observer);
    } else {
      struct only_after {
        std::remove_reference_t<Observer>& call;
        void before(int) {}
        void after(step_event const& e, char const*, char const*) { call(e); }
      } adapted{observer};
      runner_type::run_observed(frame(in, out), context, adapted);
    }
  }

 private:
  using context_type = run_context<std::remove_reference_t<Team>>;
  static constexpr std::size_t arena_bytes = runner_type::arena_bytes;
  /// Outputs are written while inputs are still read.
  static void check_overlap([[maybe_unused]] void const* const* in, [[maybe_unused]] void* const* out) noexcept {
#if defined(DSI_CHECKED)
    constexpr graph_view g = network_type::graph;
    auto const apart = [](void const* a, index m, void const* b, index n) {
      auto const x = reinterpret_cast<std::uintptr_t>(a), y = reinterpret_cast<std::uintptr_t>(b);
      return x + static_cast<std::uintptr_t>(m) <= y || y + static_cast<std::uintptr_t>(n) <= x;
    };
    for (int o = 0; o < g.output_count; ++o) {
      for (int i = 0; i < g.input_count; ++i) DSI_CHECK(apart(out[o], g.desc(g.outputs[o]).bytes(), in[i], g.desc(g.inputs[i]).bytes()), "run: an output overlaps an input");
      for (int k = 0; k < o; ++k) DSI_CHECK(apart(out[o], g.desc(g.outputs[o]).bytes(), out[k], g.desc(g.outputs[k]).bytes()), "run: two outputs overlap");
    }
#endif
  }
  std::byte* state() noexcept { return memory_.data() + arena_bytes; }
  run_frame frame(void const* const* in, void* const* out) noexcept { return {weights_, memory_.data(), state(), in, out}; }

  std::byte const* weights_;
  typename Storage::template block<arena_bytes + state_bytes> memory_;
  [[no_unique_address]] Team team_;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// A backend watched by another one: every step runs on both, with the same inputs, and what they leave is compared.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include <dsi/backend/adapters.hpp>
#include <dsi/backend/default_backend.hpp>
#include <dsi/engine.hpp>

namespace DSI_NAMESPACE {

/// Names the backend under test and the one that judges it: engine<mlp, checked<simd_backend<>, reference_backend>>.
template <class Backend, class Reference = reference_backend>
struct checked : Backend {};

/// How far two results may be apart: |actual - expected| <= absolute + relative * |expected|; NaN and infinities must agree.
struct check_tolerance {
  double relative = 1e-4;
  double absolute = 1e-6;
};

/// What the comparison of one step found.
struct step_check {
  step_event event;        ///< the step on the backend under test: tensor, operator, kernel, cost
  index beyond = 0;        ///< elements beyond the tolerance
  index at = 0;            ///< the worst element, flat in ONNX's order
  double actual = 0, expected = 0;  ///< its values
  double worst = 0;        ///< |actual - expected| there as a multiple of what is allowed; infinity when only one is a number
};

namespace detail {

inline double value_as_double(dtype t, void const* data, index i) {
  return visit_dtype(t, [&](auto zero) {
    using T = decltype(zero);
    T const v = static_cast<T const*>(data)[i];
    if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) return static_cast<double>(static_cast<float>(v));  // half, bfloat16
    else return static_cast<double>(v);
  });
}

/// Compares two tensors of one description; the flat position is in ONNX's order whatever the memory order.
inline void compare_tensors(tensor_desc const& d, void const* actual, void const* expected, check_tolerance allowed, step_check& found) {
  shape const stride = strides_of(d);
  index at[max_rank]{};
  for (index flat = 0; flat < d.size(); ++flat) {
    index offset = 0;
    for (int k = 0; k < d.rank(); ++k) offset += at[k] * stride[k];
    double const a = value_as_double(d.type, actual, offset), b = value_as_double(d.type, expected, offset);
    double apart = std::abs(a - b) / (allowed.absolute + allowed.relative * std::abs(b));
    if (a == b || (std::isnan(a) && std::isnan(b))) apart = 0;
    else if (std::isnan(apart) || std::isinf(a) || std::isinf(b)) apart = INFINITY;
    found.beyond += apart > 1 ? 1 : 0;
    if (apart > found.worst) {
      found.worst = apart;
      found.at = flat;
      found.actual = a;
      found.expected = b;
    }
    for (int k = d.rank() - 1; k >= 0 && ++at[k] == d[k]; --k) at[k] = 0;
  }
}

}  // namespace detail

/// Runs Model on Backend, and each step a second time on Reference with the inputs that it had on Backend: a wrong kernel is
/// found where it is, not where its error has spread to. The results are Backend's. For tests: it allocates when constructed
/// and is as slow as the reference.
template <class Model, class Backend, class Reference, class Storage, class Team>
class engine<Model, checked<Backend, Reference>, Storage, Team>
    : public detail::engine_io<engine<Model, checked<Backend, Reference>, Storage, Team>, network<Model, Backend>,
                               std::make_integer_sequence<int, Model::description.view().input_count>,
                               std::make_integer_sequence<int, Model::description.view().output_count>> {
  using judge_network = network<Model, with_options<Reference, Backend::options>>;  // the same plan
  using judge = runner<judge_network>;
  static constexpr graph_view graph = judge_network::graph;
  static constexpr plan_view plan = judge_network::plan;

 public:
  using weights_type = weights<Model, Backend>;

  template <class... TeamArgs>
    requires std::is_constructible_v<Team, TeamArgs...>
  explicit engine(weights_type const& w, check_tolerance allowed = {}, TeamArgs&&... team)
      : engine_(w, std::forward<TeamArgs>(team)...), weights_(w.data()), allowed_(allowed), checks_(static_cast<std::size_t>(plan.step_count)) {
    static_assert(network<Model, Backend>::plan.step_count == plan.step_count && network<Model, Backend>::plan.arena_bytes == plan.arena_bytes,
                  "dsi::checked: both backends must run the same plan");
    if (memory_.data() == nullptr) out_of_memory();
    for (int o = 0; o < graph.output_count; ++o) outputs_.emplace_back(static_cast<std::size_t>(graph.desc(graph.outputs[o]).bytes()));
    reset();
  }
  template <class... TeamArgs>
  explicit engine(weights_type const&&, TeamArgs&&...) = delete;

  /// What the last run found, a check for every step that runs a kernel.
  std::span<step_check const> checks() const noexcept { return {checks_.data(), count_}; }
  /// The first step beyond the tolerance in the last run; nullptr when all is well.
  step_check const* first_departure() const noexcept {
    for (step_check const& c : checks())
      if (c.beyond > 0) return &c;
    return nullptr;
  }
  void bind(weights_type const& w) noexcept {
    engine_.bind(w);
    weights_ = w.data();
  }
  void bind(weights_type const&&) = delete;
  void reset() noexcept {
    engine_.reset();
    judge::reset(memory_.data() + judge::arena_bytes);
  }

  void run_pointers(void const* const* in, void* const* out) noexcept {
    void* mine[graph.output_count > 0 ? graph.output_count : 1]{};
    for (int o = 0; o < graph.output_count; ++o) mine[o] = outputs_[static_cast<std::size_t>(o)].data();
    run_frame const frame{weights_, memory_.data(), memory_.data() + judge::arena_bytes, in, mine};
    count_ = 0;
    engine_.observe_pointers(in, out, [&](step_event const& e) {
      if (plan.steps[e.step].kind == step_kind::alias) return;
      step_check& found = checks_[count_++];
      found = {.event = e};
      repeat_step(e, frame, found);
    });
  }

 private:
  void repeat_step(step_event const& e, run_frame const& frame, step_check& found) {
    using call = void (*)(step_event const&, run_frame const&, check_tolerance, step_check&);
    static constexpr auto calls = []<int... S>(std::integer_sequence<int, S...>) {
      struct table {
        call of[sizeof...(S) + 1];
      };
      return table{{&repeat<S>..., nullptr}};
    }(typename judge::sequence{});
    calls.of[e.step](e, frame, allowed_, found);
  }
  template <int S>
  static void repeat(step_event const& e, run_frame const& frame, check_tolerance allowed, step_check& found) {
    if constexpr (judge::template runs<S>) {
      serial team;
      run_context<serial> context{team};
      judge::template step<S>(frame, context);
      repeat_outputs<S>(e, frame, allowed, found, std::make_integer_sequence<int, judge::template operands<S>.outputs>{});
    }
  }
  template <int S, int... O>
  static void repeat_outputs(step_event const& e, run_frame const& frame, check_tolerance allowed, step_check& found, std::integer_sequence<int, O...>) {
    (repeat_output<S, judge::template operands<S>.of[judge::template operands<S>.inputs + O], O>(e, frame, allowed, found), ...);
  }
  template <int S, int Operand, int O>
  static void repeat_output(step_event const& e, run_frame const& frame, check_tolerance allowed, step_check& found) {
    constexpr tensor_desc d = detail::operand_desc<judge_network, Operand>::value;
    void* const mine = judge::template target<S, Operand>(frame);
    detail::compare_tensors(d, e.results[O], mine, allowed, found);
    std::memcpy(mine, e.results[O], static_cast<std::size_t>(d.bytes()));  // the next steps start from the same values on both
  }

  engine<Model, Backend, Storage, Team> engine_;
  std::byte const* weights_;
  check_tolerance allowed_;
  typename heap_storage::template block<judge::arena_bytes + judge::state_bytes> memory_;
  std::vector<std::vector<std::byte>> outputs_;
  std::vector<step_check> checks_;
  std::size_t count_ = 0;
};

}  // namespace DSI_NAMESPACE

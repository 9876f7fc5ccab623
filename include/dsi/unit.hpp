// SPDX-License-Identifier: MIT
// One compiled unit of a network: its models on this translation unit's instruction set, behind the plain table of embedded.hpp.
#pragma once

#include <time.h>

#include <dsi/dsi.hpp>
#include <dsi/embedded.hpp>

namespace DSI_NAMESPACE {

/// A model for one batch size.
template <index Batch, class Model>
struct sized_network {
  static constexpr index batch = Batch;
  using model = Model;
};

namespace detail {

template <class Network, int Tensor>
constexpr embed::tensor_info info_of() {
  embed::tensor_info t;
  t.name = name_constant<tensor_name<Network, Tensor>>::value.text;
  constexpr tensor_desc d = Network::graph.desc(Tensor);
  t.dtype = static_cast<std::uint8_t>(d.type);
  t.rank = static_cast<std::uint8_t>(d.rank());
  for (int i = 0; i < d.rank(); ++i) t.dims[i] = d[i];
  return t;
}

/// The functions and constants of one model in a unit.
template <class Backend, class Team, class Model>
struct unit_network {
  using network_type = network<Model, Backend>;
  using runner_type = runner<network_type>;
  static constexpr graph_view graph = network_type::graph;
  static constexpr std::size_t data_offset = static_cast<std::size_t>(blob_data_offset(network_type::plan));

  template <class Sequence>
  struct ports;
  template <int... I>
  struct ports<std::integer_sequence<int, I...>> {
    static constexpr embed::tensor_info inputs[sizeof...(I) + 1]{info_of<network_type, graph.inputs[I]>()..., {}};
  };
  template <class Sequence>
  struct results;
  template <int... I>
  struct results<std::integer_sequence<int, I...>> {
    static constexpr embed::tensor_info outputs[sizeof...(I) + 1]{info_of<network_type, graph.outputs[I]>()..., {}};
  };

  static int check(void const* blob, std::size_t size, embed::check_depth depth, char* text, std::size_t text_size) noexcept {
    auto const bytes = std::span(static_cast<std::byte const*>(blob), size);
    auto const good = depth == embed::check_depth::full ? check_blob(bytes, network_type::structure, network_type::plan)
                                                        : check_blob_header(bytes, network_type::structure, network_type::plan);
    if (good) return 0;
    std::string_view const why = good.error().what.view();
    for (std::size_t i = 0; i < text_size; ++i) text[i] = i + 1 < text_size && i < why.size() ? why[i] : '\0';
    return 1 + static_cast<int>(good.error().code);
  }
  static void reset(void* state) noexcept { runner_type::reset(static_cast<std::byte*>(state)); }
  static run_frame frame(void const* blob, void* arena, void* state, void const* const* in, void* const* out) noexcept {
    return {static_cast<std::byte const*>(blob) + data_offset, static_cast<std::byte*>(arena), static_cast<std::byte*>(state), in, out};
  }
  static void run(void const* blob, void* arena, void* state, void* threads, void const* const* in, void* const* out) noexcept {
    if constexpr (std::is_empty_v<Team>) {
      Team team;
      run_context<Team> context{team};
      runner_type::run(frame(blob, arena, state, in, out), context);
    } else {
      run_context<Team> context{*static_cast<Team*>(threads)};
      runner_type::run(frame(blob, arena, state, in, out), context);
    }
  }

  struct forward_events {
    embed::observer_function observer;
    void* user;
    timespec begin{};
    void before(int) noexcept { clock_gettime(CLOCK_MONOTONIC, &begin); }
    void after(step_event const& e, char const* name, char const* kernel) noexcept {
      timespec end;
      clock_gettime(CLOCK_MONOTONIC, &end);
      embed::event out;
      out.index = e.step;
      out.name = name;
      out.kernel = kernel;
      out.macs = e.macs;
      out.bytes = e.bytes;
      out.nanoseconds = (end.tv_sec - begin.tv_sec) * std::int64_t{1'000'000'000} + (end.tv_nsec - begin.tv_nsec);
      out.data = e.data;
      out.results = e.results;
      out.result_count = e.result_count;
      out.channels_last = e.desc.order == layout::channels_last;
      out.info.name = name;
      out.info.dtype = static_cast<std::uint8_t>(e.desc.type);
      out.info.rank = static_cast<std::uint8_t>(e.desc.rank());
      for (int i = 0; i < e.desc.rank(); ++i) out.info.dims[i] = e.desc[i];
      observer(user, &out);
    }
  };
  static void run_observed(void const* blob, void* arena, void* state, void* threads, void const* const* in, void* const* out,
                           embed::observer_function observer, void* user) noexcept {
    forward_events events{observer, user};
    if constexpr (std::is_empty_v<Team>) {
      Team team;
      run_context<Team> context{team};
      runner_type::run_observed(frame(blob, arena, state, in, out), context, events);
    } else {
      run_context<Team> context{*static_cast<Team*>(threads)};
      runner_type::run_observed(frame(blob, arena, state, in, out), context, events);
    }
  }

  static constexpr embed::network table(index batch) {
    embed::network n;
    n.batch = batch;
    n.arena_bytes = runner_type::arena_bytes;
    n.state_bytes = runner_type::state_bytes;
    n.structure_hash = network_type::structure;
    n.macs = static_cast<std::uint64_t>(macs(graph));
    n.inputs = ports<std::make_integer_sequence<int, graph.input_count>>::inputs;
    n.input_count = graph.input_count;
    n.outputs = results<std::make_integer_sequence<int, graph.output_count>>::outputs;
    n.output_count = graph.output_count;
    n.check = &check;
    n.reset = &reset;
    n.run = &run;
    n.run_observed = &run_observed;
    return n;
  }
};

template <class Backend, class Team, class... Sized>
struct unit_tables {
  static constexpr embed::network networks[]{unit_network<Backend, Team, typename Sized::model>::table(Sized::batch)...};
};

template <class Team>
struct unit_threads {
  static void start(void* p) noexcept { ::new (p) Team(); }
  static void stop(void* p) noexcept { static_cast<Team*>(p)->~Team(); }
  static void park(void* p) noexcept { static_cast<Team*>(p)->park(); }
  static void unpark(void* p) noexcept { static_cast<Team*>(p)->unpark(); }
};

}  // namespace detail

/// The table of a unit: the given models on Backend, with Team's threads.
template <class Backend, class Team, class... Sized>
consteval embed::unit make_unit(char const* isa) {
  embed::unit u;
  u.isa = isa;
  u.networks = detail::unit_tables<Backend, Team, Sized...>::networks;
  u.network_count = static_cast<int>(sizeof...(Sized));
  if constexpr (!std::is_empty_v<Team>) {
    u.threads_bytes = sizeof(Team);
    u.threads_start = &detail::unit_threads<Team>::start;
    u.threads_stop = &detail::unit_threads<Team>::stop;
    if constexpr (parkable<Team>) {
      u.park = &detail::unit_threads<Team>::park;
      u.unpark = &detail::unit_threads<Team>::unpark;
    }
  }
  return u;
}

}  // namespace DSI_NAMESPACE

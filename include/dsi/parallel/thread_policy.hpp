// SPDX-License-Identifier: MIT
// What a thread policy is, and how it cuts a loop: the same ranges on every run and every machine.
#pragma once

#include <concepts>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// Half-open range of loop indices.
struct index_range {
  index first = 0;
  index last = 0;
  constexpr bool empty() const { return first >= last; }
  constexpr bool operator==(index_range const&) const = default;
};

/// The most threads a policy may have.
inline constexpr int max_threads = 1024;

/// Part `which` of [0, count) cut into `parts` contiguous ranges, whose lengths differ by at most one, the longer ones
/// first. A function of its arguments alone: every policy uses it, so that results do not depend on timing.
/// For count < parts, the parts from `count` on are empty.
constexpr index_range part_of(index count, int parts, int which) {
  index const quotient = count / parts;
  index const remainder = count % parts;
  index const first = which * quotient + smaller(which, remainder);
  return {first, first + quotient + (which < remainder ? 1 : 0)};
}

namespace detail {
struct probe_body {
  void operator()(index first, index last) const noexcept;
};
}  // namespace detail

/// A team of threads that runs loops. The policy type is the team: an engine owns one object of it and hands a
/// reference to its kernels.
///
/// size()                  threads in all, the caller among them; 1 <= size() <= max_threads; does not change
/// for_each(count, body)   calls body(first, last) exactly once for every part_of(count, size(), i) that is not empty,
///                         in any order, from any thread of the team, and returns when all have returned; what the
///                         bodies wrote is visible to the caller, what the caller wrote before is visible to the bodies
///
/// Body     called through a const reference by several threads at once; throws nothing
/// Caller   one thread at a time; no for_each of the same team inside a body (checked when DSI_CHECKED)
/// Scratch  for_each(size(), body) calls body(i, i + 1) for every i < size(): i numbers the scratch buffers, and
///          part_of(count, size(), i) is the share of the work. No two calls share an i.
///
/// A pool of your own takes part through a type of that form:
///
///   struct my_threads {
///     my_pool* pool;
///     int size() const noexcept { return pool->threads(); }
///     template <class Body>
///     void for_each(dsi::index count, Body body) noexcept {
///       pool->run_on_all([&](int i) {
///         auto [first, last] = dsi::part_of(count, size(), i);
///         if (first < last) body(first, last);
///       });
///     }
///   };
///   static_assert(dsi::thread_policy<my_threads>);
///
/// Whether a run then allocates, locks or makes system calls is up to the pool.
/// Example  tests/parallel/team_test.cpp [user-pool]
template <class T>
concept thread_policy = requires(T& team, T const& constant, index count, detail::probe_body body) {
  { constant.size() } noexcept -> std::same_as<int>;
  { team.for_each(count, body) } noexcept -> std::same_as<void>;
};

/// A policy whose helpers can be put to sleep between runs. park() and unpark() are called outside for_each by the
/// thread that calls for_each, and may make system calls. A parked team still runs every loop, in the same parts.
template <class T>
concept parkable = thread_policy<T> && requires(T& team) {
  { team.park() } noexcept;
  { team.unpark() } noexcept;
};

static_assert(part_of(10, 4, 0) == index_range{0, 3} && part_of(10, 4, 1) == index_range{3, 6});
static_assert(part_of(10, 4, 2) == index_range{6, 8} && part_of(10, 4, 3) == index_range{8, 10});
static_assert(part_of(2, 4, 1) == index_range{1, 2} && part_of(2, 4, 2).empty() && part_of(0, 4, 0).empty());

}  // namespace DSI_NAMESPACE

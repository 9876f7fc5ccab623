// SPDX-License-Identifier: MIT
// Runs the kernel of one problem on its own, without a network around it: any element types, any memory orders, cheap to compile.
#pragma once

#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/backend/simd/backend.hpp>
#include <dsi/parallel/serial.hpp>
#include <dsi/tensor/storage.hpp>

namespace conformance {

using dsi::index;
using dsi::layout;
using backend = dsi::simd_backend<>;

namespace detail {
template <class Op, layout Order, class... In>
struct direct {
  static constexpr dsi::tensor_desc in[]{In::desc...};
  static constexpr dsi::inferred inferred = dsi::op_value<Op>().infer({in, static_cast<int>(sizeof...(In))});
  static_assert(inferred.reason == dsi::invalid::none);
  template <int O>
  struct output {
    static constexpr dsi::tensor_desc value = [] {
      dsi::tensor_desc d = inferred.out[O];
      d.order = d.rank() >= 3 ? Order : layout::row_major;
      return d;
    }();
  };
  template <int... O>
  static dsi::tensor_list<dsi::tensor_of<output<O>>...> list(std::integer_sequence<int, O...>);
  using outputs = decltype(list(std::make_integer_sequence<int, inferred.count>{}));
};
}  // namespace detail

/// The problem of operator Op (elementwise ones become Operation = map<...>) on tensors In; outputs in memory order Order.
template <class Op, layout Order, class... In>
using problem_of = dsi::problem<Op, dsi::tensor_list<In...>, typename detail::direct<Op, Order, In...>::outputs>;
template <class Op, class Expression, layout Order, class... In>
using mapped = dsi::problem<dsi::map<Expression>, dsi::tensor_list<In...>, typename detail::direct<Op, Order, In...>::outputs>;

/// Loops in three parts, the last one first, in the caller.
struct three_parts {
  static constexpr int size() noexcept { return 3; }
  template <class Body>
  void for_each(index count, Body body) const noexcept {
    for (int i = 2; i >= 0; --i)
      if (auto const part = dsi::part_of(count, 3, i); !part.empty()) body(part.first, part.last);
  }
};

/// A tensor's elements as bytes, one byte off any alignment and with guards on both sides.
struct guarded {
  static constexpr std::size_t margin = 129;
  std::vector<unsigned char> bytes;
  std::size_t size;
  explicit guarded(index n) : bytes(2 * margin + static_cast<std::size_t>(n), 0x5a), size(static_cast<std::size_t>(n)) {}
  template <class T>
  guarded(index count, T const* from) : guarded(count * static_cast<index>(sizeof(T))) {
    std::memcpy(data(), from, size);
  }
  /// Aligned for T alone, hence for no vector.
  unsigned char* data() { return bytes.data() + margin + (8 - (reinterpret_cast<std::uintptr_t>(bytes.data()) + margin) % 8); }
  bool intact() {
    std::size_t const first = static_cast<std::size_t>(data() - bytes.data());
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if ((i < first || i >= first + size) && bytes[i] != 0x5a) return false;
    return true;
  }
  bool operator==(guarded& other) { return size == other.size && std::memcmp(data(), other.data(), size) == 0; }
  template <class T>
  T at(std::size_t i) {
    T v;
    std::memcpy(&v, data() + i * sizeof(T), sizeof(T));
    return v;
  }
};

/// Values for an input: random bytes that are no NaN for floats, 0 or 1 for bool.
inline guarded random_values(dsi::tensor_desc const& d, unsigned seed) {
  std::mt19937 g(seed);
  guarded v(d.bytes());
  dsi::visit_dtype(d.type, [&](auto zero) {
    using T = decltype(zero);
    for (index i = 0; i < d.size(); ++i) {
      int const n = static_cast<int>(g() % 201) - 100;
      T x;
      if constexpr (std::is_same_v<T, bool>) x = n > 0;
      else if constexpr (std::is_integral_v<T>) x = static_cast<T>(n);
      else x = T(static_cast<float>(n) / 8);
      std::memcpy(v.data() + i * static_cast<index>(sizeof(T)), &x, sizeof(T));
    }
  });
  return v;
}

/// Runs Backend's kernel of Problem. Outputs hold a pattern before, so that what is not written shows. in_place >= 0: output 0
/// is the memory of that input.
template <class Backend, class Problem, class Team = dsi::serial>
std::vector<guarded> run_kernel(std::vector<guarded> in, int in_place = -1, unsigned char pattern = 0xa5) {
  using kernel = dsi::kernel_for<Backend, Problem>;
  std::vector<guarded> out;
  for (int o = 0; o < Problem::output_count; ++o) {
    out.emplace_back(Problem::out(o).bytes());
    std::memset(out.back().data(), pattern, out.back().size);
  }
  std::vector<void const*> ip;
  std::vector<void*> op;
  for (guarded& g : in) ip.push_back(g.data());
  for (guarded& g : out) op.push_back(g.data());
  if (in_place >= 0) op[0] = in[static_cast<std::size_t>(in_place)].data();
  dsi::aligned_memory scratch;
  REQUIRE(scratch.allocate(kernel::workspace + 1));
  std::memset(scratch.data(), 0xff, kernel::workspace);  // NaN
  Team team;
  dsi::run_context<Team> context{team};
  kernel::run({ip.data(), op.data()}, scratch.data(), nullptr, context);
  if (in_place >= 0) out[0] = in[static_cast<std::size_t>(in_place)];
  for (guarded& g : out) CHECK(g.intact());
  return out;
}

template <class Problem>
std::vector<guarded> random_inputs(unsigned seed = 1) {
  std::vector<guarded> in;
  for (int i = 0; i < Problem::input_count; ++i) in.push_back(random_values(Problem::in(i), seed + static_cast<unsigned>(i)));
  return in;
}

/// The native kernel gives the same bytes as the reference loops, with one thread and with three.
template <class Problem>
void check_same_bytes() {
  static_assert(dsi::is_native<backend, Problem> || !dsi::detail::has_elements<Problem>());  // plain loops where there is nothing to do
  std::vector<guarded> const in = random_inputs<Problem>();
  auto expected = run_kernel<dsi::reference_backend, Problem>(in);
  auto got = run_kernel<backend, Problem>(in);
  auto shared = run_kernel<backend, Problem, three_parts>(in, -1, 0x3c);
  for (std::size_t o = 0; o < expected.size(); ++o) {
    CHECK(got[o] == expected[o]);
    CHECK(shared[o] == expected[o]);
  }
}

}  // namespace conformance

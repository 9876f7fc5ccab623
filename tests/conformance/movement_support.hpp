// SPDX-License-Identifier: MIT
// For tests of operators that take either memory order: an operator that leaves its input channels-last, models of one type, and a
// team that cuts loops without threads.
#pragma once

#include <dsi/backend/simd/reorder.hpp>

#include "native.hpp"

namespace conformance {

/// y = x, written channels-last, so that what follows works in that order.
struct to_channels_last {
  static constexpr std::string_view name = "to_channels_last";
  static constexpr dsi::op_traits traits{.layouts = dsi::layout_rule::channels_last_out};
  constexpr dsi::inferred infer(dsi::op_inputs in) const { return in[0]; }
};

/// Loops in three parts, the last one first, in the caller.
struct three_parts {
  static constexpr int size() noexcept { return 3; }
  template <class Body>
  void for_each(index count, Body body) const noexcept {
    for (int i = 2; i >= 0; --i)
      if (auto const [first, last] = dsi::part_of(count, 3, i); first < last) body(first, last);
  }
};

/// Outputs of Model<T> on Backend for inputs and parameters that are counted up from -40 in steps of 1, modulo 101.
template <class Model, class T, class Backend, class Team = dsi::serial>
std::vector<std::vector<T>> counted(unsigned start = 0) {
  constexpr dsi::graph_view g = Model::description.view();
  unsigned k = start;
  std::vector<std::vector<T>> in, out;
  std::vector<void const*> ip;
  std::vector<void*> op;
  for (int i = 0; i < g.input_count; ++i) {
    in.emplace_back(static_cast<std::size_t>(g.desc(g.inputs[i]).size()));
    for (T& v : in.back()) v = as<T>(static_cast<double>(k++ % 101) - (std::is_unsigned_v<T> ? 0. : 40.));
    ip.push_back(in.back().data());
  }
  for (int o = 0; o < g.output_count; ++o) {
    out.emplace_back(static_cast<std::size_t>(g.desc(g.outputs[o]).size()), as<T>(77));
    op.push_back(out.back().data());
  }
  auto w = dsi::weights<Model, Backend>::from({});
  REQUIRE(w);
  dsi::engine<Model, Backend, dsi::heap_storage, Team> net{*w};
  net.run_pointers(ip.data(), op.data());
  return out;
}

/// Bytes of all outputs agree.
template <class T>
bool same_bytes(std::vector<std::vector<T>> const& a, std::vector<std::vector<T>> const& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t o = 0; o < a.size(); ++o)
    if (a[o].size() != b[o].size() || std::memcmp(a[o].data(), b[o].data(), a[o].size() * sizeof(T)) != 0) return false;
  return true;
}

/// A model without arithmetic gives the same bytes on both backends, whatever the element type, and native kernels ran it.
template <template <class> class Case, class T>
void check_moves() {
  static_assert(runs_natively<Case<T>, backend>());
  CHECK(same_bytes(counted<Case<T>, T, backend>(), counted<Case<T>, T, dsi::reference_backend>()));
}
template <template <class> class Case>
void check_moves_of_all_sizes() {
  check_moves<Case, std::uint8_t>();
  check_moves<Case, dsi::half>();
  check_moves<Case, float>();
  check_moves<Case, std::int64_t>();
}

}  // namespace conformance

namespace DSI_NAMESPACE {

template <>
struct reference::implementation<conformance::to_channels_last> {
  template <class T>
  static void run(conformance::to_channels_last const&, operands<T> const& x) {
    position p;
    do x.out[0](p) = x.in[0](p);
    while (next(p, x.out[0].desc.extents));
  }
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, conformance::to_channels_last, Problem> {
  using type = kernel_list<simd::reorder_kernel<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

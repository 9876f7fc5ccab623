// SPDX-License-Identifier: MIT
// Copies into the other memory order, and plain copies.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/strided_copy.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// Any element type, any of the two memory orders on either side.
template <class Isa, class Problem>
struct reorder_kernel : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr std::string_view name = "strided copy";
  static constexpr bool supports = Problem::in(0).type == Problem::out().type;

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    constexpr copy_plan plan = plan_copy(Problem::out().extents, strides_of(Problem::in(0)), 0, strides_of(Problem::out()), 0);
    strided_copy<Isa, element, plan>::run(static_cast<element const*>(args.in[0]), static_cast<element*>(args.out[0]), context);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, reorder_operation, Problem> {
  using type = kernel_list<simd::reorder_kernel<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

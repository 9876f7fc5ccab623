// SPDX-License-Identifier: MIT
// gather and gather_nd as copies of whole slices.
#pragma once

#include <cstring>

#include <dsi/backend/simd/backend.hpp>
#include <dsi/op/gather.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// Slices lie together in both tensors: a copy of bytes for each index.
template <class Problem>
struct gather_slices : kernel_defaults {
  static constexpr std::string_view name = "slices";
  static constexpr tensor_desc const& x = Problem::in(0);
  static constexpr tensor_desc const& indices = Problem::in(1);
  static constexpr bool supports = x.order == layout::row_major && indices.order == layout::row_major && Problem::out().order == layout::row_major && Problem::input_count == 2;
  static constexpr bool positions = std::is_same_v<op_value_t<anchor_of<Problem>>, gather_nd_attributes>;
  static constexpr auto op = anchor_value<Problem>();
  using index_type = typename Problem::template input<1>::value_type;

  /// The extents before and behind the dimensions that the indices choose from.
  struct shape_of_slices {
    int first = 0, chosen = 1;  ///< dimensions [first, first + chosen) are chosen
    index before = 1, count = 1, bytes = 0;  ///< slices: `before` times `count`, of `bytes` each
  };
  static constexpr shape_of_slices s = [] {
    shape_of_slices r;
    if constexpr (!supports) return r;
    if constexpr (positions) {
      r.first = static_cast<int>(op.batch_dims);
      r.chosen = static_cast<int>(indices[indices.rank() - 1]);
    } else {
      r.first = static_cast<int>(op.axis_in(x.rank()));
    }
    for (int d = 0; d < r.first; ++d) r.before *= x[d];
    r.bytes = size_of(x.type);
    for (int d = r.first + r.chosen; d < x.rank(); ++d) r.bytes *= x[d];
    r.count = r.before > 0 && r.bytes > 0 ? Problem::out().bytes() / (r.before * r.bytes) : 0;
    return r;
  }();

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    auto const* const from = static_cast<std::byte const*>(args.in[0]);
    auto const* const which = static_cast<index_type const*>(args.in[1]);
    auto* const to = static_cast<std::byte*>(args.out[0]);
    constexpr index n = s.before * s.count;
    constexpr index rows = [] {  // slices of x behind one position before
      index r = 1;
      for (int d = s.first; d < s.first + s.chosen; ++d) r *= x[d];
      return r;
    }();
    auto const copy = [=](index begin, index end) {
      for (index i = begin; i < end; ++i) {
        index row = 0;
        if constexpr (positions) {
          for (int d = 0; d < s.chosen; ++d) row = row * x[s.first + d] + element_at(which[i * s.chosen + d], x[s.first + d]);
        } else {
          row = element_at(which[i % s.count], x[s.first]);
        }
        std::memcpy(to + i * s.bytes, from + (i / s.count * rows + row) * s.bytes, static_cast<std::size_t>(s.bytes));
      }
    };
    if constexpr (n * s.bytes >= 1 << 18) context.team.for_each(n, copy);
    else if constexpr (n > 0) copy(0, n);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, gather_attributes, Problem> {
  using type = kernel_list<simd::gather_slices<Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, gather_nd_attributes, Problem> {
  using type = kernel_list<simd::gather_slices<Problem>>;
};

}  // namespace DSI_NAMESPACE

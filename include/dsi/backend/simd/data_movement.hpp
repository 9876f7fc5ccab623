// SPDX-License-Identifier: MIT
// Kernels of the operators that move elements: transpose, slice, split, concat, expand, tile.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/strided_copy.hpp>
#include <dsi/op/concat.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/slice.hpp>
#include <dsi/op/split.hpp>
#include <dsi/op/transpose.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// How each of them copies: from input I (to output O) as nested loops.
constexpr copy_plan movement(transpose_attributes const& op, op_inputs in, tensor_desc const& y, int) {
  shape const steps = strides_of(in[0]);
  shape from = y.extents;
  for (int d = 0; d < y.rank(); ++d) from[d] = steps[static_cast<int>(op.perm[d])];
  return plan_copy(y.extents, from, 0, strides_of(y), 0);
}
constexpr copy_plan movement(slice_attributes const& op, op_inputs in, tensor_desc const& y, int) {
  shape from = strides_of(in[0]);
  index start = 0;
  for (int d = 0; d < y.rank(); ++d) {
    start += op.start[d] * from[d];
    from[d] *= op.step[d];
  }
  return plan_copy(y.extents, from, start, strides_of(y), 0);
}
constexpr copy_plan movement(split_attributes const& op, op_inputs in, tensor_desc const& y, int part) {
  int const axis = op.axis_in(in[0].rank());
  shape const from = strides_of(in[0]);
  index before = 0;
  for (int k = 0; k < part; ++k) before += op.size[k];
  return plan_copy(y.extents, from, from[axis] * before, strides_of(y), 0);
}
constexpr copy_plan movement(concat_attributes const& op, op_inputs in, tensor_desc const& y, int part) {
  int const axis = op.axis < 0 ? op.axis + y.rank() : op.axis;
  index before = 0;
  for (int i = 0; i < part; ++i) before += in[i][axis];
  shape const to = strides_of(y);
  return plan_copy(in[part].extents, strides_of(in[part]), 0, to, to[axis] * before);
}
constexpr copy_plan movement(expand_attributes const&, op_inputs in, tensor_desc const& y, int) {
  shape const steps = strides_of(in[0]);
  shape from = y.extents;
  for (int d = 0; d < y.rank(); ++d) {
    int const own = d - (y.rank() - in[0].rank());
    from[d] = own < 0 || in[0][own] == 1 ? 0 : steps[own];
  }
  return plan_copy(y.extents, from, 0, strides_of(y), 0);
}
constexpr copy_plan movement(tile_attributes const& op, op_inputs in, tensor_desc const& y, int) {
  shape const from = strides_of(in[0]), to = strides_of(y);
  copy_plan p;
  for (int d = 0; d < y.rank(); ++d) {
    p.push_back(op.repeats[d], 0, in[0][d] * to[d]);
    p.push_back(in[0][d], from[d], to[d]);
  }
  return simplified(p);
}

/// One strided copy for each input or output. Any element type, any memory orders.
template <class Isa, class Problem>
struct movement_kernel : kernel_defaults {
  using element = typename Problem::template input<0>::value_type;
  static constexpr std::string_view name = "strided copy";
  static constexpr bool supports = Problem::in(0).type == Problem::out().type;
  static constexpr int parts = Problem::input_count > Problem::output_count ? Problem::input_count : Problem::output_count;

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    run_parts(args, context, std::make_integer_sequence<int, parts>{});
  }

 private:
  template <class Context, int... Part>
  static DSI_INLINE void run_parts(kernel_args args, Context& context, std::integer_sequence<int, Part...>) {
    (run_part<Part>(args, context), ...);
  }
  template <int Part, class Context>
  static DSI_INLINE void run_part(kernel_args args, Context& context) {
    constexpr int i = Problem::input_count > 1 ? Part : 0, o = Problem::output_count > 1 ? Part : 0;
    constexpr copy_plan plan =
        movement(anchor_value<Problem>(), {Problem::inputs::desc, Problem::input_count}, Problem::out(o), Part);
    strided_copy<Isa, element, plan>::run(static_cast<element const*>(args.in[i]), static_cast<element*>(args.out[o]), context);
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, transpose_attributes, Problem> {
  using type = kernel_list<simd::movement_kernel<Isa, Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, slice_attributes, Problem> {
  using type = kernel_list<simd::movement_kernel<Isa, Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, split_attributes, Problem> {
  using type = kernel_list<simd::movement_kernel<Isa, Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, concat_attributes, Problem> {
  using type = kernel_list<simd::movement_kernel<Isa, Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, expand_attributes, Problem> {
  using type = kernel_list<simd::movement_kernel<Isa, Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, tile_attributes, Problem> {
  using type = kernel_list<simd::movement_kernel<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

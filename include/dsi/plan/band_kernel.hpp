// SPDX-License-Identifier: MIT
// Runs several groups band by band: a few rows of each, then the next few, so that what lies between them stays in a cache.
#pragma once

#include <cstring>

#include <dsi/kernel/kernel.hpp>

namespace DSI_NAMESPACE {
namespace detail {

/// A description with another number of rows.
template <class Tensor, index Rows>
struct with_rows {
  static constexpr tensor_desc value = [] {
    tensor_desc d = Tensor::desc;
    d.extents[2] = Rows;
    return d;
  }();
};

template <class Operation>
struct without_row_padding {
  using type = with_attributes<op_value<Operation>().without_row_padding()>;
};
template <class Anchor, class Expression>
struct without_row_padding<fused<Anchor, Expression>> {
  using type = fused<typename without_row_padding<Anchor>::type, Expression>;
};

/// True for an arg of the expression that has rows of its own; the others serve every row.
template <class Problem, int I>
inline constexpr bool takes_rows = I >= anchor_inputs<Problem> && Problem::in(I).extents == Problem::out().extents && Problem::in(I).order == layout::channels_last;

/// Problem on `Rows` of its output's rows, its padding already in the input's rows.
template <class Problem, index Rows, class Sequence = std::make_integer_sequence<int, Problem::input_count>>
struct rows_of_problem;
template <class Problem, index Rows, int... I>
struct rows_of_problem<Problem, Rows, std::integer_sequence<int, I...>> {
  static constexpr op_traits traits = traits_of(anchor_value<Problem>(), op_inputs{Problem::inputs::desc, Problem::input_count});
  static constexpr index input_rows = traits.rows.reach(Rows);
  template <int K>
  static constexpr auto input() {
    if constexpr (K == 0) return type_pack<tensor_of<with_rows<typename Problem::template input<0>, input_rows>>>{};
    else if constexpr (takes_rows<Problem, K>) return type_pack<tensor_of<with_rows<typename Problem::template input<K>, Rows>>>{};
    else return type_pack<typename Problem::template input<K>>{};
  }
  using type = problem<typename without_row_padding<typename Problem::operation>::type, tensor_list<type_at<decltype(input<I>()), 0>...>,
                       tensor_list<tensor_of<with_rows<typename Problem::template output<0>, Rows>>>>;
};

/// Bytes of a row of a channels-last tensor.
constexpr index row_bytes(tensor_desc const& d) { return d[1] * d[3] * size_of(d.type); }

/// One group of a band, some of its rows at a time.
template <class Backend, class Problem, index Rows>
struct band_stage {
  using part = typename rows_of_problem<Problem, Rows>::type;
  using kernel = kernel_for<Backend, part>;
  static_assert(has_kernel<kernel>,
                "dsi: neither this backend nor its fallback has a kernel for this step of a band (see the problem above); use a backend with a "
                "fallback, or plan without bands (plan_options{.band = false})");
  static_assert(kernel::state == 0, "dsi: a step of a band cannot have state; plan without bands (plan_options{.band = false})");
  static constexpr row_window window = rows_of_problem<Problem, Rows>::traits.rows;
  static constexpr bool native = is_native<Backend, part>;

  /// Rows `row` .. row + Rows of the output, from x to y. in: the inputs behind x, of all rows.
  template <class Context>
  DSI_INLINE static void run(void const* x, void const* const* in, index row, void* y, void* scratch, Context& context) {
    [&]<int... I>(std::integer_sequence<int, I...>) DSI_LAMBDA_INLINE {
      void const* const inputs[]{x, at_row<I + 1>(in[I], row)...};
      void* const outputs[]{y};
      kernel::run(kernel_args{inputs, outputs}, scratch, nullptr, context);
    }(std::make_integer_sequence<int, Problem::input_count - 1>{});
  }

 private:
  template <int I>
  DSI_INLINE static void const* at_row(void const* in, index row) {
    if constexpr (takes_rows<Problem, I>) return static_cast<std::byte const*>(in) + row * row_bytes(Problem::in(I));
    else return in;
  }
};
struct no_stage {};

}  // namespace detail

/// Two or three groups in bands of rows: First row by row, then Second with a window over rows, then Third (void: none) row by
/// row again. Inputs are those of First, then of the others without what the group before gives.
/// Memory    the rows of First that Second's window covers, with zeros for padding, and the rows between Second and Third
/// Order     of sums: that of the groups' kernels
template <class Backend, class First, class Second, class Third = void>
struct band_kernel : kernel_defaults {
  static constexpr bool third = !std::is_void_v<Third>;
  static constexpr std::string_view name = third ? "band of 3" : "band of 2";

 private:
  static constexpr row_window window = traits_of(anchor_value<Second>(), op_inputs{Second::inputs::desc, Second::input_count}).rows;
  static constexpr index rows_in = First::out()[2], rows_out = Second::out()[2];
  static constexpr index first_row = detail::row_bytes(First::out()), second_row = detail::row_bytes(Second::out());

  /// What a band may take of a second-level cache of 1 MiB: weights and the rows at both ends need the rest. Less means that the
  /// rows which two bands share are moved more often.
  static constexpr index room = 640 * 1024;
  static constexpr index rows = [] {  // a divisor of all rows: every band is the same code
    index best = 1;
    for (index n = 1; n <= rows_out; ++n)
      if (rows_out % n == 0 && window.reach(n) * first_row + (third ? n * second_row : 0) <= room) best = n;
    return best;
  }();
  static constexpr index held = window.reach(rows), step = rows * window.stride, kept = larger(0, held - step);

  using first_stage = detail::band_stage<Backend, First, 1>;
  using second_stage = detail::band_stage<Backend, Second, rows>;
  static constexpr auto choose_third() {
    if constexpr (third) return type_pack<detail::band_stage<Backend, Third, rows>>{};
    else return type_pack<detail::no_stage>{};
  }
  using third_stage = type_at<decltype(choose_third()), 0>;

  static constexpr std::size_t aligned(index bytes) { return static_cast<std::size_t>(round_up(bytes, static_cast<index>(alignment))); }
  static constexpr std::size_t between = aligned(held * first_row), behind = third ? aligned(rows * second_row) : 0;
  static constexpr std::size_t inner_workspace() {
    std::size_t w = first_stage::kernel::workspace > second_stage::kernel::workspace ? first_stage::kernel::workspace : second_stage::kernel::workspace;
    if constexpr (third) w = third_stage::kernel::workspace > w ? third_stage::kernel::workspace : w;
    return w;
  }

 public:
  static constexpr std::size_t workspace = between + behind + inner_workspace();
  static constexpr bool native = [] {
    if constexpr (third) return first_stage::native && second_stage::native && third_stage::native;
    else return first_stage::native && second_stage::native;
  }();

  template <class Context>
  static void run(kernel_args args, void* scratch, void*, Context& context) noexcept {
    auto* const near = static_cast<std::byte*>(scratch);
    std::byte* const next = near + between;
    void* const work = next + behind;
    auto const* const x = static_cast<std::byte const*>(args.in[0]);
    auto* const y = static_cast<std::byte*>(args.out[0]);
    void const* const* const second_inputs = args.in + First::input_count;
    for (index row = 0, top = -window.pad_begin; row < rows_out; row += rows, top += step) {
      if (row > 0 && kept > 0) std::memmove(near, near + step * first_row, static_cast<std::size_t>(kept * first_row));
      for (index r = row > 0 ? kept : 0; r < held; ++r) {
        std::byte* const to = near + r * first_row;
        if (top + r >= 0 && top + r < rows_in) first_stage::run(x + (top + r) * detail::row_bytes(First::in(0)), args.in + 1, top + r, to, work, context);
        else std::memset(to, 0, static_cast<std::size_t>(first_row));
      }
      if constexpr (third) {
        second_stage::run(near, second_inputs, row, next, work, context);
        third_stage::run(next, second_inputs + Second::input_count - 1, row, y + row * detail::row_bytes(Third::out()), work, context);
      } else {
        second_stage::run(near, second_inputs, row, y + row * second_row, work, context);
      }
    }
  }
};

}  // namespace DSI_NAMESPACE

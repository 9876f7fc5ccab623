// SPDX-License-Identifier: MIT
// The reference backend: every operator and numeric type as plain loops in ONNX's order. What other backends are compared with.
#pragma once

#include <dsi/backend/reference/typed_operands.hpp>
#include <dsi/kernel/plan_options.hpp>
#include <dsi/numeric/numeric_traits.hpp>

namespace DSI_NAMESPACE {

/// Plain loops. Nothing is fused, packed or reordered, so that a result can be followed by hand.
struct reference_backend {
  using base = reference_backend;
  using fallback = void;
  static constexpr std::string_view name = "reference";
  static constexpr plan_options options{.fuse = false, .fold = false, .channels_last = false, .pack = false};
};

namespace reference {

/// The loops of one operator: specialized in backend/reference/<operator>.hpp for its value type with
///   template <class T> static void run(Value const& op, operands<T> const& x)
/// or, when its tensors have different element types, with
///   template <class Problem> static void run_typed(Value const& op, typed_operands<Problem> const& x)
/// and, for the import tool, then also
///   static bool run_untyped(Value const& op, untyped_operands const& x)      false: not for these types
template <class Value>
struct implementation;

template <class Value>
concept implemented = requires(Value const& op, operands<float> const& x) { implementation<Value>::template run<float>(op, x); };
template <class Value, class Problem>
concept implemented_typed = requires(Value const& op, typed_operands<Problem> const& x) { implementation<Value>::run_typed(op, x); };

/// Spatial dimensions of input i of an operator, when it is a packed weight.
template <class Value>
constexpr int spatial_of_input(Value const&, op_inputs in, int i) {
  if (in[i].order != layout::panels) return 0;
  if constexpr (requires { Value::is_convolution; }) return in[0].rank() - 2;
  else return 0;
}

/// Calls f(element type) with the type that an operator computes on: that of its first input.
template <class Problem>
using element_of = typename Problem::template input<0>::value_type;

/// Runs an operator's loops, then the expression on each element of the result.
template <class Problem, class Value, class Expression>
struct anchor_kernel : kernel_defaults {
  using element = element_of<Problem>;
  static constexpr std::string_view name = "reference";
  /// run() reads the anchor's own tensors as the first input's type: they must have it. The expression reads each arg as what it is.
  static constexpr bool one_type = [] {
    bool same = true;
    for (int i = 0; i < anchor_inputs<Problem>; ++i) same = same && Problem::in(i).type == dtype_of<element>;
    for (int i = 0; i < Problem::output_count; ++i) same = same && Problem::out(i).type == dtype_of<element>;
    return same;
  }();
  static constexpr bool supports = implemented_typed<Value, Problem> || (implemented<Value> && one_type);

  template <class Context>
  static void run(kernel_args args, void*, void*, Context&) noexcept {
    constexpr Value op = anchor_value<Problem>();
    typed_operands<Problem> const x(args);
    if constexpr (implemented_typed<Value, Problem>) {
      implementation<Value>::run_typed(op, x);
    } else {
      constexpr int count = Problem::input_count;
      view<element const> in[count > 0 ? count : 1];
      for (int i = 0; i < count; ++i)
        in[i] = {static_cast<element const*>(args.in[i]), Problem::in(i), spatial_of_input(op, {Problem::inputs::desc, count}, i)};
      view<element> out[Problem::output_count];
      for (int i = 0; i < Problem::output_count; ++i) out[i] = {static_cast<element*>(args.out[i]), Problem::out(i)};
      implementation<Value>::template run<element>(op, {in, anchor_inputs<Problem>, out, Problem::output_count});
    }
    if constexpr (!std::is_same_v<Expression, acc>) {
      using result = typename Problem::template output<0>::value_type;
      using V = compute_t<result>;
      auto const& y = x.template out<0>();
      position p;
      if (y.size() == 0) return;
      do {
        y(p) = static_cast<result>(evaluate<Expression>(static_cast<V>(y(p)), [&]<int I>(std::integral_constant<int, I>) {
          return static_cast<V>(x.template in<I>().broadcast(p, y.rank()));
        }));
      } while (next(p, y.desc.extents));
    }
  }
};

/// An elementwise expression over broadcast inputs.
template <class Problem, class Expression>
struct map_kernel : kernel_defaults {
  static constexpr std::string_view name = "reference";
  static constexpr bool supports = true;

  template <class Context>
  static void run(kernel_args args, void*, void*, Context&) noexcept {
    using V = compute_t<map_element<Problem>>;
    using result = typename Problem::template output<0>::value_type;
    typed_operands<Problem> const x(args);
    auto const& y = x.template out<0>();
    position p;
    if (y.size() == 0) return;
    do {
      y(p) = static_cast<result>(evaluate<Expression>(V{}, [&]<int I>(std::integral_constant<int, I>) {
        return static_cast<V>(x.template in<I>().broadcast(p, y.rank()));
      }));
    } while (next(p, y.desc.extents));
  }
};

/// A copy into another memory order.
template <class Problem>
struct reorder_kernel : kernel_defaults {
  using element = element_of<Problem>;
  static constexpr std::string_view name = "reference";
  static constexpr bool supports = true;
  template <class Context>
  static void run(kernel_args args, void*, void*, Context&) noexcept {
    view<element const> const x(static_cast<element const*>(args.in[0]), Problem::in(0));
    view<element> const y(static_cast<element*>(args.out[0]), Problem::out());
    position p;
    if (y.size() == 0) return;
    do y(p) = x(p);
    while (next(p, y.desc.extents));
  }
};

}  // namespace reference

template <class Value, class Problem>
struct candidates<reference_backend, Value, Problem> {
  using type = kernel_list<reference::anchor_kernel<Problem, Value, expression_of<Problem>>>;
};
template <class Problem>
struct candidates<reference_backend, map_operation, Problem> {
  using type = kernel_list<reference::map_kernel<Problem, expression_of<Problem>>>;
};
template <class Problem>
struct candidates<reference_backend, reorder_operation, Problem> {
  using type = kernel_list<reference::reorder_kernel<Problem>>;
};

}  // namespace DSI_NAMESPACE

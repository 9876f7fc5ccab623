// SPDX-License-Identifier: MIT
// Operators whose tensors have one of two element types: data, and indices, positions or tables.
#pragma once

#include <bit>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/element_types.hpp>

namespace DSI_NAMESPACE::reference {

/// The tensors of each type, in the operator's order: input 0 and all that the operator does not name have type T; those that
/// bit i of its `other_inputs` and bit o of its `other_outputs` name have type I, which is one of its `other_types`.
template <class T, class I>
struct mixed_operands {
  static constexpr int most = 4;
  view<T const> in[most]{};
  view<I const> other_in[most]{};
  view<T> out[most]{};
  view<I> other_out[most]{};
};

/// Tensor number i as its type numbers it.
constexpr int place_among(unsigned others, int i) {
  unsigned const below = (1u << i) - 1;
  return (others >> i & 1u) != 0 ? std::popcount(others & below) : i - std::popcount(others & below);
}
constexpr bool is_other(unsigned others, int i) { return (others >> i & 1u) != 0; }

/// The type that stands for another one of its size where elements are only moved.
template <class T>
using bits_of_size = std::conditional_t<sizeof(T) == 1, std::uint8_t, std::conditional_t<sizeof(T) == 2, std::uint16_t, std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;

/// Base of an implementation with `Inputs` inputs and one output: calls run_mixed(op, mixed_operands<T, I>).
template <class Value, int Inputs>
struct mixed_implementation {
  template <class Problem>
  static constexpr dtype other_type() {
    if constexpr (Value::other_inputs != 0) return Problem::in(std::countr_zero(Value::other_inputs)).type;
    else return Problem::out(std::countr_zero(Value::other_outputs)).type;
  }
  template <class Problem>
  static constexpr bool two_types() {
    for (int i = 0; i < Problem::input_count; ++i)
      if (Problem::in(i).type != (is_other(Value::other_inputs, i) ? other_type<Problem>() : dtype_of<element_of<Problem>>)) return false;
    for (int o = 0; o < Problem::output_count; ++o)
      if (Problem::out(o).type != (is_other(Value::other_outputs, o) ? other_type<Problem>() : dtype_of<element_of<Problem>>)) return false;
    return true;
  }

  template <class Problem>
    requires(two_types<Problem>())
  static void run_typed(Value const& op, typed_operands<Problem> const& x) {
    mixed_operands<element_of<Problem>, storage_t<other_type<Problem>()>> all;
    auto const input = [&]<int N>(std::integral_constant<int, N>) {
      if constexpr (is_other(Value::other_inputs, N)) all.other_in[place_among(Value::other_inputs, N)] = x.template in<N>();
      else all.in[place_among(Value::other_inputs, N)] = x.template in<N>();
    };
    auto const output = [&]<int N>(std::integral_constant<int, N>) {
      if constexpr (is_other(Value::other_outputs, N)) all.other_out[place_among(Value::other_outputs, N)] = x.template out<N>();
      else all.out[place_among(Value::other_outputs, N)] = x.template out<N>();
    };
    [&]<int... N>(std::integer_sequence<int, N...>) { (input(std::integral_constant<int, N>{}), ...); }(std::make_integer_sequence<int, Problem::input_count>{});
    [&]<int... N>(std::integer_sequence<int, N...>) { (output(std::integral_constant<int, N>{}), ...); }(std::make_integer_sequence<int, Problem::output_count>{});
    implementation<Value>::run_mixed(op, all);
  }

  static bool run_untyped(Value const& op, untyped_operands const& x) {
    constexpr bool other_out = is_other(Value::other_outputs, 0);
    dtype const type = x.in_desc(0).type, other = other_out ? x.out_desc(0).type : x.in_desc(std::countr_zero(Value::other_inputs)).type;
    for (int i = 0; i < Inputs; ++i)
      if (x.in_desc(i).type != (is_other(Value::other_inputs, i) ? other : type)) return false;
    if (x.out_desc(0).type != (other_out ? other : type)) return false;
    auto const run = [&]<class T, class I>(T, I) {
      mixed_operands<T, I> all;
      for (int i = 0; i < Inputs; ++i) {
        auto const place = static_cast<std::size_t>(place_among(Value::other_inputs, i));
        if (is_other(Value::other_inputs, i)) all.other_in[place] = x.in<I>(i);
        else all.in[place] = x.in<T>(i);
      }
      if constexpr (other_out) all.other_out[0] = x.out<I>(0);
      else all.out[0] = x.out<T>(0);
      implementation<Value>::run_mixed(op, all);
      return true;
    };
    return visit_dtype(type, [&]<class T>(T) {
      return visit_dtype(other, [&]<class I>(I i) {
        if constexpr (!contains(Value::other_types, dtype_of<I>)) return false;
        else if constexpr (requires { Value::moves_elements; }) return run(bits_of_size<T>{}, i);
        else if constexpr (contains(Value::types, dtype_of<T>)) return run(T{}, i);
        else return false;
      });
    });
  }
};

}  // namespace DSI_NAMESPACE::reference

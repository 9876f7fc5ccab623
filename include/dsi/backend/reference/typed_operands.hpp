// SPDX-License-Identifier: MIT
// A group's tensors with an element type each, for operators and expressions that mix types.
#pragma once

#include <dsi/backend/reference/view.hpp>
#include <dsi/kernel/kernel.hpp>

namespace DSI_NAMESPACE::reference {

namespace detail {

template <int I, class T>
struct numbered_view : view<T> {
  using view<T>::view;
};

template <class Problem, class Sequence>
struct input_views;
template <class Problem, int... I>
struct input_views<Problem, std::integer_sequence<int, I...>>
    : numbered_view<I, typename Problem::template input<I>::value_type const>... {
  explicit constexpr input_views([[maybe_unused]] kernel_args a)
      : numbered_view<I, typename Problem::template input<I>::value_type const>(
            static_cast<typename Problem::template input<I>::value_type const*>(a.in[I]), Problem::in(I))... {}
};

template <class Problem, class Sequence>
struct output_views;
template <class Problem, int... O>
struct output_views<Problem, std::integer_sequence<int, O...>> : numbered_view<O, typename Problem::template output<O>::value_type>... {
  explicit constexpr output_views(kernel_args a)
      : numbered_view<O, typename Problem::template output<O>::value_type>(
            static_cast<typename Problem::template output<O>::value_type*>(a.out[O]), Problem::out(O))... {}
};

}  // namespace detail

/// in<I>() and out<O>() are views of the tensors' own element types. Packed weights are not understood here.
template <class Problem>
class typed_operands {
 public:
  explicit constexpr typed_operands(kernel_args a) : in_(a), out_(a) {}
  template <int I>
  constexpr auto const& in() const {
    return static_cast<detail::numbered_view<I, typename Problem::template input<I>::value_type const> const&>(in_);
  }
  template <int O>
  constexpr auto const& out() const {
    return static_cast<detail::numbered_view<O, typename Problem::template output<O>::value_type> const&>(out_);
  }

 private:
  detail::input_views<Problem, std::make_integer_sequence<int, Problem::input_count>> in_;
  detail::output_views<Problem, std::make_integer_sequence<int, Problem::output_count>> out_;
};

}  // namespace DSI_NAMESPACE::reference

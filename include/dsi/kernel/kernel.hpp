// SPDX-License-Identifier: MIT
// The kernel contract: what a kernel is specialized on, what it is given, how one is chosen.
//
// A kernel is a class template over a problem (and, if it can be tuned, a structural tuning value):
//
//   static constexpr bool supports                     may it run this problem at all?
//   static constexpr std::string_view name             algorithm, for describe()
//   static constexpr std::size_t workspace             scratch bytes of one run, 64-byte aligned        (default 0)
//   static constexpr std::size_t state                 bytes that live from run to run                  (default 0)
//   static void reset(void* state) noexcept            start values of the state                        (default zeros)
//   template <class Context>
//   static void run(kernel_args, void* scratch, void* state, Context&) noexcept
//
// A backend lists its candidates per operator, best first, as `candidates<Backend, operator value type, Problem>`; the first
// that supports the problem runs. with_kernels<Backend, Kernel...> puts kernels of your own in front.
#pragma once

#include <dsi/kernel/expression.hpp>

#if defined(__FAST_MATH__)
#error "dsi: -ffast-math (also part of -Ofast) breaks the stated error bounds and NaN rules; compile this file without it"
#endif

namespace DSI_NAMESPACE {

/// Tensor types of a group's inputs or outputs.
template <class... Tensors>
struct tensor_list {
  static constexpr int size = sizeof...(Tensors);
  static constexpr tensor_desc desc[sizeof...(Tensors) > 0 ? sizeof...(Tensors) : 1]{Tensors::desc...};
  using pack = type_pack<Tensors...>;
};

/// What a kernel is specialized on: the operation (an operator type, fused<Anchor, Expression> or map<Expression>) and the
/// types of the tensors. No names, offsets or values, so that identical layers share one instantiation.
template <class Operation, class Inputs, class Outputs>
struct problem {
  using operation = Operation;
  using inputs = Inputs;
  using outputs = Outputs;
  template <int I>
  using input = type_at<typename Inputs::pack, I>;
  template <int I>
  using output = type_at<typename Outputs::pack, I>;
  static constexpr int input_count = Inputs::size;
  static constexpr int output_count = Outputs::size;
  static constexpr tensor_desc const& in(int i) { return Inputs::desc[i]; }
  static constexpr tensor_desc const& out(int i = 0) { return Outputs::desc[i]; }
};

namespace detail {
template <class Operation>
struct operation_parts {
  using anchor = Operation;
  using expression = acc;
};
template <class Anchor, class Expression>
struct operation_parts<fused<Anchor, Expression>> {
  using anchor = Anchor;
  using expression = Expression;
};
template <class Expression>
struct operation_parts<map<Expression>> {
  using anchor = map<Expression>;
  using expression = Expression;
};
/// The key of candidate lists for map<...> problems.
struct map_key {};
template <class Anchor>
struct candidate_key {
  using type = op_value_t<Anchor>;
};
template <class Expression>
struct candidate_key<map<Expression>> {
  using type = map_key;
};
}  // namespace detail

template <class Problem>
using anchor_of = typename detail::operation_parts<typename Problem::operation>::anchor;
template <class Problem>
using expression_of = typename detail::operation_parts<typename Problem::operation>::expression;
/// The attribute value of a problem's anchor operator.
template <class Problem>
constexpr auto anchor_value() { return op_value<anchor_of<Problem>>(); }

using map_operation = detail::map_key;

/// Where a group's tensors lie. in[i] and out[i] follow the problem's lists.
struct kernel_args {
  void const* const* in;
  void* const* out;
};

/// What a kernel may use beside its tensors. Team: a thread team (parallel/), `serial` by default.
template <class Team>
struct run_context {
  Team& team;
};

/// Defaults of a kernel's optional members.
struct kernel_defaults {
  static constexpr std::size_t workspace = 0;
  static constexpr std::size_t state = 0;
};

/// A list of kernels, best first.
template <class... Kernels>
struct kernel_list {};

/// The candidates of a backend for an operator (by its value type; map_operation for map<...>): specialize it to add some.
template <class Backend, class OperatorValue, class Problem>
struct candidates {
  using type = kernel_list<>;
};

/// Kernels that go before a backend's own for some problems: specialize it in a header of yours (a tuning header, or one named by
/// INCLUDE in dsi_add_model) to choose among kernels and tuning values without touching the library.
template <class Backend, class Problem>
struct preferred_kernels {
  using type = kernel_list<>;
};

/// A backend with kernels of the user's own in front: with_kernels<simd<>, my_conv> runs my_conv<Problem> where it supports
/// the problem.
template <class Backend, template <class> class... Kernels>
struct with_kernels : Backend {
  using base = Backend;
  template <class Problem>
  using own = kernel_list<Kernels<Problem>...>;
};

namespace detail {

template <class Problem>
struct no_kernel {};
template <class Kernel>
inline constexpr bool has_kernel = true;
template <class Problem>
inline constexpr bool has_kernel<no_kernel<Problem>> = false;

template <class List>
struct first_supported {
  using type = void;
};
template <class First, class... Rest>
struct first_supported<kernel_list<First, Rest...>> {
  static constexpr auto choose() {
    if constexpr (First::supports) return type_pack<First>{};
    else return type_pack<typename first_supported<kernel_list<Rest...>>::type>{};
  }
  using type = type_at<decltype(choose()), 0>;
};

template <class Backend, class Problem>
struct selected {
  using key = typename candidate_key<anchor_of<Problem>>::type;
  static constexpr auto choose() {
    using preferred = typename first_supported<typename preferred_kernels<typename Backend::base, Problem>::type>::type;
    using listed = typename first_supported<typename candidates<typename Backend::base, key, Problem>::type>::type;
    using native = std::conditional_t<std::is_void_v<preferred>, listed, preferred>;
    if constexpr (requires { typename Backend::template own<Problem>; }) {
      using mine = typename first_supported<typename Backend::template own<Problem>>::type;
      if constexpr (!std::is_void_v<mine>) return type_pack<mine>{};
      else return selected_native<native>();
    } else {
      return selected_native<native>();
    }
  }
  template <class Native>
  static constexpr auto selected_native() {
    if constexpr (!std::is_void_v<Native>) return type_pack<Native>{};
    else if constexpr (!std::is_void_v<typename Backend::fallback>) return type_pack<typename selected<typename Backend::fallback, Problem>::type>{};
    else return type_pack<no_kernel<Problem>>{};
  }
  using type = type_at<decltype(choose()), 0>;
};
}  // namespace detail

/// The kernel that runs Problem on Backend: the first candidate that supports it, else the fallback backend's.
template <class Backend, class Problem>
using kernel_for = typename detail::selected<Backend, Problem>::type;

/// True when Backend itself, not its fallback, has a kernel for Problem.
template <class Backend, class Problem>
inline constexpr bool is_native = !std::is_void_v<
    typename detail::first_supported<typename candidates<typename Backend::base, typename detail::selected<Backend, Problem>::key, Problem>::type>::type>;

}  // namespace DSI_NAMESPACE

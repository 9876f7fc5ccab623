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
/// Inputs of a problem that are its anchor's own, such as x, weights and a bias; the expression's args follow.
template <class Problem>
inline constexpr int anchor_inputs = static_cast<int>(smaller(first_arg_of<expression_of<Problem>>, Problem::input_count));
/// The attribute value of a problem's anchor operator.
template <class Problem>
constexpr auto anchor_value() { return op_value<anchor_of<Problem>>(); }

using map_operation = detail::map_key;

/// True when a problem's anchor is the operator of this value type: anchor_is<Problem, conv_attributes>.
template <class Problem, class OperatorValue>
inline constexpr bool anchor_is = std::is_same_v<typename detail::candidate_key<anchor_of<Problem>>::type, OperatorValue>;

namespace detail {
template <class Problem, int I>
constexpr auto first_number() {
  if constexpr (I + 1 == Problem::input_count || Problem::in(I).type != dtype::boolean) return type_pack<typename Problem::template input<I>::value_type>{};
  else return first_number<Problem, I + 1>();
}
}  // namespace detail

/// The element type of a map expression: the first that is not bool. bool tensors in it count as its numbers 0 and 1.
template <class Problem>
using map_element = type_at<decltype(detail::first_number<Problem, 0>()), 0>;

/// The operation of a copy into the other memory order.
struct reorder_operation {
  static constexpr std::string_view name = "reorder";
  static constexpr op_traits traits{.layouts = layout_rule::any};
  constexpr inferred infer(op_inputs in) const { return in[0]; }
};

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

namespace detail {
template <class... Lists>
struct joined_list;
template <>
struct joined_list<> {
  using type = kernel_list<>;
};
template <class... A>
struct joined_list<kernel_list<A...>> {
  using type = kernel_list<A...>;
};
template <class... A, class... B, class... Rest>
struct joined_list<kernel_list<A...>, kernel_list<B...>, Rest...> : joined_list<kernel_list<A..., B...>, Rest...> {};
template <class... Lists>
using joined_kernels = typename joined_list<Lists...>::type;

/// What with_kernels put in front of a backend.
template <class Backend, class Problem>
struct own_kernels_of {
  using type = kernel_list<>;
};
template <class Backend, class Problem>
  requires requires { typename Backend::template own<Problem>; }
struct own_kernels_of<Backend, Problem> {
  using type = typename Backend::template own<Problem>;
};
template <class Backend, class Problem>
using own_kernels = typename own_kernels_of<Backend, Problem>::type;
}  // namespace detail

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

/// Backend with kernels of your own in front: with_kernels<simd_backend<>, my_conv> runs my_conv<Problem> where it supports the
/// problem. Every problem of a network is asked, so `supports` begins with what the kernel is for: anchor_is<Problem, ...>.
template <class Backend, template <class> class... Kernels>
struct with_kernels : Backend {
  template <class Problem>
  using own = detail::joined_kernels<kernel_list<Kernels<Problem>...>, detail::own_kernels<Backend, Problem>>;
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

/// Every tensor of a problem has elements.
template <class Problem>
constexpr bool has_elements() {
  bool all = true;
  for (int i = 0; i < Problem::input_count; ++i) all = all && Problem::in(i).size() > 0;
  for (int o = 0; o < Problem::output_count; ++o) all = all && Problem::out(o).size() > 0;
  return all;
}

template <class Backend, class Problem>
struct selected {
  using key = typename candidate_key<anchor_of<Problem>>::type;
  /// Kernels may take it that there are elements. Where there are none the fallback's plain loops run, if it has any.
  static constexpr bool passes_on = [] {
    if constexpr (has_elements<Problem>() || std::is_void_v<typename Backend::fallback>) return false;
    else return has_kernel<typename selected<typename Backend::fallback, Problem>::type>;
  }();
  /// The backend's own choice, void when it has none: with_kernels, then preferred_kernels, then its candidates.
  using native = typename first_supported<
      std::conditional_t<passes_on, kernel_list<>,
                         joined_kernels<own_kernels<Backend, Problem>, typename preferred_kernels<typename Backend::base, Problem>::type,
                                        typename candidates<typename Backend::base, key, Problem>::type>>>::type;
  static constexpr auto choose() {
    if constexpr (!std::is_void_v<native>) return type_pack<native>{};
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
inline constexpr bool is_native = !std::is_void_v<typename detail::selected<Backend, Problem>::native>;

}  // namespace DSI_NAMESPACE

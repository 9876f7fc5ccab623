// SPDX-License-Identifier: MIT
// Type lists with constant-time access: bases indexed by position, no recursion.
#pragma once

#include <utility>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// A list of types.
template <class... T>
struct type_pack {
  static constexpr int size = sizeof...(T);
};

namespace detail {
template <int I, class T>
struct indexed {
  using type = T;
};
template <class Sequence, class... T>
struct indexed_pack;
template <int... I, class... T>
struct indexed_pack<std::integer_sequence<int, I...>, T...> : indexed<I, T>... {};
template <int I, class T>
indexed<I, T> pick(indexed<I, T> const*);
template <class Pack>
struct indexed_of;
template <class... T>
struct indexed_of<type_pack<T...>> {
  using type = indexed_pack<std::make_integer_sequence<int, sizeof...(T)>, T...>;
};
template <class A, class B>
struct joined;
template <class... A, class... B>
struct joined<type_pack<A...>, type_pack<B...>> {
  using type = type_pack<A..., B...>;
};
}  // namespace detail

/// The type at position I of a type_pack.
template <class Pack, int I>
using type_at = typename decltype(detail::pick<I>(static_cast<typename detail::indexed_of<Pack>::type const*>(nullptr)))::type;

/// The types of A followed by those of B.
template <class A, class B>
using join = typename detail::joined<A, B>::type;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// What each numeric type computes and accumulates in.
#pragma once

#include <type_traits>

#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE {

/// compute: the type of a scalar function's arguments; accumulator: the type of sums and of sums of products. Integers add in 64
/// bits, which wrap (wrapping_add), so that a sum's value in T is right modulo 2^bits and a mean is that of the true sum.
template <class T>
struct numeric_traits {
  using compute = T;
  using accumulator = std::conditional_t<std::is_integral_v<T>, std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>, T>;
};
template <>
struct numeric_traits<half> {
  using compute = float;
  using accumulator = float;
};
template <>
struct numeric_traits<bfloat16> {
  using compute = float;
  using accumulator = float;
};
template <class T>
using compute_t = typename numeric_traits<T>::compute;
template <class T>
using accumulator_t = typename numeric_traits<T>::accumulator;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// What each numeric type computes and accumulates in.
#pragma once

#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE {

/// compute: the type of a scalar function's arguments; accumulator: the type of a sum of products.
template <class T>
struct numeric_traits {  // float, double and the integers compute in themselves
  using compute = T;
  using accumulator = T;
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
template <>
struct numeric_traits<std::int8_t> {
  using compute = std::int8_t;
  using accumulator = std::int32_t;
};
template <>
struct numeric_traits<std::uint8_t> {
  using compute = std::uint8_t;
  using accumulator = std::int32_t;
};

template <class T>
using compute_t = typename numeric_traits<T>::compute;
template <class T>
using accumulator_t = typename numeric_traits<T>::accumulator;

}  // namespace DSI_NAMESPACE

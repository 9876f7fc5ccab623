// SPDX-License-Identifier: MIT
// Conversions between floats and affine integers as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/quantize.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<quantize_attributes> {
  template <class Problem>
  static void run_typed(quantize_attributes const&, typed_operands<Problem> const& x) {
    using To = typename Problem::template output<0>::value_type;
    auto const& y = x.template out<0>();
    if (y.size() == 0) return;
    float const scale = x.template in<1>().data[0];
    int const zero_point = static_cast<int>(x.template in<2>().data[0]);
    position p;
    do y(p) = quantize_value<To>(static_cast<float>(x.template in<0>()(p)), scale, zero_point);
    while (next(p, y.desc.extents));
  }
};

template <>
struct implementation<dequantize_attributes> {
  template <class Problem>
  static void run_typed(dequantize_attributes const&, typed_operands<Problem> const& x) {
    using To = typename Problem::template output<0>::value_type;
    auto const& y = x.template out<0>();
    if (y.size() == 0) return;
    float const scale = x.template in<1>().data[0];
    int const zero_point = static_cast<int>(x.template in<2>().data[0]);
    position p;
    do y(p) = static_cast<To>(dequantize_value(static_cast<int>(x.template in<0>()(p)), scale, zero_point));
    while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

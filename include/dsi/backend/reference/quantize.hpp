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
    convert_all(x.template in<0>(), x.template in<1>().data[0], static_cast<int>(x.template in<2>().data[0]), x.template out<0>());
  }
  static bool run_untyped(quantize_attributes const& op, untyped_operands const& x) {
    auto const to = [&]<class From, class To>(From, To) {
      convert_all(x.in<From>(0), x.in<float>(1).data[0], static_cast<int>(x.in<To>(2).data[0]), x.out<To>(0));
      return true;
    };
    auto const from = [&]<class From>(From zero) { return op.to == dtype::u8 ? to(zero, std::uint8_t{}) : to(zero, std::int8_t{}); };
    dtype const type = x.in_desc(0).type;
    return type == dtype::f32 ? from(float{}) : type == dtype::f16 ? from(half{}) : from(bfloat16{});
  }

 private:
  template <class From, class To>
  static void convert_all(view<From const> const& x, float scale, int zero_point, view<To> const& y) {
    if (y.size() == 0) return;
    position p;
    do y(p) = quantize_value<To>(static_cast<float>(x(p)), scale, zero_point);
    while (next(p, y.desc.extents));
  }
};

template <>
struct implementation<dequantize_attributes> {
  template <class Problem>
  static void run_typed(dequantize_attributes const&, typed_operands<Problem> const& x) {
    convert_all(x.template in<0>(), x.template in<1>().data[0], static_cast<int>(x.template in<2>().data[0]), x.template out<0>());
  }
  static bool run_untyped(dequantize_attributes const& op, untyped_operands const& x) {
    auto const from = [&]<class From, class To>(From, To) {
      convert_all(x.in<From>(0), x.in<float>(1).data[0], static_cast<int>(x.in<From>(2).data[0]), x.out<To>(0));
      return true;
    };
    auto const to = [&]<class To>(To zero) { return x.in_desc(0).type == dtype::u8 ? from(std::uint8_t{}, zero) : from(std::int8_t{}, zero); };
    return op.to == dtype::f32 ? to(float{}) : op.to == dtype::f16 ? to(half{}) : to(bfloat16{});
  }

 private:
  template <class From, class To>
  static void convert_all(view<From const> const& x, float scale, int zero_point, view<To> const& y) {
    if (y.size() == 0) return;
    position p;
    do y(p) = static_cast<To>(dequantize_value(static_cast<int>(x(p)), scale, zero_point));
    while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

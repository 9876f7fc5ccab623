// SPDX-License-Identifier: MIT
// Fully connected layer on 8-bit integers as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/dense_int8.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<dense_int8_attributes> {
  template <class Problem>
  static void run_typed(dense_int8_attributes const&, typed_operands<Problem> const& x) {
    using To = typename Problem::template output<0>::value_type;
    auto const& in = x.template in<0>();
    view<std::int8_t const> const w(x.template in<1>().data, Problem::in(1), 0);  // packed weights too
    index const inputs = w[1], outputs = w[0], rows = x.template out<0>().size() / (outputs > 0 ? outputs : 1);
    for (index r = 0; r < rows; ++r)
      for (index o = 0; o < outputs; ++o) {
        auto sum = static_cast<std::uint32_t>(x.template in<2>().data[o]);  // unsigned: sums wrap
        for (index k = 0; k < inputs; ++k) sum += static_cast<std::uint32_t>(static_cast<std::int32_t>(in.data[r * inputs + k]) * w(o, k));
        auto const total = static_cast<std::int32_t>(sum);
        float const multiplier = x.template in<3>().data[o];
        To& y = x.template out<0>().data[r * outputs + o];
        if constexpr (std::is_same_v<To, float>) {
          y = static_cast<float>(total) * multiplier;
        } else {
          std::int32_t const* const range = x.template in<4>().data;
          y = static_cast<To>(requantize(total, multiplier, {range[0], range[1], range[2]}));
        }
      }
  }
};

}  // namespace DSI_NAMESPACE::reference

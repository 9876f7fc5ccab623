// SPDX-License-Identifier: MIT
// Fully connected layer as plain loops.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/dense.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<dense_attributes> {
  template <class T>
  static void run(dense_attributes const&, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const& in = x.in[0];
    auto const& w = x.in[1];
    index const inputs = w[1], outputs = w[0], rows = inputs == 0 ? 0 : in.size() / inputs;
    for (index r = 0; r < rows; ++r)
      for (index o = 0; o < outputs; ++o) {
        A sum = x.inputs > 2 ? static_cast<A>(x.in[2].data[o]) : A(0);
        for (index k = 0; k < inputs; ++k) sum += static_cast<A>(in.data[r * inputs + k]) * static_cast<A>(w(o, k));
        x.out[0].data[r * outputs + o] = static_cast<T>(sum);
      }
  }
};

}  // namespace DSI_NAMESPACE::reference

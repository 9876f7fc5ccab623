// SPDX-License-Identifier: MIT
// Conversion to another element type as a plain loop.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/cast.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<cast_attributes> {
  template <class Problem>
  static void run_typed(cast_attributes const&, typed_operands<Problem> const& x) {
    using To = typename Problem::template output<0>::value_type;
    auto const& from = x.template in<0>();
    auto const& y = x.template out<0>();
    if (y.size() == 0) return;
    position p;
    do y(p) = convert<To>(from(p));
    while (next(p, y.desc.extents));
  }
};

}  // namespace DSI_NAMESPACE::reference

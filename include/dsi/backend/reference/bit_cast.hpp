// SPDX-License-Identifier: MIT
// The same bits as another element type: a copy.
#pragma once

#include <cstring>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/op/bit_cast.hpp>

namespace DSI_NAMESPACE::reference {

template <>
struct implementation<bit_cast_attributes> {
  template <class Problem>
  static void run_typed(bit_cast_attributes const& op, typed_operands<Problem> const& x) {
    copy(op, x.template in<0>().data, x.template out<0>().data, Problem::out());
  }
  static bool run_untyped(bit_cast_attributes const& op, untyped_operands const& x) {
    copy(op, x.inputs()[0], x.outputs()[0], x.out_desc(0));
    return true;
  }

 private:
  static void copy(bit_cast_attributes const& op, void const* from, void* to, tensor_desc const& y) {
    if (y.size() == 0) return;
    if (op.to != dtype::boolean) {
      std::memcpy(to, from, static_cast<std::size_t>(y.bytes()));
      return;
    }
    for (index i = 0; i < y.size(); ++i) static_cast<bool*>(to)[i] = static_cast<std::uint8_t const*>(from)[i] != 0;
  }
};

}  // namespace DSI_NAMESPACE::reference

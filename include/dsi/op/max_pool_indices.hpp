// SPDX-License-Identifier: MIT
// Where the maxima of sliding windows are.
#pragma once

#include <dsi/op/pool.hpp>

namespace DSI_NAMESPACE {

/// The place of max_pool's result for each window, as int64: its number among all elements of x in row-major order, or with
/// column_major the number in which the first spatial dimension runs fastest. The first of equal elements, or the first NaN.
/// A window that meets no element, possible with dilation only, gives its channel's first element.
/// Shape, types, padding: as max_pool. ONNX: MaxPool's output Indices; column_major is its storage_order.
struct max_pool_indices_attributes {
  static constexpr std::string_view name = "max_pool_indices";
  static constexpr dtype_set types = numeric_types;
  static constexpr unsigned other_inputs = 0;
  static constexpr unsigned other_outputs = 0b1;
  static constexpr dtype_set other_types = set_of(dtype::i64);
  static constexpr op_traits traits{};
  window at{};
  bool ceil_mode = false;
  bool column_major = false;

  constexpr inferred infer(op_inputs in) const {
    if (in.count > 0 && !contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    inferred y = infer_pool(at, ceil_mode, in);
    y.out[0].type = dtype::i64;
    return y;
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("ceil_mode", ceil_mode);
    f("column_major", column_major);
  }
  constexpr bool operator==(max_pool_indices_attributes const&) const = default;
};
template <max_pool_indices_attributes A>
using max_pool_indices = with_attributes<max_pool_indices_attributes(A)>;

}  // namespace DSI_NAMESPACE

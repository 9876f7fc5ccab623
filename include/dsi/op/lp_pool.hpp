// SPDX-License-Identifier: MIT
// Norms of sliding windows.
#pragma once

#include <dsi/op/pool.hpp>

namespace DSI_NAMESPACE {

/// y = (sum of |x|^p under each window)^(1/p); padding counts as 0.
/// Shape    x [N, C, s...] -> y [N, C, positions...], one to three spatial dimensions
/// Types    floats; sums in double
/// ONNX     LpPool
struct lp_pool_attributes {
  static constexpr std::string_view name = "lp_pool";
  static constexpr dtype_set types = float_types;
  static constexpr op_traits traits{.anchor = true};
  window at{};
  bool ceil_mode = false;
  index p = 2;  ///< at least 1

  constexpr inferred infer(op_inputs in) const {
    if (in.count > 0 && !contains(types, in[0].type)) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    if (p < 1) return {invalid::positive, 4, p};
    return infer_pool(at, ceil_mode, in);
  }
  template <class F>
  constexpr void each_field(F&& f) const {
    at.each_field(f);
    f("ceil_mode", ceil_mode);
    f("p", p);
  }
  constexpr bool operator==(lp_pool_attributes const&) const = default;
};
template <lp_pool_attributes A>
using lp_pool = with_attributes<lp_pool_attributes(A)>;

}  // namespace DSI_NAMESPACE

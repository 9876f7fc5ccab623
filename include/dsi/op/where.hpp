// SPDX-License-Identifier: MIT
// Choice between two tensors by a condition.
#pragma once

#include <dsi/op/comparison.hpp>

namespace DSI_NAMESPACE {

/// y = condition ? a : b, broadcasting all three; condition is bool, a and b have one type, which is y's. The one not chosen
/// may be NaN without effect.
struct where : elementwise<3, any_type> {
  static constexpr std::string_view name = "where";
  static constexpr std::string_view onnx = "Where";
  constexpr inferred infer(op_inputs in) const {
    if (in.count != 3) return {invalid::input_count, 3, in.count};
    if (in[0].type != dtype::boolean) return {invalid::input_type, 0, static_cast<index>(in[0].type)};
    tensor_desc same[3]{in[0], in[1], in[2]};
    same[0].type = in[1].type;
    return elementwise<3, any_type>::infer({same, 3});
  }
  template <class V>
  DSI_HD DSI_INLINE static V apply(V condition, V a, V b) {
    if constexpr (math::lanes<V>) return math::select(condition == V(0), b, a);
    else return condition == V(0) ? b : a;
  }
};

}  // namespace DSI_NAMESPACE

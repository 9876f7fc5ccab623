// SPDX-License-Identifier: MIT
// Root mean square normalization, row by row.
#pragma once

#include <dsi/backend/simd/layer_norm.hpp>
#include <dsi/op/rms_norm.hpp>

namespace DSI_NAMESPACE {

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, rms_norm_attributes, Problem> {
  using type = kernel_list<simd::norm_rows<Isa, Problem, false>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Convolutions on vectors: the candidates, best first.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/conv_direct.hpp>
#include <dsi/backend/simd/conv_im2col.hpp>
#include <dsi/backend/simd/conv_pointwise.hpp>
#include <dsi/backend/simd/conv_tile.hpp>
#include <dsi/backend/simd/conv_winograd.hpp>
#include <dsi/backend/simd/depthwise.hpp>

namespace DSI_NAMESPACE {

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, conv_attributes, Problem> {
  using type = kernel_list<simd::conv_depthwise<Isa, Problem>, simd::conv_pointwise<Isa, Problem>,
                           simd::conv_winograd<Isa, Problem>, simd::conv_direct<Isa, Problem>, simd::conv_tile<Isa, Problem>, simd::conv_im2col<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

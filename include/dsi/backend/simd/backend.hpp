// SPDX-License-Identifier: MIT
// The SIMD backend's tag: vector kernels for one instruction set, with the reference backend behind them.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/backend/simd/isa.hpp>

namespace DSI_NAMESPACE {

/// Blocked, register-tiled kernels with fused expressions for Isa (simd::isa::...), by default the best that the
/// translation unit's flags allow.
template <class Isa = simd::isa::native>
struct simd_backend {
  using base = simd_backend;
  using isa = Isa;
  using fallback = reference_backend;
  static constexpr std::string_view name = Isa::name;
  static constexpr plan_options options{};
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// The CUDA backend's tag. Nothing stands behind it: what it has no kernel for does not compile.
#pragma once

#include <dsi/kernel/kernel.hpp>
#include <dsi/kernel/plan_options.hpp>
#include <dsi/tensor/memory_space.hpp>

namespace DSI_NAMESPACE {

/// Kernels on an NVIDIA GPU. Tensors, weights and the arena lie in device memory; kernels are enqueued on a stream. Plans and
/// packed weights are those of simd_backend: one blob serves both.
struct cuda_backend {
  using base = cuda_backend;
  using fallback = void;
  static constexpr std::string_view name = "cuda";
  static constexpr memory_space memory = memory_space::device;
  static constexpr plan_options options{};
};

}  // namespace DSI_NAMESPACE

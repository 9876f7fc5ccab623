// SPDX-License-Identifier: MIT
// Backends made from backends: other plan options, no fallback, kernels of one's own (with_kernels stands in kernel/kernel.hpp).
#pragma once

#include <dsi/kernel/kernel.hpp>
#include <dsi/kernel/plan_options.hpp>

namespace DSI_NAMESPACE {

/// Backend without anything behind it: a step that only the fallback could run is a compile error.
template <class Backend>
struct no_fallback : Backend {
  using fallback = void;
};

/// Backend with other plan options: with_options<simd_backend<>, plan_options{.fuse = false, .keep_all = true}> keeps every
/// tensor to be looked at.
template <class Backend, plan_options Options>
struct with_options : Backend {
  static constexpr plan_options options = Options;
};

}  // namespace DSI_NAMESPACE

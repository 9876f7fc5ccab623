// SPDX-License-Identifier: MIT
// What a backend lets the planner do.
#pragma once

#include <dsi/core/config.hpp>

namespace DSI_NAMESPACE {

/// What a plan may do.
struct plan_options {
  bool fuse = true;           ///< put elementwise operators behind their anchor
  bool fold = true;           ///< put affine operators into the weights before them
  bool channels_last = true;  ///< let operators that prefer it work channels-last
  bool pack = true;           ///< pack weights for the kernels; otherwise they stay in ONNX's order
  bool keep_all = false;      ///< no tensor's memory is used twice, so that all can be looked at after a run
  constexpr bool operator==(plan_options const&) const = default;
};

}  // namespace DSI_NAMESPACE

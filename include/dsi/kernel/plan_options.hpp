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
  bool band = true;           ///< let bands of rows go through several groups, so that large tensors between them need not exist
  bool pack = true;           ///< pack weights for the kernels; otherwise they stay in ONNX's order
  /// Every tensor between steps keeps memory of its own until the next run, and nothing is folded away. With fuse = false that is
  /// every tensor of the network; otherwise those inside a fusion group still exist in registers alone.
  bool keep_all = false;
  /// 3x3 convolutions by Winograd's minimal filtering where that is faster (kernel/winograd.hpp). A choice of the user's: errors can
  /// be larger than those of direct sums.
  bool winograd = false;
  constexpr bool operator==(plan_options const&) const = default;
};

}  // namespace DSI_NAMESPACE

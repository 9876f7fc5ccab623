// SPDX-License-Identifier: MIT
// The backend that an engine uses when none is named.
#pragma once

#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/simd.hpp>
#include <dsi/op/operator_list.hpp>

namespace DSI_NAMESPACE {

/// Vector kernels for the best instruction set that the translation unit's flags allow.
using default_backend = simd_backend<>;

}  // namespace DSI_NAMESPACE

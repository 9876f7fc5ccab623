// SPDX-License-Identifier: MIT
// The SIMD backend with all its kernels.
#pragma once

#include <dsi/backend/simd/attention.hpp>
#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/cast.hpp>
#include <dsi/backend/simd/conv.hpp>
#include <dsi/backend/simd/data_movement.hpp>
#include <dsi/backend/simd/dense.hpp>
#include <dsi/backend/simd/dense_int8.hpp>
#include <dsi/backend/simd/gather.hpp>
#include <dsi/backend/simd/layer_norm.hpp>
#include <dsi/backend/simd/map.hpp>
#include <dsi/backend/simd/matmul.hpp>
#include <dsi/backend/simd/pad.hpp>
#include <dsi/backend/simd/pool.hpp>
#include <dsi/backend/simd/quantize.hpp>
#include <dsi/backend/simd/recurrent.hpp>
#include <dsi/backend/simd/reduce.hpp>
#include <dsi/backend/simd/reorder.hpp>
#include <dsi/backend/simd/resize.hpp>
#include <dsi/backend/simd/rms_norm.hpp>
#include <dsi/backend/simd/softmax.hpp>

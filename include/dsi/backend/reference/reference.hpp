// SPDX-License-Identifier: MIT
// The reference backend with the loops of every operator.
#pragma once

#include <dsi/backend/reference/attention.hpp>
#include <dsi/backend/reference/backend.hpp>
#include <dsi/backend/reference/bit_cast.hpp>
#include <dsi/backend/reference/cast.hpp>
#include <dsi/backend/reference/columns.hpp>
#include <dsi/backend/reference/concat.hpp>
#include <dsi/backend/reference/conv.hpp>
#include <dsi/backend/reference/cumulative.hpp>
#include <dsi/backend/reference/dense.hpp>
#include <dsi/backend/reference/dense_int8.hpp>
#include <dsi/backend/reference/determinant.hpp>
#include <dsi/backend/reference/dft.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/backend/reference/gather.hpp>
#include <dsi/backend/reference/layer_norm.hpp>
#include <dsi/backend/reference/linear_attention.hpp>
#include <dsi/backend/reference/matmul.hpp>
#include <dsi/backend/reference/max_pool_indices.hpp>
#include <dsi/backend/reference/pad.hpp>
#include <dsi/backend/reference/pool.hpp>
#include <dsi/backend/reference/quantize.hpp>
#include <dsi/backend/reference/recurrent.hpp>
#include <dsi/backend/reference/reduce.hpp>
#include <dsi/backend/reference/resize.hpp>
#include <dsi/backend/reference/rms_norm.hpp>
#include <dsi/backend/reference/sampling.hpp>
#include <dsi/backend/reference/scatter.hpp>
#include <dsi/backend/reference/slice.hpp>
#include <dsi/backend/reference/softmax.hpp>
#include <dsi/backend/reference/split.hpp>
#include <dsi/backend/reference/top_k_indices.hpp>
#include <dsi/backend/reference/transpose.hpp>

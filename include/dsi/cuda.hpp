// SPDX-License-Identifier: MIT
// The CUDA backend, for files that nvcc compiles: beside <dsi/dsi.hpp>, or alone.
#pragma once

#include <dsi/backend/cuda/dense.hpp>
#include <dsi/cuda_engine.hpp>
#include <dsi/graph/model.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/operator_list.hpp>

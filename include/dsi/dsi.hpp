// SPDX-License-Identifier: MIT
// The whole CPU library.
#pragma once

#include <dsi/backend/adapters.hpp>
#include <dsi/backend/default_backend.hpp>
#include <dsi/checked.hpp>
#include <dsi/engine.hpp>
#include <dsi/graph/as.hpp>
#include <dsi/graph/model.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/parallel/openmp.hpp>
#include <dsi/parallel/spin.hpp>
#include <dsi/plan/cost.hpp>
#include <dsi/plan/describe.hpp>

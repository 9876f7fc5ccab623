// SPDX-License-Identifier: MIT
// Everything that turns a trained float network into one on 8-bit integers.
#pragma once

#include <dsi/quantize/affine_range.hpp>
#include <dsi/quantize/calibrate.hpp>
#include <dsi/quantize/quantize_weights.hpp>

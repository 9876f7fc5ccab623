// SPDX-License-Identifier: MIT
// Every ONNX operator that dsi translates, by family.
#pragma once

#include <dsi/import/bind/along_axis.hpp>
#include <dsi/import/bind/attention.hpp>
#include <dsi/import/bind/constant.hpp>
#include <dsi/import/bind/conv_transpose.hpp>
#include <dsi/import/bind/einsum.hpp>
#include <dsi/import/bind/elementwise.hpp>
#include <dsi/import/bind/index.hpp>
#include <dsi/import/bind/linear.hpp>
#include <dsi/import/bind/linear_attention.hpp>
#include <dsi/import/bind/movement.hpp>
#include <dsi/import/bind/normalize.hpp>
#include <dsi/import/bind/quantized.hpp>
#include <dsi/import/bind/rearrange.hpp>
#include <dsi/import/bind/recurrent.hpp>
#include <dsi/import/bind/reduce.hpp>
#include <dsi/import/bind/resize.hpp>
#include <dsi/import/bind/rotary_embedding.hpp>
#include <dsi/import/bind/sampling.hpp>
#include <dsi/import/bind/scatter.hpp>
#include <dsi/import/bind/shape.hpp>
#include <dsi/import/bind/signal.hpp>
#include <dsi/import/bind/window.hpp>

namespace DSI_NAMESPACE::import {

/// The table from ONNX's operator names to what translates them.
inline onnx_table onnx_operators() {
  onnx_table table;
  detail::add_along_axis(table);
  detail::add_attention(table);
  detail::add_constants(table);
  detail::add_conv_transpose(table);
  detail::add_einsum(table);
  detail::add_elementwise(table);
  detail::add_indexing(table);
  detail::add_linear(table);
  detail::add_linear_attention(table);
  detail::add_movement(table);
  detail::add_normalizations(table);
  detail::add_quantized(table);
  detail::add_rearrangements(table);
  detail::add_recurrent(table);
  detail::add_reductions(table);
  detail::add_resize(table);
  detail::add_rotary_embedding(table);
  detail::add_sampling(table);
  detail::add_scatter(table);
  detail::add_shapes(table);
  detail::add_signals(table);
  detail::add_windows(table);
  return table;
}

}  // namespace DSI_NAMESPACE::import

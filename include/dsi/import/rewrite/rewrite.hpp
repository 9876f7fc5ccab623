// SPDX-License-Identifier: MIT
// Recognizes what exporters decompose, one pattern per file.
#pragma once

#include <dsi/import/rewrite/attention.hpp>
#include <dsi/import/rewrite/gelu.hpp>
#include <dsi/import/rewrite/layer_norm.hpp>
#include <dsi/import/rewrite/rms_norm.hpp>
#include <dsi/import/rewrite/silu.hpp>

namespace DSI_NAMESPACE::import {

/// Rewrites a network in place. Every pattern keeps the values that others read. Larger patterns stand before those that are part
/// of them, and each is applied until it finds nothing more.
inline void rewrite(import_graph& g) {
  using pattern = bool (*)(import_graph&);
  static constexpr pattern patterns[]{&rewrite_attention, &rewrite_layer_norm, &rewrite_rms_norm, &rewrite_gelu, &rewrite_silu};
  for (pattern p : patterns) {
    while (p(g)) g.clean();
    g.clean();  // what a pattern added before it found that it does not fit
  }
}

}  // namespace DSI_NAMESPACE::import

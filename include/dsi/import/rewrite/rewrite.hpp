// SPDX-License-Identifier: MIT
// Recognizes what exporters decompose, one pattern per file, until nothing changes.
#pragma once

#include <dsi/import/rewrite/silu.hpp>

namespace DSI_NAMESPACE::import {

/// Rewrites a network in place. Every pattern keeps the values that others read.
inline void rewrite(import_graph& g) {
  using pattern = bool (*)(import_graph&);
  static constexpr pattern patterns[]{&rewrite_silu};
  for (bool changed = true; changed;) {
    changed = false;
    for (pattern p : patterns) changed = p(g) || changed;
    if (changed) g.clean();
  }
}

}  // namespace DSI_NAMESPACE::import

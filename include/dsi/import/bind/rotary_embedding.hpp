// SPDX-License-Identifier: MIT
// ONNX RotaryEmbedding as slices, products and a concatenation.
#pragma once

#include <dsi/import/bind/index.hpp>
#include <dsi/import/bind/movement.hpp>
#include <dsi/import/bind/scatter.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/sub.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Elements first, first + step, ... of the last dimension, `count` of them.
inline int along_last(binding& b, int x, index first, index step, index count) {
  if (x < 0) return -1;
  shape const s = b.desc_of(x).extents;
  slice_attributes a;
  for (int d = 0; d < s.rank; ++d) {
    bool const last = d == s.rank - 1;
    a.start.push_back(last ? first : 0);
    a.step.push_back(last ? step : 1);
    a.size.push_back(last ? count : s[d]);
  }
  return b.emit(a, {x});
}

/// Input i, cosines or sines, for each position of the sequence: [B, 1, S, n] beside x [B, H, S, D], or [B, S, 1, n] beside
/// x [B, S, H, D].
inline int angles_of(binding& b, int i, index n, bool heads_first) {
  bool const chosen = b.has(3);
  char const* const name = i == 1 ? "cos_cache" : "sin_cache";
  if (b.rank(i) != (chosen ? 2 : 3) || b.desc(i)[b.rank(i) - 1] != n) {
    b.refuse(std::string(name) + " is no " + (chosen ? "[positions, " : "[batch, sequence, ") + std::to_string(n) + "]", "correct it, or rotary_embedding_dim");
    return -1;
  }
  int const x = chosen ? b.emit(gather_attributes{0}, {b.input(i), b.input(3)}) : b.input(i);
  if (x < 0 || b.desc_of(x).rank() != 3) {
    b.refuse("position_ids has rank " + std::to_string(b.rank(3)), "it must be [batch, sequence]");
    return -1;
  }
  index const batch = b.desc_of(x)[0], steps = b.desc_of(x)[1];
  return reshaped(b, x, heads_first ? std::vector<index>{batch, 1, steps, n} : std::vector<index>{batch, steps, 1, n});
}

/// Pairs (u, v) of the first elements of each head become (u cos - v sin, u sin + v cos): the two halves, or, interleaved, neighbours.
inline void bind_rotary_embedding(binding& b) {
  int const rank = b.rank(0);
  bool const heads_first = rank == 4, interleaved = b.integer("interleaved", 0) != 0;
  if (rank != 3 && rank != 4) return b.refuse("its input has rank " + std::to_string(rank), "it must be [batch, heads, sequence, size] or [batch, sequence, heads * size]");
  auto const given = dims_of(b, 0);
  auto dims = given;
  if (!heads_first) {
    index const heads = b.integer("num_heads", 0);
    if (heads < 1 || given[2] % heads != 0) return b.refuse("num_heads is " + std::to_string(heads) + " for " + std::to_string(given[2]) + " features", "give a num_heads that divides them");
    dims = {given[0], given[1], heads, given[2] / heads};
  }
  index const size = dims[3], asked = b.integer("rotary_embedding_dim", 0), rotated = asked == 0 ? size : asked, n = rotated / 2;
  if (rotated < 0 || rotated > size || rotated % 2 != 0)
    return b.refuse(std::to_string(rotated) + " of the " + std::to_string(size) + " elements of a head cannot be turned in pairs", "use an even rotary_embedding_dim that is not larger");
  int const cosine = angles_of(b, 1, n, heads_first), sine = angles_of(b, 2, n, heads_first);
  if (b.refused()) return;
  int const x = reshaped(b, b.input(0), dims);
  int const u = along_last(b, x, 0, interleaved ? 2 : 1, n), v = along_last(b, x, interleaved ? 1 : n, interleaved ? 2 : 1, n);
  int const real = b.emit(sub{}, {b.emit(mul{}, {u, cosine}), b.emit(mul{}, {v, sine})});
  int const imaginary = b.emit(add{}, {b.emit(mul{}, {u, sine}), b.emit(mul{}, {v, cosine})});
  std::vector<int> parts{real, imaginary};
  if (interleaved) {
    std::vector<index> const single{dims[0], dims[1], dims[2], n, 1};
    parts = {reshaped(b, b.emit(concat_attributes{4}, {reshaped(b, real, single), reshaped(b, imaginary, single)}), {dims[0], dims[1], dims[2], rotated})};
  }
  if (rotated < size) parts.push_back(along_last(b, x, rotated, 1, size - rotated));
  if (b.refused()) return;
  b.finish(reshaped(b, parts.size() > 1 ? b.emit(concat_attributes{3}, parts) : parts[0], given));
}

inline void add_rotary_embedding(onnx_table& table) {
  table["RotaryEmbedding"] = {&bind_rotary_embedding, 3, 4, "interleaved num_heads rotary_embedding_dim"};
}

}  // namespace DSI_NAMESPACE::import::detail

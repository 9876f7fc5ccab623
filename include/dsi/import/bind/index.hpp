// SPDX-License-Identifier: MIT
// ONNX operators that choose elements by indices: Gather, GatherElements, GatherND.
#pragma once

#include <dsi/backend/reference/gather.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/gather.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Constant indices are checked here; those that are computed are clamped at run time. Returns false when the node was refused.
inline bool indices_fit(binding& b, index extent) {
  if (!b.is_constant(1)) return true;
  onnx_tensor const& k = b.data(1);
  for (index i = 0; i < k.size(); ++i)
    if (integer_at(k, i) < -extent || integer_at(k, i) >= extent)
      return b.refuse("index " + std::to_string(integer_at(k, i)) + " is outside an extent of " + std::to_string(extent), "correct the indices, or DIMS"), false;
  return true;
}
inline bool indices_are_integers(binding& b) {
  if (contains(index_types, b.desc(1).type)) return true;
  return b.refuse("its indices are " + std::string(name_of(b.desc(1).type)), "export the model again: they must be int32 or int64"), false;
}

template <class Attributes>
void bind_gather(binding& b) {
  Attributes a;
  a.axis = b.axis(b.integer("axis", 0), b.rank(0));
  if (b.refused() || !indices_are_integers(b) || !indices_fit(b, b.desc(0)[static_cast<int>(a.axis)])) return;
  b.finish(b.emit(a, {b.input(0), b.input(1)}));
}
inline void bind_gather_nd(binding& b) {
  if (!indices_are_integers(b)) return;
  b.finish(b.emit(gather_nd_attributes{b.integer("batch_dims", 0)}, {b.input(0), b.input(1)}));
}

inline void add_indexing(onnx_table& table) {
  table["Gather"] = {&bind_gather<gather_attributes>, 2, 2, "axis"};
  table["GatherElements"] = {&bind_gather<gather_elements_attributes>, 2, 2, "axis"};
  table["GatherND"] = {&bind_gather_nd, 2, 2, "batch_dims"};
}

}  // namespace DSI_NAMESPACE::import::detail

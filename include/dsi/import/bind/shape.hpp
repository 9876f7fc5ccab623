// SPDX-License-Identifier: MIT
// ONNX operators that only give the same elements another shape, or none at all.
#pragma once

#include <dsi/import/bind/table.hpp>
#include <dsi/import/shape_rules.hpp>
#include <dsi/op/reshape.hpp>

namespace DSI_NAMESPACE::import::detail {

inline void reshape_to(binding& b, std::optional<std::vector<index>> const& dims, char const* why) {
  if (b.refused()) return;
  if (!dims) return b.refuse(why, "export the model with shapes that fit its inputs, or correct DIMS");
  if (dims->size() > max_rank) return b.refuse("the result has more than 8 dimensions", "merge some of them");
  b.finish(b.emit(reshape_attributes{shape_from(*dims)}, {b.input(0)}));
}

inline void bind_reshape(binding& b) {
  auto const to = b.opset() < 5 ? b.integers("shape") : b.constant_integers(1, "shape");
  reshape_to(b, reshape_extents(dims_of(b, 0), to, b.integer("allowzero", 0) != 0), "its shape does not fit the input's number of elements");
}
inline void bind_flatten(binding& b) {
  int const rank = b.rank(0);
  std::int64_t const given = b.integer("axis", 1), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) return b.refuse("axis " + std::to_string(given) + " does not exist in a tensor of rank " + std::to_string(rank), "correct the attribute axis");
  shape const s = b.desc(0).extents;
  reshape_to(b, std::vector<index>{s.product(0, static_cast<int>(axis)), s.product(static_cast<int>(axis), rank)}, "");
}
inline void bind_squeeze(binding& b) {
  auto const axes = axes_of(b);
  reshape_to(b, squeezed(dims_of(b, 0), axes, !b.has(1) && !b.has_attribute("axes")), "an axis does not exist or has another extent than 1");
}
inline void bind_unsqueeze(binding& b) {
  auto const axes = axes_of(b);
  reshape_to(b, unsqueezed(dims_of(b, 0), axes), "an axis does not exist or is named twice");
}
inline void bind_identity(binding& b) { b.finish(b.input(0)); }
inline void bind_dropout(binding& b) {
  if (b.has(2) && b.constant_number(2, 0, "training_mode") != 0 && b.constant_number(1, 0.5, "ratio") != 0) return b.refuse("it is in training mode", "export the model in evaluation mode");
  if (b.wants_output(1)) {  // nothing was dropped
    if (!b.may_make(dtype::boolean, dims_of(b, 0))) return;
    onnx_tensor mask = blank(dtype::boolean, dims_of(b, 0));
    for (std::byte& m : mask.bytes) m = std::byte{1};
    b.finish(1, b.constant(std::move(mask)));
  }
  b.finish(b.input(0));
}

inline void add_shapes(onnx_table& table) {
  table["Reshape"] = {&bind_reshape, 1, 2, "allowzero shape"};
  table["Flatten"] = {&bind_flatten, 1, 1, "axis"};
  table["Squeeze"] = {&bind_squeeze, 1, 2, "axes"};
  table["Unsqueeze"] = {&bind_unsqueeze, 1, 2, "axes"};
  table["Identity"] = {&bind_identity, 1, 1, {}};
  table["Dropout"] = {&bind_dropout, 1, 3, "ratio seed"};
}

}  // namespace DSI_NAMESPACE::import::detail

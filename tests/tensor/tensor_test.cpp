// SPDX-License-Identifier: MIT
// Extents and descriptions: sizes that overflow, more dimensions than fit, strides of either order.
#include <limits>

#include <doctest/doctest.h>

#include <dsi/op/operator_list.hpp>
#include <dsi/tensor/memory_space.hpp>
#include <dsi/tensor/tensor.hpp>

namespace {

using namespace dsi;

shape of_rank(int n) {
  shape s;
  for (int i = 0; i < n; ++i) s.push_back(2);
  return s;
}
tensor_desc described(shape const& s, dtype t = dtype::f32) { return {t, layout::row_major, s}; }

}  // namespace

TEST_CASE("a size is the product of the extents, or -1") {
  CHECK(shape{}.size() == 1);
  CHECK(shape(3, 0, 5).size() == 0);
  CHECK(shape(3, 4, 5).size() == 60);
  dsi::index const big = dsi::index{1} << 32;
  CHECK(shape(big, big).size() == -1);
  CHECK(shape(2, -3).size() == -1);
  CHECK(shape(big, big, 0).size() == -1);
  CHECK(shape(0, big, big).product(1, 3) == -1);
  CHECK(shape(2, 3, 4).product(1, 3) == 12);
  CHECK(described(shape(std::numeric_limits<dsi::index>::max() / 2)).bytes() == -1);
}

TEST_CASE("a ninth extent is counted, not written") {
  struct guarded {
    shape s;
    dsi::index behind = 77;
  } g{of_rank(max_rank), 77};
  CHECK(g.s.rank == max_rank);
  CHECK(g.s.size() == 256);
  g.s.push_back(3);
  CHECK(g.behind == 77);
  CHECK(g.s.rank == -max_rank - 1);
  CHECK(g.s.size() == -1);
  g.s.push_back(3);
  CHECK(g.s.rank == -max_rank - 2);
  CHECK(of_rank(max_rank + 2) == g.s);
}

TEST_CASE("a tensor that cannot be is refused wherever it stands") {
  CHECK(has_valid_extents(described(shape(3, 4))));
  CHECK(has_valid_extents(described(shape(0, 4))));
  CHECK(!has_valid_extents(described(shape(3, -4))));
  CHECK(!has_valid_extents(described(shape(0, max_tensor_bytes + 1))));
  CHECK(has_valid_extents(described(shape(max_tensor_bytes / 4))));
  CHECK(!has_valid_extents(described(shape(max_tensor_bytes / 4 + 1))));
  CHECK(!has_valid_extents(described(of_rank(9))));
  CHECK(refusal_of(described(of_rank(9))).reason == invalid::too_many_dims);
  CHECK(refusal_of(described(of_rank(9))).b == 9);

  tensor_desc const wild[]{described(shape(dsi::index{1} << 40, dsi::index{1} << 40))}, usual[]{described(shape(2, 3))};
  CHECK(infer_of(relu{}, {wild, 1}).reason == invalid::overflow);
  CHECK(infer_of(relu{}, {usual, 1}));
  CHECK(infer_of(reshape_attributes{of_rank(9)}, {usual, 1}).reason == invalid::too_many_dims);
  CHECK(infer_of(expand_attributes{of_rank(9)}, {usual, 1}).reason == invalid::too_many_dims);
  CHECK(infer_of(tile_attributes{shape(dsi::index{1} << 40, dsi::index{1} << 40)}, {usual, 1}).reason == invalid::overflow);
}

TEST_CASE("strides of either order") {
  CHECK(strides_of(described(shape(2, 3, 4, 5))) == shape(60, 20, 5, 1));
  tensor_desc last = described(shape(2, 3, 4, 5));
  last.order = layout::channels_last;
  CHECK(strides_of(last) == shape(60, 1, 15, 3));
  CHECK(same_in_every_layout(shape(2, 3, 1, 1)));
  CHECK(!same_in_every_layout(shape(2, 3, 1, 2)));
  CHECK(same_in_every_layout(shape(2, 1, 4, 2)));
}

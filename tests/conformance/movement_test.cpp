// SPDX-License-Identifier: MIT
// Operators that move elements, on elements of 1, 2, 4 and 8 bytes in both memory orders, against the reference loops, and those
// against values that NumPy gives.
#include <dsi/backend/reference/concat.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/backend/reference/pad.hpp>
#include <dsi/backend/reference/slice.hpp>
#include <dsi/backend/reference/split.hpp>
#include <dsi/backend/reference/transpose.hpp>
#include <dsi/backend/simd/data_movement.hpp>
#include <dsi/backend/simd/pad.hpp>

#include "movement_support.hpp"

namespace {

using namespace dsi;
using namespace conformance;

#define INPUT(...) dsi::input<T, __VA_ARGS__>

// Both memory orders of one tensor, with remainders of every block size.
DSI_CASE(reorder_33_31, INPUT(2, 33, 31), to_channels_last);
DSI_CASE(reorder_16_16, INPUT(1, 16, 4, 4), to_channels_last);
DSI_CASE(reorder_17_49, INPUT(1, 17, 7, 7), to_channels_last);
DSI_CASE(reorder_3_35, INPUT(2, 3, 5, 7), to_channels_last);
DSI_CASE(reorder_5_600, INPUT(1, 5, 20, 30), to_channels_last);
DSI_CASE(reorder_70_6, INPUT(1, 70, 2, 3), to_channels_last);

DSI_CASE(transpose_10, INPUT(37, 65), transpose<1, 0>);
DSI_CASE(transpose_021, INPUT(3, 9, 33), transpose<0, 2, 1>);
DSI_CASE(transpose_0231, INPUT(2, 9, 5, 7), transpose<0, 2, 3, 1>);
DSI_CASE(transpose_0213, INPUT(2, 9, 5, 24), transpose<0, 2, 1, 3>);
DSI_CASE(transpose_3210, INPUT(5, 9, 7, 3), transpose<3, 2, 1, 0>);
DSI_CASE(transpose_2103, INPUT(5, 9, 7, 3), transpose<2, 1, 0, 3>);
DSI_CASE(transpose_01324, INPUT(2, 3, 17, 18, 2), transpose<0, 1, 3, 2, 4>);
DSI_CASE(transpose_nothing, INPUT(5, 7), transpose<0, 1>);
DSI_CASE(transpose_from_channels_last, INPUT(2, 9, 5, 7), to_channels_last, transpose<0, 2, 3, 1>);
DSI_CASE(transpose_back, INPUT(2, 9, 5, 7), to_channels_last, transpose<0, 3, 2, 1>);

constexpr slice_attributes middle{shape(0, 2, 1, 0), shape(1, 1, 1, 1), shape(2, 5, 3, 3)};
constexpr slice_attributes backwards{shape(1, 7, 0, 2), shape(-1, -2, 2, -1), shape(2, 4, 3, 3)};
constexpr slice_attributes inner{shape(0, 0, 0, 1), shape(1, 1, 1, 2), shape(2, 9, 5, 3)};
DSI_CASE(slice_middle, INPUT(2, 9, 5, 7), slice<middle>);
DSI_CASE(slice_backwards, INPUT(2, 9, 5, 7), slice<backwards>);
DSI_CASE(slice_inner, INPUT(2, 9, 5, 7), slice<inner>);
DSI_CASE(slice_middle_last, INPUT(2, 9, 5, 7), to_channels_last, slice<middle>);
DSI_CASE(slice_backwards_last, INPUT(2, 9, 5, 7), to_channels_last, slice<backwards>);
DSI_CASE(slice_vector, INPUT(200), slice<slice_attributes{shape(3), shape(1), shape(131)}>);

template <class T>
struct concat_channels : dsi::graph<named_input<"a", T, 2, 5, 3, 4>, named_input<"b", T, 2, 1, 3, 4>, named_input<"c", T, 2, 19, 3, 4>,
                                    node<"y", concat<1>, "a", "b", "c">, output<"y">> {};
template <class T>
struct concat_channels_last
    : dsi::graph<named_input<"a", T, 2, 5, 3, 4>, named_input<"b", T, 2, 1, 3, 4>, named_input<"c", T, 2, 19, 3, 4>, node<"la", to_channels_last, "a">,
                 node<"lb", to_channels_last, "b">, node<"lc", to_channels_last, "c">, node<"y", concat<1>, "la", "lb", "lc">, output<"y">> {};
template <class T>
struct concat_rows : dsi::graph<named_input<"a", T, 3, 7>, named_input<"b", T, 200, 7>, node<"y", concat<0>, "a", "b">, node<"z", concat<-1>, "a", "a">, output<"y">, output<"z">> {};
template <class T>
struct split_all : dsi::graph<named_input<"x", T, 2, 9, 5, 4>, node<"l", to_channels_last, "x">, node<"a", split<1, 2, 7>, "x">, node<"b", split<-1, 1, 3>, "x">,
                              node<"c", split<1, 1, 5, 3>, "l">, node<"d", split<0, 1, 1>, "l">, output<"a.0">, output<"a.1">, output<"b.0">,
                              output<"b.1">, output<"c.0">, output<"c.1">, output<"c.2">, output<"d.0">, output<"d.1">> {};

constexpr pad_attributes around{pad_mode::constant, shape(0, 0, 1, 2), shape(0, 0, 3, 1), constant(9.f)};
constexpr pad_attributes everywhere{pad_mode::constant, shape(1, 2, 0, 3), shape(1, 0, 2, 0), constant(2.f)};
constexpr pad_attributes cut{pad_mode::constant, shape(0, 1, -1, 2), shape(-1, 0, 2, -2), constant(0.f)};
constexpr pad_attributes reflect{pad_mode::reflect, shape(0, 1, 2, 4), shape(1, 3, 0, 2), {}};
constexpr pad_attributes edge{pad_mode::edge, shape(2, 0, 6, 1), shape(0, 7, 1, 9), {}};
constexpr pad_attributes wrap{pad_mode::wrap, shape(0, 1, 6, 1), shape(3, 2, 1, 11), {}};
#define PAD(Name)                                            \
  DSI_CASE(pad_##Name, INPUT(2, 4, 5, 5), pad<Name>);        \
  DSI_CASE(pad_##Name##_last, INPUT(2, 4, 5, 5), to_channels_last, pad<Name>)
PAD(around);
PAD(everywhere);
PAD(cut);
PAD(reflect);
PAD(edge);
PAD(wrap);
DSI_CASE(pad_causal, INPUT(1, 5, 40), pad<pad_attributes{pad_mode::constant, shape(0, 0, 4), shape(0, 0, 0), {}}>);
DSI_CASE(pad_nothing, INPUT(1, 5, 40), pad<pad_attributes{pad_mode::constant, shape(0, 0, 0), shape(0, 0, 0), {}}>);
DSI_CASE(pad_empty, INPUT(2, 0, 3), pad<pad_attributes{pad_mode::constant, shape(0, 1, 0), shape(0, 1, 1), constant(3.f)}>);

DSI_CASE(expand_rows, INPUT(5, 1, 7), expand<2, 1, 3, 1>);
DSI_CASE(expand_inner, INPUT(5, 1), expand<5, 70>);
DSI_CASE(expand_one, INPUT(1), expand<3, 40>);
DSI_CASE(expand_last, INPUT(2, 9, 1, 3), to_channels_last, expand<2, 9, 4, 3>);
DSI_CASE(tile_2d, INPUT(3, 7), tile<2, 3>);
DSI_CASE(tile_last, INPUT(2, 5, 2, 3), to_channels_last, tile<1, 2, 3, 2>);

DSI_CASE(large, INPUT(1, 70, 41, 37), to_channels_last, transpose<0, 2, 1, 3>, pad<pad_attributes{pad_mode::constant, shape(0, 1, 0, 0), shape(0, 0, 1, 0), {}}>);
DSI_CASE(large_copy, INPUT(100003), slice<slice_attributes{shape(2), shape(1), shape(100000)}>);

/// What Case makes of 0, 1, 2, ..., by hand.
template <template <class> class Case>
void check_values(std::vector<double> const& expected) {
  constexpr auto g = Case<float>::description.view();
  std::vector<double> in(static_cast<std::size_t>(g.desc(g.inputs[0]).size()));
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<double>(i);
  CHECK(outputs<Case<float>, float, backend>(in) == expected);
  CHECK(outputs<Case<double>, double, reference_backend>(in) == expected);
}
DSI_CASE(six_transposed, INPUT(2, 3), transpose<1, 0>);
DSI_CASE(six_reversed, INPUT(2, 3), slice<slice_attributes{shape(1, 2), shape(-1, -2), shape(2, 2)}>);
DSI_CASE(six_reflected, INPUT(2, 3), pad<pad_attributes{pad_mode::reflect, shape(0, 2), shape(0, 1), {}}>);
DSI_CASE(six_wrapped, INPUT(2, 3), pad<pad_attributes{pad_mode::wrap, shape(0, 1), shape(0, 2), {}}>);
DSI_CASE(six_edged, INPUT(2, 3), pad<pad_attributes{pad_mode::edge, shape(1, 0), shape(0, 1), {}}>);
DSI_CASE(six_filled, INPUT(2, 3), pad<pad_attributes{pad_mode::constant, shape(0, -1), shape(1, 1), constant(-7.f)}>);
DSI_CASE(six_tiled, INPUT(2, 3), tile<1, 2>);

}  // namespace

TEST_CASE("the reference gives NumPy's values") {
  check_values<six_transposed>({0, 3, 1, 4, 2, 5});
  check_values<six_reversed>({5, 3, 2, 0});
  check_values<six_reflected>({2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4});
  check_values<six_wrapped>({2, 0, 1, 2, 0, 1, 5, 3, 4, 5, 3, 4});
  check_values<six_edged>({0, 1, 2, 2, 0, 1, 2, 2, 3, 4, 5, 5});
  check_values<six_filled>({1, 2, -7, 4, 5, -7, -7, -7, -7});
  check_values<six_tiled>({0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
}

TEST_CASE("memory orders") {
  static_assert(reorders<reorder_17_49<float>, backend>() == 1);  // back to row_major for the output
  check_moves_of_all_sizes<reorder_33_31>();
  check_moves_of_all_sizes<reorder_16_16>();
  check_moves_of_all_sizes<reorder_17_49>();
  check_moves_of_all_sizes<reorder_3_35>();
  check_moves_of_all_sizes<reorder_5_600>();
  check_moves_of_all_sizes<reorder_70_6>();
}

TEST_CASE("transpose") {
  check_moves_of_all_sizes<transpose_10>();
  check_moves_of_all_sizes<transpose_021>();
  check_moves_of_all_sizes<transpose_0231>();
  check_moves<transpose_0213, float>();
  check_moves<transpose_3210, half>();
  check_moves<transpose_2103, std::int8_t>();
  check_moves<transpose_01324, float>();
  check_moves<transpose_nothing, double>();
  static_assert(reorders<transpose_from_channels_last<float>, backend>() == 0);
  check_moves<transpose_from_channels_last, float>();
  check_moves<transpose_back, float>();
}

TEST_CASE("slice and split") {
  check_moves_of_all_sizes<slice_middle>();
  check_moves<slice_backwards, float>();
  check_moves<slice_inner, float>();
  check_moves<slice_middle_last, float>();
  check_moves<slice_backwards_last, half>();
  check_moves_of_all_sizes<slice_vector>();
  check_moves<split_all, float>();
  check_moves<split_all, std::uint8_t>();
}

TEST_CASE("concat") {
  check_moves_of_all_sizes<concat_channels>();
  check_moves_of_all_sizes<concat_channels_last>();
  check_moves<concat_rows, float>();
}

TEST_CASE("pad") {
  check_moves_of_all_sizes<pad_around>();
  check_moves_of_all_sizes<pad_around_last>();
  check_moves<pad_everywhere, float>();
  check_moves<pad_everywhere_last, float>();
  check_moves<pad_cut, float>();
  check_moves<pad_cut_last, float>();
  check_moves<pad_reflect, float>();
  check_moves<pad_reflect_last, bfloat16>();
  check_moves<pad_edge, float>();
  check_moves<pad_edge_last, float>();
  check_moves<pad_wrap, float>();
  check_moves<pad_wrap_last, float>();
  check_moves<pad_causal, float>();
  check_moves<pad_nothing, float>();
  check_moves<pad_empty, float>();
}

TEST_CASE("expand and tile") {
  check_moves_of_all_sizes<expand_rows>();
  check_moves_of_all_sizes<expand_inner>();
  check_moves<expand_one, float>();
  check_moves<expand_last, float>();
  check_moves_of_all_sizes<tile_2d>();
  check_moves<tile_last, float>();
}

TEST_CASE("large copies are shared among threads") {
  auto const expected = counted<large<float>, float, reference_backend>();
  CHECK(same_bytes(counted<large<float>, float, backend>(), expected));
  CHECK(same_bytes(counted<large<float>, float, backend, three_parts>(), expected));
  CHECK(same_bytes(counted<large_copy<float>, float, backend, three_parts>(), counted<large_copy<float>, float, reference_backend>()));
}

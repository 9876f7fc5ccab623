// SPDX-License-Identifier: MIT
// What the planner decides, on networks written by hand: fusion groups, folding, memory orders, places in memory.
#include <string>

#include <doctest/doctest.h>

#include <dsi/graph/model.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/operator_list.hpp>
#include <dsi/plan/network.hpp>

namespace {

using namespace dsi;

template <class Model, plan_options Options = plan_options{}>
constexpr plan_view plan_of = dsi::detail::planned_in_compiler<Model, Options>::value.view();
template <class Model>
constexpr graph_view graph_of = Model::description.view();

/// A plan in one line: groups with `*` before folded and `+` before fused nodes, `=` before views, `~` for reorders,
/// `>N` for copies to output N.
template <class Model, plan_options Options = plan_options{}>
std::string text_of() {
  constexpr graph_view g = graph_of<Model>;
  constexpr plan_view p = plan_of<Model, Options>;
  static_assert(valid_plan(g, p));
  std::string text;
  for (int s = 0; s < p.step_count; ++s) {
    plan_step const& step = p.steps[s];
    if (s > 0) text += " | ";
    if (step.kind == step_kind::alias) text += "=";
    if (step.kind == step_kind::reorder)
      text += (step.to_output >= 0 ? ">" + std::to_string(step.to_output) : "~") + std::string(g.tensors[p.operands[step.first_operand].tensor].name.text().view());
    for (int m = 0; m < step.members; ++m)
      text += (m == 0 ? "" : m <= step.folded ? "*" : "+") + std::string(g.nodes[p.members[step.first_member + m]].name.text().view());
  }
  return text;
}

constexpr auto conv3x3(dsi::index out, dsi::index groups = 1) { return conv2d_attributes{.out = out, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = groups}; }
constexpr plan_options no_fuse{.fuse = false}, no_fold{.fold = false}, row_major{.channels_last = false}, keep_all{.keep_all = true};

struct mlp : pipeline<input<float, 3, 64>, dense<128>, relu, dense<10>, softmax> {};
struct conv_norm : pipeline<input<float, 1, 8, 6, 6>, conv2d<conv3x3(16)>, batch_norm<>, relu> {};
struct residual_block : pipeline<input<float, 1, 8, 6, 6>, residual<conv2d<conv3x3(8)>, batch_norm<>, relu, conv2d<conv3x3(8)>, batch_norm<>>, relu> {};
struct swish_by_hand : graph<named_input<"x", float, 2, 5>, parameter<"w", float, 7, 5>, node<"h", dense<7, false>, "x", "w">, node<"s", sigmoid, "h">,
                             node<"y", mul, "h", "s">, node<"z", relu, "y">, output<"z">> {};
struct inner_output : graph<named_input<"x", float, 2, 5>, parameter<"w", float, 7, 5>, node<"h", dense<7, false>, "x", "w">, node<"y", relu, "h">,
                            node<"z", sigmoid, "y">, output<"y">, output<"z">> {};
struct affine_chain : graph<named_input<"x", float, 1, 4, 3, 3>, parameter<"w", float, 8, 4, 1, 1>, parameter<"scale", float, 8, 1, 1>, parameter<"shift", float, 1, 8, 1, 1>,
                            node<"c", conv2d<conv2d_attributes{.out = 8, .bias = false}>, "x", "w">, node<"m", mul, "c", "scale">, node<"a", add, "m", "shift">,
                            node<"y", relu, "a">, output<"y">> {};
struct not_affine : graph<named_input<"x", float, 1, 4, 3, 3>, parameter<"w", float, 8, 4, 1, 1>, parameter<"columns", float, 3>,
                          node<"c", conv2d<conv2d_attributes{.out = 8, .bias = false}>, "x", "w">, node<"y", mul, "c", "columns">, output<"y">> {};
struct two_branches : pipeline<input<float, 1, 16, 8, 8>, concat_of<1, conv2d<conv2d_attributes{.out = 4}>, conv2d<conv3x3(4)>>, relu, global_average_pool, flatten<1>, dense<3>> {};
struct odd_outputs : graph<named_input<"x", float, 2, 6>, parameter<"c", float, 3>, node<"v", reshape<3, 4>, "x">, node<"y", relu, "x">, node<"w", reshape<12>, "y">,
                           output<"x">, output<"y">, output<"y">, output<"c">, output<"v">, output<"w">> {};
struct permuted : graph<named_input<"image", float, 1, 6, 5, 3>, parameter<"w", float, 4, 3, 1, 1>, node<"x", transpose<0, 3, 1, 2>, "image">,
                        node<"y", conv2d<conv2d_attributes{.out = 4, .bias = false}>, "x", "w">, node<"z", transpose<0, 2, 3, 1>, "y">, output<"z">> {};
struct shared_constant : graph<named_input<"x", float, 2, 4>, parameter<"w", float, 4, 4>, node<"h", dense<4, false>, "x", "w">, node<"y", dense<4, false>, "h", "w">, output<"y">> {};
struct long_chain : pipeline<input<float, 1, 1000>, softmax, softmax, softmax, softmax, softmax, softmax> {};
struct in_place_chain : graph<named_input<"x", float, 1, 1000>, node<"a", softmax, "x">, node<"b", relu, "a">, node<"c", softmax, "b">, output<"c">> {};
struct three_convolutions : pipeline<input<float, 1, 16, 8, 8>, conv2d<conv3x3(16)>, relu, conv2d<conv3x3(16)>, relu, conv2d<conv3x3(16)>, relu> {};
struct plain_backend {
  using base = plain_backend;
  using fallback = void;
  static constexpr plan_options options{};
};

}  // namespace

TEST_CASE("elementwise operators go behind the layer before them") {
  CHECK(text_of<mlp>() == "dense0+relu1 | dense2 | softmax3");
  CHECK(text_of<mlp, no_fuse>() == "dense0 | relu1 | dense2 | softmax3");
  CHECK(text_of<swish_by_hand>() == "h+s+y+z");
  CHECK(text_of<inner_output>() == "h+y | z");
  CHECK(text_of<residual_block>() == "~x | conv0*batch_norm1+relu2 | conv3*batch_norm4+add5+relu6 | ~relu6");
}

TEST_CASE("affine operators with constants per channel go into the weights") {
  CHECK(text_of<conv_norm>() == "~x | conv0*batch_norm1+relu2 | ~relu2");
  CHECK(text_of<conv_norm, no_fold>() == "~x | conv0+batch_norm1+relu2 | ~relu2");
  CHECK(text_of<affine_chain>() == "c*m*a+y | ~y");
  CHECK(text_of<not_affine>() == "c+y | ~y");
  constexpr plan_view p = plan_of<affine_chain>;
  // The convolution had no bias: folding makes one.
  CHECK(p.steps[0].inputs == 3);
  CHECK(p.operands[2].tensor == -1);
  CHECK(p.weights[p.operands[2].weight].bias);
  CHECK(p.weights[p.operands[2].weight].desc.extents == shape(8));
}

TEST_CASE("an image changes its memory order at the borders of the network alone") {
  CHECK(text_of<two_branches>() == "~x | conv0 | conv1 | concat2 | relu3 | global_average_pool4 | =flatten5 | dense6");
  CHECK(text_of<two_branches, row_major>() == "conv0 | conv1 | concat2 | relu3 | global_average_pool4 | =flatten5 | dense6");
  // NHWC in, NHWC out: both transpositions are views.
  CHECK(text_of<permuted>() == "=x | y | =z");
  CHECK(text_of<permuted, row_major>() == "x | y | z");
}

TEST_CASE("outputs are written where they are computed, others are copied") {
  CHECK(text_of<odd_outputs>() == "=v | y | =w | >0x | >2y | >3c | >4v | >5w");
  constexpr plan_view p = plan_of<odd_outputs>;
  constexpr graph_view g = graph_of<odd_outputs>;
  CHECK(p.buffer(g.outputs[1], layout::row_major).where == place::output);
  CHECK(p.buffer(g.outputs[1], layout::row_major).at == 1);
  CHECK(p.arena_bytes == 0);
}

TEST_CASE("a constant is stored once for each form in which it is used") {
  constexpr plan_view p = plan_of<shared_constant>;
  CHECK(p.weight_count == 1);
  CHECK(p.operands[1].weight == p.operands[4].weight);
  CHECK(p.weight_bytes == 4 * panel_width * 4);
}

TEST_CASE("memory is used again as soon as nobody reads it") {
  CHECK(plan_of<long_chain>.arena_bytes == 2 * 4032);  // 1000 floats, rounded to 64 bytes: one is read while the other is written
  CHECK(plan_of<long_chain, keep_all>.arena_bytes == 5 * 4032);
  constexpr plan_view p = plan_of<in_place_chain, no_fuse>;
  CHECK(p.buffer(1, layout::row_major).root == p.buffer(2, layout::row_major).root);
  CHECK(p.arena_bytes == 4032);
  constexpr plan_view kept = plan_of<in_place_chain, plan_options{.fuse = false, .keep_all = true}>;
  CHECK(kept.buffer(1, layout::row_major).root != kept.buffer(2, layout::row_major).root);
}

TEST_CASE("identical blocks are one type") {
  using n = network<three_convolutions, plain_backend>;
  static_assert(n::plan.step_count == 5);
  CHECK(std::is_same_v<n::problem_at<1>, n::problem_at<2>>);
  CHECK(std::is_same_v<n::problem_at<2>, n::problem_at<3>>);
  CHECK(!std::is_same_v<n::problem_at<0>, n::problem_at<4>>);
  CHECK(std::is_same_v<n::problem_at<1>::operation, fused<conv2d<conv3x3(16)>, apply<relu, acc>>>);
}

// SPDX-License-Identifier: MIT
// Networks as types: pipelines, residuals, branches, names, several outputs, the structure hash.
#include <string>

#include <doctest/doctest.h>

#include <dsi/graph/model.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/operator_list.hpp>

namespace {

using namespace dsi;

template <class Model>
constexpr graph_view view_of = Model::description.view();

template <class Model>
std::string tensors_of() {
  constexpr graph_view g = view_of<Model>;
  std::string text;
  for (int t = 0; t < g.tensor_count; ++t) {
    text += (t > 0 ? " " : "") + std::string(g.tensors[t].name.text().view()) + "[";
    for (int d = 0; d < g.desc(t).rank(); ++d) text += (d > 0 ? "," : "") + std::to_string(g.desc(t)[d]);
    text += "]";
  }
  return text;
}
template <class Model>
std::string edges_of(int node) {
  constexpr graph_view g = view_of<Model>;
  std::string text;
  for (int i = 0; i < g.nodes[node].inputs; ++i) text += (i > 0 ? " " : "") + std::string(g.tensors[g.input_of(node, i)].name.text().view());
  return text;
}

struct mlp : pipeline<input<float, 64>, dense<128>, relu, dense<10, false>, softmax> {};
struct block : pipeline<input<float, 2, 8>, dense<8>, residual<relu, dense<8>>, tanh> {};
struct branches : pipeline<input<float, 2, 8>, concat_of<1, dense<3>, chain<relu, dense<4>>, residual<sigmoid>>, relu> {};
struct nested : pipeline<input<float, 2, 8>, residual<residual<relu>, concat_of<1, dense<3>, dense<5>>>> {};
struct parts : graph<named_input<"x", float, 2, 7>, named_input<"y", float, 2, 3>, node<"cut", split<1, 3, 4>, "x">, node<"sum", add, "cut.0", "y">, output<"cut.1">,
                     output<"sum">, output<"y">> {};

// The same structure under other names, and on another batch.
struct first : graph<named_input<"x", float, 1, 6>, parameter<"w", float, 5, 6>, node<"y", dense<5, false>, "x", "w">, node<"z", relu, "y">, output<"z">> {};
struct renamed : graph<named_input<"in", float, 1, 6>, parameter<"kernel", float, 5, 6>, node<"a", dense<5, false>, "in", "kernel">, node<"b", relu, "a">, output<"b">> {};
struct batched : graph<named_input<"x", float, 9, 6>, parameter<"w", float, 5, 6>, node<"y", dense<5, false>, "x", "w">, node<"z", relu, "y">, output<"z">> {};
// Each differs from `first` in one thing.
struct other_operator : graph<named_input<"x", float, 1, 6>, parameter<"w", float, 5, 6>, node<"y", dense<5, false>, "x", "w">, node<"z", sigmoid, "y">, output<"z">> {};
struct other_weight : graph<named_input<"x", float, 1, 6>, parameter<"w", float, 4, 6>, node<"y", dense<4, false>, "x", "w">, node<"z", relu, "y">, output<"z">> {};
struct other_type : graph<named_input<"x", half, 1, 6>, parameter<"w", half, 5, 6>, node<"y", dense<5, false>, "x", "w">, node<"z", relu, "y">, output<"z">> {};
struct other_output : graph<named_input<"x", float, 1, 6>, parameter<"w", float, 5, 6>, node<"y", dense<5, false>, "x", "w">, node<"z", relu, "y">, output<"y">> {};
struct other_wiring : graph<named_input<"x", float, 1, 6>, parameter<"w", float, 5, 6>, node<"y", dense<5, false>, "x", "w">, node<"z", relu, "x">, output<"z">> {};
struct leaky : graph<named_input<"x", float, 1, 6>, node<"z", leaky_relu<leaky_relu_attributes{constant(0.1f)}>, "x">, output<"z">> {};
struct leakier : graph<named_input<"x", float, 1, 6>, node<"z", leaky_relu<leaky_relu_attributes{constant(0.2f)}>, "x">, output<"z">> {};

// Attributes that are shapes: an order of dimensions counts, extents that follow the batch do not.
template <class Op>
struct through : pipeline<input<float, 2, 3, 3>, Op, flatten<1>, dense<4>> {};
template <dsi::index Batch>
struct sized : pipeline<input<float, Batch, 3, 3>, reshape<Batch, 9>, dense<6>, slice<slice_attributes{shape(0, 0), shape(1, 1), shape(Batch, 4)}>,
                        reshape<Batch, 2, 2>, tile<1, 1, 1>> {};
template <dsi::index Batch>
struct widened : graph<named_input<"x", float, Batch, 4>, parameter<"token", float, 1, 4>, node<"tokens", expand<Batch, 4>, "token">,
                       node<"tiled", tile<Batch, 1>, "token">, node<"a", add, "x", "tokens">, node<"y", add, "a", "tiled">, output<"y">> {};

}  // namespace

TEST_CASE("a pipeline names its parameters after the layer and its number") {
  CHECK(tensors_of<mlp>() == "x[64] dense0.weight[128,64] dense0.bias[128] dense0[128] relu1[128] dense2.weight[10,128] dense2[10] softmax3[10]");
  static_assert(macs(view_of<mlp>) == 64 * 128 + 128 * 10);
  static_assert(view_of<mlp>.input_count == 1 && view_of<mlp>.output_count == 1);
}

TEST_CASE("a residual adds its input to what its layers give") {
  CHECK(tensors_of<block>() == "x[2,8] dense0.weight[8,8] dense0.bias[8] dense0[2,8] relu1[2,8] dense2.weight[8,8] dense2.bias[8] dense2[2,8] add3[2,8] tanh4[2,8]");
  CHECK(edges_of<block>(3) == "dense2 dense0");
  CHECK(edges_of<block>(4) == "add3");
}

TEST_CASE("branches start from the same tensor") {
  CHECK(edges_of<branches>(5) == "dense0 dense2 add4");
  CHECK(edges_of<branches>(0) == "x dense0.weight dense0.bias");
  CHECK(edges_of<branches>(1) == "x");
  CHECK(edges_of<branches>(3) == "x");
  constexpr graph_view g = view_of<branches>;
  CHECK(g.desc(g.outputs[0]).extents == shape(2, 15));
  CHECK(edges_of<nested>(4) == "dense2 dense3");
  CHECK(edges_of<nested>(5) == "concat4 x");
}

TEST_CASE("a node with several outputs gives name.0, name.1") {
  CHECK(tensors_of<parts>() == "x[2,7] y[2,3] cut.0[2,3] cut.1[2,4] sum[2,3]");
  constexpr graph_view g = view_of<parts>;
  CHECK(g.outputs[0] == 3);
  CHECK(g.outputs[2] == 1);
  CHECK(g.tensors[3].producer == 0);
  CHECK(g.nodes[0].outputs == 2);
}

TEST_CASE("names are put together without storage") {
  CHECK(name_parts{"conv"}.text().view() == "conv");
  CHECK(name_parts{"conv", 12}.text().view() == "conv12");
  CHECK(name_parts{"conv", 12, "weight"}.text().view() == "conv12.weight");
  CHECK(name_parts{"conv", 12, "weight"}.hash() == name_parts{"conv12.weight"}.hash());
  CHECK(name_parts{"conv", 1}.hash() != name_parts{"conv", 2}.hash());
}

TEST_CASE("the structure hash follows operators, wiring and parameters, not names and batches") {
  constexpr std::uint64_t hash = structure_hash(view_of<first>);
  CHECK(structure_hash(view_of<renamed>) == hash);
  CHECK(structure_hash(view_of<batched>) == hash);
  CHECK(structure_hash(view_of<other_operator>) != hash);
  CHECK(structure_hash(view_of<other_weight>) != hash);
  CHECK(structure_hash(view_of<other_type>) != hash);
  CHECK(structure_hash(view_of<other_output>) != hash);
  CHECK(structure_hash(view_of<other_wiring>) != hash);
  CHECK(structure_hash(view_of<leaky>) != structure_hash(view_of<leakier>));
}

TEST_CASE("the structure hash follows attributes that are shapes, except what follows the batch") {
  CHECK(structure_hash(view_of<through<dsi::transpose<0, 2, 1>>>) != structure_hash(view_of<through<dsi::transpose<0, 1, 2>>>));
  constexpr auto padded = [](dsi::index left, dsi::index right) { return pad_attributes{.before = shape(0, 0, left), .after = shape(0, 0, right)}; };
  CHECK(structure_hash(view_of<through<pad<padded(1, 2)>>>) != structure_hash(view_of<through<pad<padded(2, 1)>>>));
  constexpr auto from = [](dsi::index first) { return slice_attributes{shape(0, first, 0), shape(1, 1, 1), shape(2, 2, 3)}; };
  CHECK(structure_hash(view_of<through<slice<from(0)>>>) != structure_hash(view_of<through<slice<from(1)>>>));
  using halves = graph<named_input<"x", float, 1, 6>, node<"s", split<1, 2, 4>, "x">, output<"s.0">, output<"s.1">>;
  using others = graph<named_input<"x", float, 1, 6>, node<"s", split<1, 4, 2>, "x">, output<"s.0">, output<"s.1">>;
  CHECK(structure_hash(view_of<halves>) != structure_hash(view_of<others>));
  CHECK(structure_hash(view_of<sized<1>>) == structure_hash(view_of<sized<9>>));
  CHECK(structure_hash(view_of<widened<1>>) == structure_hash(view_of<widened<9>>));
}

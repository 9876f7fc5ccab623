// SPDX-License-Identifier: MIT
// If, Loop and Scan: chosen, computed both, unrolled, or refused with what would work.
#include <doctest/doctest.h>

#include "network_builder.hpp"

namespace {

using namespace network_builder;
using ints = std::vector<std::int64_t>;

/// A graph inside a node, made as a network is.
di::onnx_graph inside(network const& n) { return n.model->graph; }

int nodes_named(imported const& r, std::string_view name) {
  int count = 0;
  for (auto const& n : r.graph.nodes) count += n.op->name() == name ? 1 : 0;
  return count;
}
std::vector<float> floats(imported const& r, std::size_t k = 0) {
  INFO(r.notes.text());
  REQUIRE(r.constant(k) != nullptr);
  return r.constant(k)->values<float>();
}

/// y = p ? x + x : <other>(x), x and p inputs of the network.
network choice(char const* other, std::vector<std::string> in, std::vector<di::onnx_attribute> a = {}) {
  network yes, no, n;
  yes.node("Add", {"x", "x"}, {"a"}).output("a");
  no.node(other, std::move(in), {"b"}, std::move(a)).output("b");
  n.input("p", {}, dtype::boolean).input("x", {"2", "3"});
  n.node("If", {"p"}, {"y"}, {attribute("then_branch", inside(yes)), attribute("else_branch", inside(no))}).output("y");
  return n;
}
di::command_line binding(char const* name, char const* value) {
  di::command_line c;
  c.bind = {{name, value}};
  return c;
}

/// s' = s + i while i < limit (a constant), collecting s'.
network sum_of_numbers(di::onnx_tensor limit, std::string const& most = "most") {
  network body, n;
  body.input("i", {}, dtype::i64).input("c", {}, dtype::boolean).input("s", {}, dtype::f32);
  body.node("Cast", {"i"}, {"f"}, {attribute("to", std::int64_t{1})}).node("Add", {"s", "f"}, {"t"}).node("Less", {"i", "limit"}, {"more"}).node("Neg", {"t"}, {"o"});
  body.output("more").output("t").output("o");
  for (auto& v : body.model->graph.outputs) {
    v.type = dtype::f32;
    v.ranked = true;
  }
  n.constant("limit", std::move(limit)).constant("most", tensor<std::int64_t>({}, {5})).constant("start", tensor<float>({}, {100}));
  n.node("Loop", {most, "", "start"}, {"y", "all"}, {attribute("body", inside(body))}).output("y").output("all");
  return n;
}

}  // namespace

TEST_CASE("a known condition takes its branch; the other one may be anything") {
  network const n = choice("NoSuchOperator", {"x"});
  imported const r = import(n, binding("p", "1"));
  INFO(r.notes.text());
  CHECK(r.notes.ok());
  CHECK(r.graph.nodes.size() == 1);
  CHECK(import(n, binding("p", "0")).says("dsi has no operator NoSuchOperator"));
  CHECK(import(n).says("dsi has no operator NoSuchOperator"));
}

TEST_CASE("a condition at run time selects between both branches") {
  imported const r = import(choice("Neg", {"x"}));
  INFO(r.notes.text());
  REQUIRE(r.notes.ok());
  CHECK(nodes_named(r, "add") == 1);
  CHECK(nodes_named(r, "neg") == 1);
  CHECK(nodes_named(r, "where") == 1);
  CHECK(import(choice("Transpose", {"x"})).says("output 0 is float32 [2, 3] in one branch and float32 [3, 2] in the other; fix what decides the condition with DIMS or BIND"));
  CHECK(import(choice("Shape", {"x"})).says("and int64 [2] in the other"));
  // What both branches hand on needs no selection.
  network same, n;
  same.output("x");
  n.input("p", {}, dtype::boolean).input("x", {"2", "3"});
  n.node("If", {"p"}, {"z"}, {attribute("then_branch", inside(same)), attribute("else_branch", inside(same))}).node("Relu", {"z"}, {"y"}).output("y");
  CHECK(import(n).graph.nodes.size() == 1);
}

TEST_CASE("a loop ends by its number, by its condition, or before it began") {
  imported const by_number = import(sum_of_numbers(tensor<std::int64_t>({}, {99})));
  CHECK(floats(by_number) == std::vector<float>{110});
  CHECK(floats(by_number, 1) == std::vector<float>{-100, -101, -103, -106, -110});
  CHECK(floats(import(sum_of_numbers(tensor<std::int64_t>({}, {2})))) == std::vector<float>{103});
  network never = sum_of_numbers(tensor<std::int64_t>({}, {99}));
  never.model->graph.initializers[1] = tensor<std::int64_t>({}, {0});
  never.model->graph.initializers[1].name = "most";
  imported const none = import(never);
  CHECK(floats(none) == std::vector<float>{100});
  CHECK(floats(none, 1).empty());
}

TEST_CASE("loops that are not known are refused with what would work") {
  network n = sum_of_numbers(tensor<std::int64_t>({}, {99}), "m");
  n.input("m", {}, dtype::i64);
  CHECK(import(n).says("input 0 (M, how often it runs) must be known when the network is compiled, and it is the network's input \"m\"; fix with DIMS or BIND"));
  CHECK(floats(import(n, binding("m", "3"))) == std::vector<float>{103});
  network open = sum_of_numbers(tensor<std::int64_t>({}, {99}), "");
  CHECK(import(open).says("has neither a number of iterations nor a condition"));
  network data = sum_of_numbers(tensor<std::int64_t>({}, {99}));
  data.model->graph.initializers.erase(data.model->graph.initializers.begin());
  data.input("limit", {}, dtype::i64);
  CHECK(import(data).says("whether it goes on after iteration 0 is computed at run time"));
  network endless = sum_of_numbers(tensor<std::int64_t>({}, {1 << 30}));
  endless.model->graph.initializers[1] = tensor<std::int64_t>({}, {1 << 30});
  endless.model->graph.initializers[1].name = "most";
  CHECK(import(endless).says("its loop becomes more than 20000 nodes"));
}

TEST_CASE("a scan takes sequences apart and puts them together, in both directions") {
  network body, n;
  body.input("s", {"2"}).input("e", {"2"});
  body.node("Add", {"s", "e"}, {"t"}).node("Identity", {"t"}, {"o"}).output("t").output("o");
  n.constant("zero", list<float>({0, 0})).constant("x", tensor<float>({2, 3}, {1, 2, 3, 10, 20, 30}));
  auto const scan = [&](std::int64_t reads_backwards, std::int64_t prepends, std::int64_t axis) {
    network k = n;
    k.model = std::make_shared<di::onnx_model>(*n.model);
    k.node("Scan", {"zero", "x"}, {"last", "all"},
           {attribute("body", inside(body)), attribute("num_scan_inputs", std::int64_t{1}), attribute("scan_input_axes", ints{-1}), attribute("scan_input_directions", ints{reads_backwards}),
            attribute("scan_output_directions", ints{prepends}), attribute("scan_output_axes", ints{axis})});
    k.output("last").output("all");
    return import(k);
  };
  CHECK(floats(scan(0, 0, 0)) == std::vector<float>{6, 60});
  CHECK(floats(scan(0, 0, 0), 1) == std::vector<float>{1, 10, 3, 30, 6, 60});
  CHECK(floats(scan(0, 0, 1), 1) == std::vector<float>{1, 3, 6, 10, 30, 60});
  CHECK(floats(scan(1, 0, 0), 1) == std::vector<float>{3, 30, 5, 50, 6, 60});
  CHECK(floats(scan(0, 1, 0), 1) == std::vector<float>{6, 60, 3, 30, 1, 10});
  CHECK(scan(0, 0, 7).says("axis 7 does not exist in a tensor of rank 2"));
}

TEST_CASE("what works on sequences, strings or chance is refused with its reason") {
  for (auto const& [op, words] : {std::pair{"SequenceAt", "sequences or optionals"}, {"OptionalHasElement", "sequences or optionals"}, {"StringConcat", "on strings"},
                                  {"RandomNormalLike", "random"}, {"SoftmaxCrossEntropyLoss", "for training"}, {"NonMaxSuppression", "depends on values"}}) {
    network n;
    n.input("x", {"2"}).node(op, {"x"}, {"y"}).output("y");
    CHECK(import(n).says(words));
  }
}

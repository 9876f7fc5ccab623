// SPDX-License-Identifier: MIT
// What the import refuses, and the words: attributes and inputs that an operator has not, types, budgets, values that are not known.
#include <doctest/doctest.h>

#include <chrono>

#include "network_builder.hpp"

namespace {

using namespace network_builder;

imported one_node(std::string const& op, std::vector<std::string> in, std::vector<di::onnx_attribute> a = {}, dsi::index opset = 21) {
  network n(opset);
  n.input("x", {"1", "2", "7", "7"}).input("i", {"4"}, dtype::i64).input("s", {}, dtype::i64);
  n.constant("w", di::detail::blank(dtype::f32, {2, 2, 3, 3})).constant("c", list<float>({1, 2, 3, 4}));
  n.constant("huge", list<std::int64_t>({std::int64_t{1} << 62})).constant("far", list<std::int64_t>({1, std::int64_t{1} << 59, 1, 1}));
  n.node(op, std::move(in), {"y"}, std::move(a)).output("y");
  imported r = import(n);
  INFO(r.notes.text());
  return r;
}
di::onnx_attribute ints(char const* name, std::vector<std::int64_t> v) { return attribute(name, std::move(v)); }

}  // namespace

TEST_CASE("an attribute that nobody reads is an error at its node") {
  CHECK(one_node("Conv", {"x", "w"}, {ints("dilations", {2, 2})}).notes.ok());
  CHECK(one_node("Conv", {"x", "w"}, {ints("dilation", {2, 2})}).says("Conv (output \"y\"): has no attribute \"dilation\"; write dilations"));
  CHECK(one_node("Relu", {"x"}, {attribute("alpha", 1.f)}).says("has no attribute \"alpha\"; leave it out: this operator has no attributes"));
  CHECK(one_node("Softmax", {"x"}, {attribute("Axis", std::int64_t{1})}).says("write axis"));
  CHECK(one_node("Conv", {"x", "w"}, {ints("kernel_shape", {3, 3})}).notes.ok());
  CHECK(one_node("Conv", {"x", "w"}, {ints("kernel_shape", {2, 2})}).says("kernel_shape says another window than its weight has"));
  CHECK(one_node("BatchNormalization", {"x", "c", "c", "c", "c"}, {attribute("spatial", std::int64_t{0})}, 7).says("spatial is 0"));
  CHECK(one_node("Gemm", {"i", "i"}, {attribute("alpha", 0.5f)}).says("must have rank 2"));
}

TEST_CASE("the number of inputs is checked before anything is computed") {
  CHECK(one_node("Equal", {"c"}).says("has 1 inputs and takes 2"));
  CHECK(one_node("Relu", {"x", "x"}).says("has 2 inputs and takes 1"));
  CHECK(one_node("Clip", {"x", "", "", ""}).notes.ok());  // left out is not there
  CHECK(one_node("Conv", {"", "w"}).says("input 0 is left out"));
  CHECK(one_node("Add", {"", "w"}).says("input 0 is left out"));
  CHECK(one_node("Where", {"x", "x"}).says("has 2 inputs and takes 3"));
  CHECK(one_node("Concat", {}).says("has 0 inputs and takes 1 or more"));
}

TEST_CASE("operators say which element types they do not take") {
  CHECK(one_node("Sigmoid", {"i"}).says("input 0 is int64, which it does not take; put a Cast before it"));
  CHECK(one_node("Add", {"i", "c"}).says("its inputs are int64 and float32; put a Cast before one of them"));
  CHECK(one_node("And", {"c", "c"}).says("input 0 is float32"));
  CHECK(one_node("BitwiseAnd", {"c", "c"}).says("input 0 is float32"));
  for (char const* op : {"Relu", "Neg", "Abs", "Sign", "ReduceSum", "ReduceMax", "Clip"}) {
    CAPTURE(op);
    CHECK(one_node(op, {"i"}).notes.ok());
  }
  imported const clip = one_node("Clip", {"i", "s"});
  REQUIRE(clip.notes.ok());
  CHECK(clip.graph.nodes.at(0).op->name() == "maximum");  // limits of an integer are not floats
}

TEST_CASE("what must be known says what computes it") {
  CHECK(one_node("Reshape", {"x", "i"}).says("input 1 (shape) must be known when the network is compiled, and it is the network's input \"i\""));
  network n;
  n.input("x", {"2"}).input("i", {"1"}, dtype::i64).node("Neg", {"i"}, {"j"}).node("Reshape", {"x", "j"}, {"y"}).output("y");
  CHECK(import(n).says("it is computed at run time by Neg (output \"j\")"));
  CHECK(one_node("Reshape", {"x", "c"}).says("is no list of integers"));
}

TEST_CASE("extents that do not fit are refused, also where another extent is 0") {
  CHECK(one_node("Tile", {"c", "huge"}).says("more elements than fit"));
  CHECK(one_node("ConstantOfShape", {"huge"}).says("more elements than fit"));
  CHECK(one_node("Expand", {"c", "huge"}).says("neither match nor broadcast"));
  CHECK(one_node("Pad", {"x"}, {ints("pads", {0, 0, 0, 0, 0, 0, 0, std::int64_t{1} << 62})}, 10).says("absurdly large"));
  CHECK(one_node("MaxPool", {"x"}, {ints("kernel_shape", {1, 1}), ints("strides", {std::int64_t{1} << 62, 1})}).says("positive and sensible"));
  network n;
  n.constant("x", tensor<float>({0}, {})).constant("r", list<std::int64_t>({std::int64_t{1} << 62}));
  n.constant("s", list<std::int64_t>({0, std::int64_t{1} << 40, std::int64_t{1} << 40})).node("Reshape", {"x", "s"}, {"y"}, {attribute("allowzero", std::int64_t{1})}).output("y");
  CHECK(import(n).says("more elements than fit"));
}

TEST_CASE("computing constants has a budget, and the node that exceeds it is named") {
  network n;
  n.input("x", {"4"}).constant("s", list<std::int64_t>({1 << 20}));
  n.node("ConstantOfShape", {"s"}, {"a"}).node("ConstantOfShape", {"s"}, {"b"}).node("ReduceSum", {"b"}, {"c"}).node("Add", {"x", "c"}, {"y"}).output("y");
  CHECK(import_within({1 << 24, 1 << 24}, n).notes.ok());
  CHECK(import_within({6 << 20, 1 << 24}, n).says("ConstantOfShape (output \"b\"): it is computed while the network is compiled, and needs 4194304 bytes"));
  CHECK(import_within({1 << 24, (3 << 20) - 1}, n).says("ReduceSum (output \"c\"): it is computed"));
  // The whole import of bombs ends soon, whatever they ask for.
  network bombs;
  bombs.constant("s", list<std::int64_t>({1 << 28}));
  for (int i = 0; i < 40; ++i) bombs.node("ConstantOfShape", {"s"}, {"a" + std::to_string(i)});
  bombs.node("Add", {"a0", "a39"}, {"y"}).output("y");
  CHECK(import(bombs).says("operations more than that may cost"));
}

TEST_CASE("attributes and parts that contradict the node") {
  network n;
  n.input("x", {"7"}).node("Split", {"x"}, {"a", "b"}).output("a").output("b");
  CHECK(import(n).says("an extent of 7 has no 2 equal parts"));
  network m;
  m.input("x", {"7"}).constant("s", list<std::int64_t>({3, 3})).node("Split", {"x", "s"}, {"a", "b"}).output("a").output("b");
  CHECK(import(m).says("the parts do not add up to the extent of 7"));
  network k;
  k.input("x", {"7"}).node("Split", {"x"}, {"a", "b"}, {attribute("num_outputs", std::int64_t{3})}).output("a").output("b");
  CHECK(import(k).says("num_outputs is 3 and it has 2 outputs"));
  CHECK(one_node("Slice", {"x"}, {ints("starts", {0, 1}), ints("ends", {1, 2}), ints("axes", {2, -2})}, 9).says("is named twice"));
  CHECK(one_node("Gelu", {"x"}, {attribute("approximate", "sigmoid")}).says("use none or tanh"));
}

TEST_CASE("thousands of nodes are imported in no time") {
  network n;
  n.input("v0", {"1", "4"});
  int const count = 8000;
  for (int i = 0; i < count; ++i) n.node(i % 2 ? "Relu" : "Tanh", {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)});
  n.output("v" + std::to_string(count));
  auto const begin = std::chrono::steady_clock::now();
  imported const r = import(n);
  CHECK(r.graph.nodes.size() == 8000);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));  // quadratic it took half a minute
}

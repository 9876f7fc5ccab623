// SPDX-License-Identifier: MIT
// What is recognized computes what was written: every pattern before and after, also where somebody else reads its parts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "network_builder.hpp"

namespace {

using namespace network_builder;
using attributes = std::vector<di::onnx_attribute>;
using ints = std::vector<std::int64_t>;
using values = std::vector<std::vector<std::byte>>;

/// The outputs of a network of floats, with the reference loops, and which operators it has.
struct outcome {
  std::vector<std::vector<float>> outputs;
  std::vector<std::string> operators;
  long count(std::string const& name) const { return std::count(operators.begin(), operators.end(), name); }
};

outcome compute(di::import_graph const& g, std::vector<std::vector<float>> const& inputs) {
  values memory(g.values.size());
  auto const at = [](int v) { return static_cast<std::size_t>(v); };
  for (std::size_t v = 0; v < memory.size(); ++v) {
    if (g.values[v].constant) memory[v] = g.values[v].data->bytes;
    else memory[v].resize(static_cast<std::size_t>(g.values[v].desc.bytes()), std::byte{0x7f});
  }
  for (std::size_t i = 0; i < g.inputs.size(); ++i) {
    REQUIRE(inputs[i].size() * sizeof(float) == memory[at(g.inputs[i])].size());
    std::memcpy(memory[at(g.inputs[i])].data(), inputs[i].data(), memory[at(g.inputs[i])].size());
  }
  outcome r;
  for (di::import_node const& n : g.nodes) {
    std::vector<dsi::tensor_desc> in, out;
    std::vector<void const*> x;
    std::vector<void*> y;
    for (int v : n.inputs) in.push_back(g.value(v).desc), x.push_back(memory[at(v)].data());
    for (int v : n.outputs) out.push_back(g.value(v).desc), y.push_back(memory[at(v)].data());
    REQUIRE_MESSAGE(n.op->evaluate(in, x, out, y), n.op->name());
    r.operators.emplace_back(n.op->name());
  }
  for (int o : g.outputs) {
    auto const* f = reinterpret_cast<float const*>(memory[at(o)].data());
    r.outputs.emplace_back(f, f + memory[at(o)].size() / sizeof(float));
  }
  return r;
}

/// Imports, computes, rewrites, computes again; the results must agree. Returns what came out in the end.
outcome check(network const& n, float range = 1) {
  imported r = import(n);
  INFO(r.notes.text());
  REQUIRE(r.notes.ok());
  r.graph.clean();
  std::mt19937 random(7);
  std::uniform_real_distribution<float> draw(-range, range);
  std::vector<std::vector<float>> inputs;
  for (int i : r.graph.inputs) {
    auto& x = inputs.emplace_back(static_cast<std::size_t>(r.graph.value(i).desc.size()));
    for (float& v : x) v = draw(random);
  }
  outcome const before = compute(r.graph, inputs);
  rewrite(r.graph);
  outcome const after = compute(r.graph, inputs);
  REQUIRE(after.outputs.size() == before.outputs.size());
  for (std::size_t o = 0; o < before.outputs.size(); ++o) {
    REQUIRE(after.outputs[o].size() == before.outputs[o].size());
    for (std::size_t i = 0; i < before.outputs[o].size(); ++i) {
      float const a = after.outputs[o][i], b = before.outputs[o][i];
      CAPTURE(o);
      CAPTURE(i);
      CHECK_MESSAGE(((std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-5f * (1 + std::abs(b))), a, " instead of ", b);
    }
  }
  return after;
}

di::onnx_tensor number(float v) { return tensor<float>({}, {v}); }
/// Values that differ from one another.
di::onnx_tensor ramp(std::vector<dsi::index> dims, float first, float step) {
  di::onnx_tensor t = tensor<float>(dims, {});
  dsi::index n = 1;
  for (dsi::index d : dims) n *= d;
  for (dsi::index i = 0; i < n; ++i) {
    float const v = first + step * static_cast<float>(i % 13);
    auto const* bytes = reinterpret_cast<std::byte const*>(&v);
    t.bytes.insert(t.bytes.end(), bytes, bytes + sizeof v);
  }
  return t;
}

/// q, k and v as PyTorch splits them into heads: Reshape, Transpose. k has its last dimensions swapped.
network& heads(network& n, char const* batch, std::int64_t heads_, std::int64_t key_heads, std::int64_t features) {
  n.input("q", {batch, "5", std::to_string(heads_ * features).c_str()});
  n.input("k", {batch, "7", std::to_string(key_heads * features).c_str()}).input("v", {batch, "7", std::to_string(key_heads * features).c_str()});
  n.constant("to_q", list<std::int64_t>({0, 0, heads_, features})).constant("to_k", list<std::int64_t>({0, 0, key_heads, features}));
  n.constant("merged", list<std::int64_t>({0, 0, -1}));
  n.node("Reshape", {"q", "to_q"}, {"q4"}).node("Reshape", {"k", "to_k"}, {"k4"}).node("Reshape", {"v", "to_k"}, {"v4"});
  n.node("Transpose", {"q4"}, {"qh"}, {attribute("perm", ints{0, 2, 1, 3})}).node("Transpose", {"v4"}, {"vh"}, {attribute("perm", ints{0, 2, 1, 3})});
  return n.node("Transpose", {"k4"}, {"kt"}, {attribute("perm", ints{0, 2, 3, 1})});
}
/// The results of all heads side by side.
network& merge(network& n) { return n.node("Transpose", {"o"}, {"t"}, {attribute("perm", ints{0, 2, 1, 3})}).node("Reshape", {"t", "merged"}, {"y"}).output("y"); }

/// Mean, deviations, their mean square, division: "d" and "z" of x [2, 3, 9].
network& deviations(network& n) {
  n.input("x", {"2", "3", "9"}).constant("two", number(2)).constant("epsilon", number(1e-3f));
  n.node("ReduceMean", {"x"}, {"m"}, {attribute("axes", ints{-1})}).node("Sub", {"x", "m"}, {"d"});
  n.node("Pow", {"d", "two"}, {"dd"}).node("ReduceMean", {"dd"}, {"mm"}, {attribute("axes", ints{-1})});
  return n.node("Add", {"mm", "epsilon"}, {"e"}).node("Sqrt", {"e"}, {"s"}).node("Div", {"d", "s"}, {"z"});
}

}  // namespace

TEST_CASE("attention as PyTorch exports it") {
  network n(17);
  heads(n, "2", 3, 3, 4).constant("root", number(2)).node("MatMul", {"qh", "kt"}, {"s"}).node("Div", {"s", "root"}, {"c"});
  n.node("Softmax", {"c"}, {"p"}).node("MatMul", {"p", "vh"}, {"o"});
  outcome const r = check(merge(n), 3);
  CHECK(r.operators == std::vector<std::string>{"attention"});  // no transpose is left
}

TEST_CASE("attention with masks, scaled on both sides, and zeros for NaN") {
  network n(17);
  heads(n, "2", 3, 3, 4).constant("root", number(0.7f)).input("mask", {"2", "1", "1", "7"}).constant("bias", ramp({3, 5, 7}, -1, 0.3f)).constant("zero", number(0));
  n.node("Mul", {"qh", "root"}, {"qs"}).node("Mul", {"root", "kt"}, {"ks"}).node("MatMul", {"qs", "ks"}, {"s"});
  n.node("Add", {"s", "bias"}, {"a"}).node("Add", {"mask", "a"}, {"b"}).node("Softmax", {"b"}, {"p"}, {attribute("axis", std::int64_t{-1})});
  n.node("IsNaN", {"p"}, {"is"}).node("Where", {"is", "zero", "p"}, {"pz"}).node("MatMul", {"pz", "vh"}, {"o"});
  outcome const r = check(merge(n), 3);
  CHECK(r.count("attention") == 1);
  CHECK(r.count("matmul") + r.count("softmax") + r.count("transpose") + r.count("is_nan") == 0);
}

TEST_CASE("attention without dimensions for batches, and with both in one") {
  network two(17);
  two.input("q", {"5", "4"}).input("k", {"4", "7"}).input("v", {"7", "3"}).input("mask", {"7"}).node("MatMul", {"q", "k"}, {"s"}).node("Add", {"s", "mask"}, {"a"});
  two.node("Softmax", {"a"}, {"p"}).node("MatMul", {"p", "v"}, {"y"}).output("y");
  CHECK(check(two).count("attention") == 1);

  // nn.MultiheadAttention: [L, B, E] as [L, B heads, D], transposed to the front.
  network three(17);
  three.input("q", {"5", "2", "12"}).input("k", {"7", "2", "12"}).input("v", {"7", "2", "12"}).constant("to", list<std::int64_t>({0, 6, 4})).constant("root", number(0.5f));
  three.input("mask", {"6", "5", "7"});
  for (std::string const x : {"q", "k", "v"}) three.node("Reshape", {x, "to"}, {x + "3"});
  three.node("Transpose", {"q3"}, {"qh"}, {attribute("perm", ints{1, 0, 2})}).node("Transpose", {"k3"}, {"kh"}, {attribute("perm", ints{1, 2, 0})});
  three.node("Transpose", {"v3"}, {"vh"}, {attribute("perm", ints{1, 0, 2})}).node("Mul", {"qh", "root"}, {"qs"}).node("MatMul", {"qs", "kh"}, {"s"});
  three.node("Add", {"mask", "s"}, {"a"}).node("Softmax", {"a"}, {"p"}).node("MatMul", {"p", "vh"}, {"o"});
  three.node("Transpose", {"o"}, {"t"}, {attribute("perm", ints{1, 0, 2})}).constant("back", list<std::int64_t>({10, 12})).node("Reshape", {"t", "back"}, {"y"}).output("y");
  outcome const r = check(three);
  CHECK(r.count("attention") == 1);
  CHECK(r.count("transpose") == 0);
}

TEST_CASE("groups of heads that share keys read them where they are") {
  network n(17);
  heads(n, "2", 6, 2, 4).constant("axis", list<std::int64_t>({2})).constant("wide", list<std::int64_t>({2, 2, 3, 7, 4})).constant("all", list<std::int64_t>({2, 6, 7, 4}));
  n.node("Transpose", {"k4"}, {"kh"}, {attribute("perm", ints{0, 2, 1, 3})});
  for (std::string const x : {"k", "v"})
    n.node("Unsqueeze", {x + "h", "axis"}, {x + "5"}).node("Expand", {x + "5", "wide"}, {x + "e"}).node("Reshape", {x + "e", "all"}, {x + "r"});
  n.node("Transpose", {"kr"}, {"turned"}, {attribute("perm", ints{0, 1, 3, 2})}).node("MatMul", {"qh", "turned"}, {"s"}).node("Softmax", {"s"}, {"p"});
  n.node("MatMul", {"p", "vr"}, {"o"});
  CHECK(check(merge(n)).operators == std::vector<std::string>{"attention"});
}

TEST_CASE("what is not attention, or is read by others, stays as it is") {
  auto const start = [] {
    network n(17);
    return heads(n, "2", 3, 3, 4).constant("root", number(2)).constant("bias", ramp({5, 7}, -1, 0.3f)).node("MatMul", {"qh", "kt"}, {"s"});
  };
  network weights = start();  // the probabilities are an output, too
  weights.node("Softmax", {"s"}, {"p"}).node("MatMul", {"p", "vh"}, {"o"}).output("p");
  CHECK(check(merge(weights)).count("softmax") == 1);
  network scores = start();  // the scores are read by another node
  scores.node("Softmax", {"s"}, {"p"}).node("MatMul", {"p", "vh"}, {"o"}).node("Relu", {"s"}, {"r"}).output("r");
  CHECK(check(merge(scores)).count("softmax") == 1);
  network scaled_mask = start();  // (s + bias) / 2: the mask is scaled as well
  scaled_mask.node("Add", {"s", "bias"}, {"a"}).node("Div", {"a", "root"}, {"c"}).node("Softmax", {"c"}, {"p"}).node("MatMul", {"p", "vh"}, {"o"});
  CHECK(check(merge(scaled_mask)).count("softmax") == 1);
  network across = start();  // over the queries
  across.node("Softmax", {"s"}, {"p"}, {attribute("axis", std::int64_t{2})}).node("MatMul", {"p", "vh"}, {"o"});
  CHECK(check(merge(across)).count("softmax") == 1);
  network shared = start();  // the results of the heads are read before they are merged
  shared.node("Softmax", {"s"}, {"p"}).node("MatMul", {"p", "vh"}, {"o"}).node("Relu", {"o"}, {"r"}).output("r");
  outcome const r = check(merge(shared));
  CHECK(r.count("attention") == 1);
  CHECK(r.count("transpose") == 1);
}

TEST_CASE("layer norm in eight nodes") {
  network n(17);
  deviations(n).constant("g", ramp({9}, 0.5f, 0.25f)).constant("b", ramp({1, 9}, -1, 0.2f)).node("Mul", {"z", "g"}, {"w"}).node("Add", {"b", "w"}, {"y"}).output("y");
  CHECK(check(n).operators == std::vector<std::string>{"layer_norm"});

  network parts(17);  // its middle is read as well
  deviations(parts).constant("g", ramp({9}, 0.5f, 0.25f)).node("Mul", {"g", "z"}, {"y"}).output("y").output("mm").output("z");
  CHECK(check(parts).count("layer_norm") == 2);

  network plain(17);  // no parameters; the mean is subtracted twice, the root is inverted, a residual follows
  plain.input("x", {"2", "3", "9"}).input("r", {"2", "3", "9"}).constant("epsilon", number(1e-3f));
  plain.node("ReduceMean", {"x"}, {"m"}, {attribute("axes", ints{1, 2})}).node("Sub", {"x", "m"}, {"d"}).node("Sub", {"x", "m"}, {"c"}).node("Mul", {"c", "c"}, {"dd"});
  plain.node("ReduceMean", {"dd"}, {"mm"}, {attribute("axes", ints{1, 2})}).node("Add", {"epsilon", "mm"}, {"e"}).node("Sqrt", {"e"}, {"s"}).node("Reciprocal", {"s"}, {"i"});
  plain.node("Mul", {"d", "i"}, {"z"}).node("Add", {"z", "r"}, {"y"}).output("y");
  CHECK(check(plain).operators == std::vector<std::string>{"layer_norm", "add"});

  network other(17);  // the two means go along different axes
  other.input("x", {"2", "3", "9"}).constant("epsilon", number(1e-3f)).node("ReduceMean", {"x"}, {"m"}, {attribute("axes", ints{1})}).node("Sub", {"x", "m"}, {"d"});
  other.node("Mul", {"d", "d"}, {"dd"}).node("ReduceMean", {"dd"}, {"mm"}, {attribute("axes", ints{-1})}).node("Add", {"mm", "epsilon"}, {"e"}).node("Sqrt", {"e"}, {"s"});
  other.node("Div", {"d", "s"}, {"y"}).output("y");
  CHECK(check(other).count("layer_norm") == 0);
}

TEST_CASE("root mean square norm") {
  for (bool const divides : {false, true}) {
    network n(17);
    n.input("x", {"2", "3", "9"}).constant("two", number(2)).constant("epsilon", number(1e-3f)).constant("one", number(1)).constant("g", ramp({9}, 0.5f, 0.25f));
    n.node("Pow", {"x", "two"}, {"xx"}).node("ReduceMean", {"xx"}, {"mm"}, {attribute("axes", ints{-1})}).node("Add", {"mm", "epsilon"}, {"e"}).node("Sqrt", {"e"}, {"s"});
    if (divides) n.node("Div", {"x", "s"}, {"z"});
    else n.node("Div", {"one", "s"}, {"i"}).node("Mul", {"i", "x"}, {"z"});
    n.node("Mul", {"g", "z"}, {"y"}).output("y");
    CHECK(check(n).operators == std::vector<std::string>{"rms_norm"});
  }
  network cubes(17);
  cubes.input("x", {"2", "9"}).constant("three", number(3)).constant("epsilon", number(30)).node("Pow", {"x", "three"}, {"xx"});
  cubes.node("ReduceMean", {"xx"}, {"mm"}, {attribute("axes", ints{-1})}).node("Add", {"mm", "epsilon"}, {"e"}).node("Sqrt", {"e"}, {"s"}).node("Div", {"x", "s"}, {"y"}).output("y");
  CHECK(check(cubes).count("rms_norm") == 0);
}

TEST_CASE("GELU with erf and with tanh, its factors in any order") {
  auto const start = [](char const* curve, bool divides) {
    network n(17);
    n.input("x", {"4", "9"}).constant("half", number(0.5f)).constant("one", number(1)).constant("root", number(1.41421354f)).constant("inverse", number(0.70710677f));
    if (divides) n.node("Div", {"x", "root"}, {"u"});
    else n.node("Mul", {"inverse", "x"}, {"u"});
    return n.node(curve, {"u"}, {"c"}).node("Add", {"one", "c"}, {"k"});
  };
  network a = start("Erf", true), b = start("Erf", false), c = start("Tanh", true);
  a.node("Mul", {"x", "k"}, {"h"}).node("Mul", {"h", "half"}, {"y"}).output("y");
  CHECK(check(a, 4).operators == std::vector<std::string>{"gelu"});
  b.node("Mul", {"half", "x"}, {"h"}).node("Mul", {"h", "k"}, {"y"}).output("y").output("h");
  CHECK(check(b, 4).count("gelu") == 1);
  c.node("Mul", {"x", "k"}, {"h"}).node("Mul", {"h", "half"}, {"y"}).output("y");  // another curve
  CHECK(check(c, 4).count("gelu_tanh") == 0);
  network whole = start("Erf", true);  // twice as much
  whole.node("Mul", {"x", "k"}, {"y"}).output("y");
  CHECK(check(whole, 4).count("gelu") == 0);
  network wide(17);  // erf of x itself
  wide.input("x", {"4", "9"}).constant("half", number(0.5f)).constant("one", number(1)).node("Erf", {"x"}, {"c"}).node("Add", {"c", "one"}, {"k"});
  wide.node("Mul", {"x", "half"}, {"h"}).node("Mul", {"h", "k"}, {"y"}).output("y");
  CHECK(check(wide, 4).count("gelu") == 0);

  network t(17);
  t.input("x", {"4", "9"}).constant("half", number(0.5f)).constant("one", number(1)).constant("slope", number(0.7978846f)).constant("cubic", number(0.044715f)).constant("three", number(3));
  network fast = t;
  t.node("Pow", {"x", "three"}, {"x3"}).node("Mul", {"cubic", "x3"}, {"w"}).node("Add", {"x", "w"}, {"s"}).node("Mul", {"s", "slope"}, {"u"}).node("Tanh", {"u"}, {"c"});
  t.node("Add", {"c", "one"}, {"k"}).node("Mul", {"x", "half"}, {"h"}).node("Mul", {"h", "k"}, {"y"}).output("y");
  CHECK(check(t, 4).operators == std::vector<std::string>{"gelu_tanh"});
  fast.node("Mul", {"x", "slope"}, {"a"}).node("Mul", {"x", "cubic"}, {"b"}).node("Mul", {"b", "x"}, {"w"}).node("Add", {"w", "one"}, {"s"}).node("Mul", {"a", "s"}, {"u"});
  fast.node("Tanh", {"u"}, {"c"}).node("Add", {"c", "one"}, {"k"}).node("Mul", {"k", "half"}, {"h"}).node("Mul", {"h", "x"}, {"y"}).output("y");
  CHECK(check(fast, 4).operators == std::vector<std::string>{"gelu_tanh"});
}

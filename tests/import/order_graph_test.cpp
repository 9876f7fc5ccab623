// SPDX-License-Identifier: MIT
// Constant nodes become initializers; nodes stand in topological order; cycles are named.
#include <doctest/doctest.h>

#include "model_builder.hpp"

using namespace model_builder;

namespace {
std::vector<std::string> names(di::onnx_graph const& g) {
  std::vector<std::string> all;
  for (auto const& n : g.nodes) all.push_back(n.name);
  return all;
}
}  // namespace

TEST_CASE("Constant nodes become initializers") {
  auto m = relu();
  auto* g = m.mutable_graph();
  floats(attribute(node(g->add_node(), "Constant", {}, {"t"}), "value", pb::AttributeProto::TENSOR)->mutable_t(), "other", {1, 2}, {1, 2});
  attribute(node(g->add_node(), "Constant", {}, {"f"}), "value_float", pb::AttributeProto::FLOAT)->set_f(2.5f);
  attribute(node(g->add_node(), "Constant", {}, {"i"}), "value_int", pb::AttributeProto::INT)->set_i(-7);
  auto* fs = attribute(node(g->add_node(), "Constant", {}, {"fs"}), "value_floats", pb::AttributeProto::FLOATS);
  fs->add_floats(1);
  fs->add_floats(2);
  attribute(node(g->add_node(), "Constant", {}, {"is"}), "value_ints", pb::AttributeProto::INTS)->add_ints(9);
  attribute(node(g->add_node(), "Constant", {}, {"none"}), "value_ints", pb::AttributeProto::INTS);
  value(g->add_output(), "t", {1, 2});
  auto const r = read(m);
  CAPTURE(r.notes.text());
  REQUIRE(r);
  auto const& got = r.value->graph;
  CHECK(got.nodes.size() == 1);
  REQUIRE(got.initializers.size() == 6);
  CHECK(*got.initializer("t") == di::make_tensor<float>("t", {1, 2}, std::vector<float>{1, 2}));
  CHECK(*got.initializer("f") == di::make_tensor<float>("f", {}, std::vector<float>{2.5f}));
  CHECK(*got.initializer("i") == di::make_tensor<std::int64_t>("i", {}, std::vector<std::int64_t>{-7}));
  CHECK(*got.initializer("fs") == di::make_tensor<float>("fs", {2}, std::vector<float>{1, 2}));
  CHECK(*got.initializer("is") == di::make_tensor<std::int64_t>("is", {1}, std::vector<std::int64_t>{9}));
  CHECK(*got.initializer("none") == di::make_tensor<std::int64_t>("none", {0}, std::vector<std::int64_t>{}));
}

TEST_CASE("Constant nodes that hold no numbers, or not one value") {
  auto m = relu();
  auto* n = node(m.mutable_graph()->add_node(), "Constant", {}, {"c"}, "k");
  SUBCASE("string") {
    attribute(n, "value_string", pb::AttributeProto::STRING)->set_s("a");
    CHECK_REFUSED(m, "error: Constant \"k\": attribute \"value_string\" is a string; dsi computes with numbers");
  }
  SUBCASE("strings") {
    attribute(n, "value_strings", pb::AttributeProto::STRINGS)->add_strings("a");
    CHECK_REFUSED(m, "attribute \"value_strings\" is a list of strings");
  }
  SUBCASE("sparse") {
    attribute(n, "sparse_value", pb::AttributeProto::SPARSE_TENSOR);
    CHECK_REFUSED(m, "Constant \"k\", attribute \"sparse_value\": is sparse");
  }
  SUBCASE("none") { CHECK_REFUSED(m, "Constant \"k\": must have one attribute with the value, one output and no input"); }
  SUBCASE("a broken tensor") {
    floats(attribute(n, "value", pb::AttributeProto::TENSOR)->mutable_t(), "", {3}, {1});
    CHECK_REFUSED(m, "Constant \"k\", attribute \"value\": has dims [3] of float32, which is 12 bytes, but 4 bytes in float_data");
  }
}

TEST_CASE("an ordered file keeps its order") {
  auto m = relu();
  auto* g = m.mutable_graph();
  node(g->add_node(), "Neg", {"x"}, {"b"}, "b");
  node(g->add_node(), "Abs", {"y"}, {"c"}, "c");
  node(g->add_node(), "Add", {"b", "c"}, {"d"}, "d");
  auto const r = read(m);
  REQUIRE(r);
  CHECK(names(r.value->graph) == std::vector<std::string>{"act", "b", "c", "d"});
}

TEST_CASE("nodes are sorted, what a subgraph captures included") {
  auto m = empty();
  auto* g = m.mutable_graph();
  value(g->add_input(), "x", {1});
  value(g->add_output(), "z", {1});
  auto* n = node(g->add_node(), "If", {"x"}, {"z"}, "if");
  auto* body = attribute(n, "then_branch", pb::AttributeProto::GRAPH)->mutable_g();
  node(body->add_node(), "Add", {"inner", "late"}, {"o"}, "sum");
  node(body->add_node(), "Neg", {"x"}, {"inner"}, "neg");
  value(body->add_output(), "o", {});
  node(g->add_node(), "Abs", {"early"}, {"late"}, "late");
  node(g->add_node(), "Exp", {"x"}, {"early"}, "early");
  auto const r = read(m);
  CAPTURE(r.notes.text());
  REQUIRE(r);
  CHECK(names(r.value->graph) == std::vector<std::string>{"early", "late", "if"});
  CHECK(names(*r.value->graph.nodes[2].graph("then_branch")) == std::vector<std::string>{"neg", "sum"});
}

TEST_CASE("cycles are named") {
  auto m = relu();
  auto* g = m.mutable_graph();
  node(g->add_node(), "Add", {"x", "c"}, {"a"}, "first");
  node(g->add_node(), "Neg", {"a"}, {"b"}, "second");
  node(g->add_node(), "Abs", {"b"}, {"c"}, "third");
  node(g->add_node(), "Exp", {"c"}, {"after"}, "downstream");
  CHECK_REFUSED(m, "error: graph \"g\": has a cycle: Neg \"second\" -> Abs \"third\" -> Add \"first\" -> back to the first; "
                   "express the loop with Loop, Scan or a recurrent operator");
  auto self = relu();
  node(self.mutable_graph()->add_node(), "Add", {"x", "a"}, {"a"}, "self");
  CHECK_REFUSED(self, "has a cycle: Add \"self\" -> back to the first");
  auto captured = relu();
  auto* n = node(captured.mutable_graph()->add_node(), "If", {"x"}, {"z"}, "if");
  auto* body = attribute(n, "then_branch", pb::AttributeProto::GRAPH)->mutable_g();
  node(body->add_node(), "Neg", {"z"}, {"o"});
  value(body->add_output(), "o", {});
  CHECK_REFUSED(captured, "has a cycle: If \"if\" -> back to the first");
}

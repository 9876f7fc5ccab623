// SPDX-License-Identifier: MIT
// One definition and one name for every value; model-local functions inlined.
#include <doctest/doctest.h>

#include "model_builder.hpp"

using namespace model_builder;

namespace {

/// pkg.Twice(a) -> b: two nodes. Called on x, giving y.
pb::ModelProto with_function() {
  auto m = empty(18, 9);
  value(m.mutable_graph()->add_input(), "x", {4});
  value(m.mutable_graph()->add_output(), "y", {4});
  node(m.mutable_graph()->add_node(), "Twice", {"x"}, {"y"}, "call")->set_domain("pkg");
  auto* import = m.add_opset_import();
  import->set_domain("pkg");
  import->set_version(1);
  auto* f = m.add_functions();
  f->set_domain("pkg");
  f->set_name("Twice");
  f->add_input("a");
  f->add_output("b");
  f->add_opset_import()->set_version(18);
  node(f->add_node(), "Neg", {"a"}, {"t"}, "n1");
  node(f->add_node(), "Neg", {"t"}, {"b"}, "n2");
  return m;
}

/// A graph of the If kind: no inputs, one node that reads `in`.
pb::GraphProto branch(char const* op, char const* in, char const* out) {
  pb::GraphProto g;
  g.set_name(op);
  node(g.add_node(), op, {in}, {out});
  value(g.add_output(), out, {});
  return g;
}

}  // namespace

TEST_CASE("an initializer that is also an input is a constant") {
  auto m = relu(9, 3);
  floats(m.mutable_graph()->add_initializer(), "w", {1}, {2});
  value(m.mutable_graph()->add_input(), "w", {1});
  auto const r = read(m);
  REQUIRE(r);
  CHECK(r.value->graph.inputs.size() == 1);
  CHECK(r.value->graph.inputs[0].name == "x");
  CHECK(r.value->graph.initializers.size() == 1);
}

TEST_CASE("every value has exactly one definition") {
  auto m = relu();
  SUBCASE("two nodes") {
    node(m.mutable_graph()->add_node(), "Neg", {"x"}, {"y"}, "second");
    CHECK_REFUSED(m, "error: Neg \"second\": defines the value \"y\" that is defined before");
  }
  SUBCASE("a node and an input") {
    node(m.mutable_graph()->add_node(), "Neg", {"x"}, {"x"}, "second");
    CHECK_REFUSED(m, "defines the value \"x\" that is defined before");
  }
  SUBCASE("two initializers") {
    for (int i = 0; i < 2; ++i) floats(m.mutable_graph()->add_initializer(), "w", {1}, {2});
    CHECK_REFUSED(m, "graph \"g\", initializer: defines the value \"w\" that is defined before");
  }
  SUBCASE("two inputs") {
    value(m.mutable_graph()->add_input(), "x", {1});
    CHECK_REFUSED(m, "graph \"g\", input: defines the value \"x\"");
  }
  SUBCASE("one output twice") {
    value(m.mutable_graph()->add_output(), "y", {1, 4});
    CHECK_REFUSED(m, "output \"y\": is listed twice");
  }
  SUBCASE("no definition of an input") {
    m.mutable_graph()->mutable_node(0)->set_input(0, "nowhere");
    CHECK_REFUSED(m, "error: Relu \"act\": reads the value \"nowhere\" that nothing defines");
  }
  SUBCASE("no definition of an output") {
    m.mutable_graph()->mutable_output(0)->set_name("nowhere");
    CHECK_REFUSED(m, "graph \"g\": has the output \"nowhere\" that nothing defines");
  }
  SUBCASE("no output") {
    m.mutable_graph()->clear_output();
    CHECK_REFUSED(m, "graph \"g\": has no outputs");
  }
  SUBCASE("no name of an input") {
    value(m.mutable_graph()->add_input(), "", {1});
    CHECK_REFUSED(m, "has an input without a name");
  }
  SUBCASE("no name of an initializer") {
    floats(m.mutable_graph()->add_initializer(), "", {1}, {1});
    CHECK_REFUSED(m, "has an initializer without a name");
  }
  SUBCASE("no operator") {
    m.mutable_graph()->mutable_node(0)->clear_op_type();
    CHECK_REFUSED(m, "node \"act\": has no operator");
  }
}

TEST_CASE("inputs and outputs left out stay left out") {
  auto m = relu();
  auto* n = node(m.mutable_graph()->add_node(), "Clip", {"y", "", "x"}, {"", "z"});
  (void)n;
  auto const r = read(m);
  REQUIRE(r);
  auto const& clip = r.value->graph.nodes[1];
  CHECK(clip.has_input(0));
  CHECK_FALSE(clip.has_input(1));
  CHECK_FALSE(clip.has_input(3));
  CHECK_FALSE(clip.has_output(0));
  CHECK(clip.has_output(1));
}

TEST_CASE("values of subgraphs get names of their own, captured ones keep theirs") {
  auto m = relu();
  value(m.mutable_graph()->add_input(), "c", {}, pb::TensorProto::BOOL);
  auto* n = node(m.mutable_graph()->add_node(), "If", {"c"}, {"z"}, "if");
  *attribute(n, "then_branch", pb::AttributeProto::GRAPH)->mutable_g() = branch("Neg", "y", "o");
  *attribute(n, "else_branch", pb::AttributeProto::GRAPH)->mutable_g() = branch("Abs", "y", "o");
  // x is shadowed: inside, x is what Exp makes.
  auto* inner = n->mutable_attribute(1)->mutable_g();
  node(inner->add_node(), "Exp", {"o"}, {"x"});
  node(inner->add_node(), "Log", {"x"}, {"p"});
  inner->mutable_output(0)->set_name("p");
  auto const r = read(m);
  CAPTURE(r.notes.text());
  REQUIRE(r);
  auto const& got = r.value->graph.nodes[1];
  auto const* then_branch = got.graph("then_branch");
  auto const* else_branch = got.graph("else_branch");
  REQUIRE(then_branch != nullptr);
  REQUIRE(else_branch != nullptr);
  CHECK(then_branch->nodes[0].inputs[0] == "y");
  CHECK(then_branch->nodes[0].outputs[0] == "o");
  CHECK(then_branch->outputs[0].name == "o");
  CHECK(else_branch->nodes[0].outputs[0] == "o_2");
  CHECK(else_branch->nodes[1].inputs[0] == "o_2");
  CHECK(else_branch->nodes[1].outputs[0] == "x_2");
  CHECK(else_branch->nodes[2].inputs[0] == "x_2");
  CHECK(r.value->graph.inputs[0].name == "x");
}

TEST_CASE("a subgraph reads only what is defined in it or around it") {
  auto m = relu();
  auto* n = node(m.mutable_graph()->add_node(), "If", {"x"}, {"z"}, "if");
  *attribute(n, "then_branch", pb::AttributeProto::GRAPH)->mutable_g() = branch("Neg", "x", "o");
  node(m.mutable_graph()->add_node(), "Abs", {"o"}, {"w"}, "outside");
  CHECK_REFUSED(m, "Abs \"outside\": reads the value \"o\" that nothing defines");
}

TEST_CASE("a call becomes the function's nodes") {
  auto m = with_function();
  node(m.mutable_graph()->add_node(), "Twice", {"y"}, {"z"})->set_domain("pkg");
  auto const r = read(m);
  CAPTURE(r.notes.text());
  REQUIRE(r);
  auto const& nodes = r.value->graph.nodes;
  CHECK(r.value->functions.empty());
  REQUIRE(nodes.size() == 4);
  CHECK(nodes[0].name == "call/n1");
  CHECK(nodes[0].inputs[0] == "x");
  CHECK(nodes[0].outputs[0] == "call/t");
  CHECK(nodes[1].inputs[0] == "call/t");
  CHECK(nodes[1].outputs[0] == "y");
  CHECK(nodes[2].inputs[0] == "y");
  CHECK(nodes[2].outputs[0] == "Twice/t");
  CHECK(nodes[3].outputs[0] == "z");
}

TEST_CASE("attributes of a call, their defaults and their absence") {
  auto m = with_function();
  auto* f = m.mutable_functions(0);
  auto* n1 = f->mutable_node(0);
  n1->set_op_type("LeakyRelu");
  attribute(n1, "alpha", pb::AttributeProto::FLOAT)->set_ref_attr_name("slope");
  pb::AttributeProto otherwise;
  otherwise.set_name("slope");
  otherwise.set_type(pb::AttributeProto::FLOAT);
  otherwise.set_f(0.25f);
  auto const alpha = [](pb::ModelProto const& model) {
    auto const r = read(model);
    REQUIRE(r);
    return r.value->graph.nodes[0].float_or("alpha", -1.f);
  };
  CHECK(alpha(m) == -1.f);
  auto* given = attribute(m.mutable_graph()->mutable_node(0), "slope", pb::AttributeProto::FLOAT);
  given->set_f(0.5f);
  CHECK(alpha(m) == 0.5f);
  m.mutable_graph()->mutable_node(0)->clear_attribute();
  // Field 11 is FunctionProto.attribute_proto, which old libonnx does not name.
  std::string bytes = m.SerializeAsString();
  pb::FunctionProto with_default = *f;
  std::string function_bytes = with_default.SerializeAsString();
  std::string const default_bytes = otherwise.SerializeAsString();
  function_bytes += '\x5a';
  function_bytes += static_cast<char>(default_bytes.size());
  function_bytes += default_bytes;
  pb::ModelProto again = m;
  REQUIRE(again.mutable_functions(0)->ParseFromString(function_bytes));
  CHECK(alpha(again) == 0.25f);
  given = attribute(m.mutable_graph()->mutable_node(0), "slope", pb::AttributeProto::INT);
  CHECK_REFUSED(m, "LeakyRelu \"call/n1\": attribute \"alpha\" is an int; the standard wants a float");
}

TEST_CASE("inputs left out, values passed through, functions in functions, subgraphs in functions") {
  auto m = with_function();
  auto* f = m.mutable_functions(0);
  f->add_input("missing");
  f->add_output("a");
  f->mutable_node(1)->add_input("missing");
  m.mutable_graph()->mutable_node(0)->add_output("same");
  auto* outer = m.add_functions();
  outer->set_domain("pkg");
  outer->set_name("Outer");
  outer->add_input("p");
  outer->add_output("q");
  outer->add_opset_import()->set_version(13);
  node(outer->add_node(), "Twice", {"p"}, {"t"}, "inner")->set_domain("pkg");
  auto* n = node(outer->add_node(), "If", {"p"}, {"q"}, "if");
  *attribute(n, "then_branch", pb::AttributeProto::GRAPH)->mutable_g() = branch("Neg", "t", "o");
  node(m.mutable_graph()->add_node(), "Outer", {"y"}, {"z"}, "big")->set_domain("pkg");
  auto const r = read(m);
  CAPTURE(r.notes.text());
  REQUIRE(r);
  auto const& nodes = r.value->graph.nodes;
  REQUIRE(nodes.size() == 6);
  CHECK(nodes[1].inputs[1].empty());
  CHECK(nodes[2].is("Identity"));
  CHECK(nodes[2].inputs[0] == "x");
  CHECK(nodes[2].outputs[0] == "same");
  CHECK(nodes[3].name == "big/inner/n1");
  CHECK(nodes[3].version == 18);
  CHECK(nodes[5].version == 13);
  CHECK(nodes[5].outputs[0] == "z");
  CHECK(nodes[5].graph("then_branch")->nodes[0].inputs[0] == "big/t");
  CHECK(nodes[5].graph("then_branch")->outputs[0].name == "big/o");
}

TEST_CASE("functions that cannot be inlined") {
  auto m = with_function();
  auto* f = m.mutable_functions(0);
  SUBCASE("recursion") {
    node(f->add_node(), "Twice", {"t"}, {"r"}, "again")->set_domain("pkg");
    CHECK_REFUSED(m, "pkg.Twice \"call/again\": calls function \"pkg.Twice\", which is running already");
  }
  SUBCASE("defined twice") {
    *m.add_functions() = *f;
    CHECK_REFUSED(m, "function \"pkg.Twice\": is defined twice");
  }
  SUBCASE("too many arguments") {
    m.mutable_graph()->mutable_node(0)->add_input("x");
    CHECK_REFUSED(m, "has 2 inputs and 1 outputs; function \"pkg.Twice\" takes 1 and gives 1");
  }
  SUBCASE("an output that nothing makes") {
    f->set_output(0, "nowhere");
    CHECK_REFUSED(m, "function \"pkg.Twice\": has the output \"nowhere\" that nothing defines");
  }
  SUBCASE("an input twice") {
    f->add_input("a");
    CHECK_REFUSED(m, "function \"pkg.Twice\": has the input \"a\" twice");
  }
  SUBCASE("a value twice") {
    node(f->add_node(), "Abs", {"a"}, {"t"}, "n3");
    CHECK_REFUSED(m, "function \"pkg.Twice\", Abs \"n3\": defines the value \"t\" that is defined before");
  }
  SUBCASE("a value of the caller is not seen inside") {
    f->mutable_node(0)->set_input(0, "x");
    CHECK_REFUSED(m, "Neg \"call/n1\": reads the value \"x\" that nothing defines");
  }
  SUBCASE("old opset") {
    f->mutable_opset_import(0)->set_version(6);
    CHECK_REFUSED(m, "function \"pkg.Twice\": uses opset 6; dsi reads 7 to 28");
  }
  SUBCASE("graphs as arguments") {
    *attribute(m.mutable_graph()->mutable_node(0), "g", pb::AttributeProto::GRAPH)->mutable_g() = branch("Neg", "x", "o");
    attribute(f->mutable_node(0), "body", pb::AttributeProto::GRAPH)->set_ref_attr_name("g");
    CHECK_REFUSED(m, "attribute \"body\" takes a graph from a function call");
  }
}

TEST_CASE("functions that grow exponentially or nest without end are stopped") {
  auto m = empty(18, 9);
  value(m.mutable_graph()->add_input(), "x", {4});
  value(m.mutable_graph()->add_output(), "y", {4});
  node(m.mutable_graph()->add_node(), "f0", {"x"}, {"y"}, "n")->set_domain("pkg");
  auto const chain = [&](int length, int calls) {
    m.clear_functions();
    for (int i = 0; i < length; ++i) {
      auto* f = m.add_functions();
      f->set_domain("pkg");
      f->set_name("f" + std::to_string(i));
      f->add_input("a");
      f->add_output("c0");
      for (int k = 0; k < calls; ++k) {
        auto* n = node(f->add_node(), i + 1 < length ? "f" + std::to_string(i + 1) : "Neg", {"a"}, {("c" + std::to_string(k)).c_str()}, "n");
        if (i + 1 < length) n->set_domain("pkg");
      }
    }
  };
  chain(20, 1);
  CHECK(read(m));
  chain(300, 1);
  CHECK_REFUSED(m, "subgraphs and function calls nest deeper than 200; flatten the model");
  chain(60, 2);
  di::read_options options;
  options.resolve.entries = 10'000;
  auto const r = read(m, options);
  CHECK_FALSE(static_cast<bool>(r));
  CHECK(r.notes.contains("model: grows beyond 10000 entries"));
}

// SPDX-License-Identifier: MIT
// The reader as a whole: versions, values, attributes, broken bytes.
#include <doctest/doctest.h>

#include "model_builder.hpp"

using namespace model_builder;

TEST_CASE("a small model is read as it is") {
  auto m = relu();
  m.set_producer_name("test");
  m.set_producer_version("1");
  auto* meta = m.add_metadata_props();
  meta->set_key("author");
  meta->set_value("me");
  auto const r = read(m);
  REQUIRE(r);
  CHECK(r.notes.empty());
  CHECK(r.value->ir_version == 8);
  CHECK(r.value->opset() == 17);
  CHECK(r.value->producer == "test 1");
  CHECK(r.value->metadata.at("author") == "me");
  auto const& g = r.value->graph;
  REQUIRE(g.nodes.size() == 1);
  CHECK(g.nodes[0].is("Relu"));
  CHECK(g.nodes[0].name == "act");
  CHECK(g.nodes[0].version == 17);
  CHECK(g.nodes[0].inputs == std::vector<std::string>{"x"});
  REQUIRE(g.inputs.size() == 1);
  CHECK(g.inputs[0].type == dsi::dtype::f32);
  CHECK(g.inputs[0].dims == std::vector<di::onnx_dim>{{1, ""}, {4, ""}});
}

TEST_CASE("opset and IR versions") {
  for (int opset = 7; opset <= 28; ++opset) {
    auto const r = read(relu(opset, 14));
    CAPTURE(opset);
    REQUIRE(r);
    CHECK(r.notes.empty());
    CHECK(r.value->graph.nodes[0].version == opset);
  }
  auto const newer = read(relu(29));
  REQUIRE(newer);
  CHECK(newer.notes.contains("warning: model: uses opset 29, newer than 28"));
  auto const newer_ir = read(relu(17, 15));
  REQUIRE(newer_ir);
  CHECK(newer_ir.notes.contains("warning: model: has IR version 15, newer than 14"));
  CHECK_REFUSED(relu(6), "error: model: uses opset 6; dsi reads 7 to 28; convert it with onnx.version_converter");
  CHECK_REFUSED(relu(-1), "uses opset -1");
  CHECK_REFUSED(relu(17, 0), "has no IR version");
  auto none = relu();
  none.clear_opset_import();
  CHECK_REFUSED(none, "imports no version of the standard operators");
  auto twice = relu();
  twice.add_opset_import()->set_version(13);
  twice.mutable_opset_import(1)->set_domain("ai.onnx");
  CHECK_REFUSED(twice, "imports the operator set \"ai.onnx\" in versions 17 and 13");
}

TEST_CASE("the standard domain has one spelling, others keep theirs") {
  auto m = relu();
  m.mutable_graph()->mutable_node(0)->set_domain("ai.onnx");
  auto const r = read(m);
  REQUIRE(r);
  CHECK(r.value->graph.nodes[0].is("Relu"));
  m.mutable_graph()->mutable_node(0)->set_domain("com.microsoft");
  auto* import = m.add_opset_import();
  import->set_domain("com.microsoft");
  import->set_version(1);
  auto const other = read(m);
  REQUIRE(other);
  CHECK(other.value->graph.nodes[0].version == 1);
  CHECK(di::label(other.value->graph.nodes[0]) == "com.microsoft.Relu \"act\"");
}

TEST_CASE("dimensions: fixed, symbolic, unknown") {
  auto m = relu();
  auto* shape = m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape->clear_dim();
  shape->add_dim()->set_dim_value(3);
  shape->add_dim()->set_dim_param("batch");
  shape->add_dim()->set_dim_value(-1);
  shape->add_dim()->set_dim_value(0);
  shape->add_dim()->set_dim_param("?");
  shape->add_dim()->set_dim_param("");
  shape->add_dim();
  m.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  auto const r = read(m);
  REQUIRE(r);
  auto const& dims = r.value->graph.inputs[0].dims;
  REQUIRE(dims.size() == 7);
  CHECK(dims[0].value == 3);
  CHECK(dims[1].symbol == "batch");
  CHECK(dims[3].fixed());
  CHECK(dims[3].value == 0);
  for (std::size_t i : {2u, 4u, 5u, 6u}) CHECK(dims[i].unknown());
  CHECK(r.value->graph.inputs[0].ranked);
  CHECK_FALSE(r.value->graph.outputs[0].ranked);
}

TEST_CASE("values that are no dense tensors of numbers are refused by name") {
  auto m = relu();
  auto* in = m.mutable_graph()->add_input();
  in->set_name("s");
  SUBCASE("sequence") {
    in->mutable_type()->mutable_sequence_type();
    CHECK_REFUSED(m, "error: input \"s\": is a sequence; dsi passes tensors only");
  }
  SUBCASE("optional") {
    in->mutable_type()->mutable_optional_type();
    CHECK_REFUSED(m, "input \"s\": is an optional");
  }
  SUBCASE("map") {
    in->mutable_type()->mutable_map_type();
    CHECK_REFUSED(m, "input \"s\": is a map");
  }
  SUBCASE("sparse") {
    in->mutable_type()->mutable_sparse_tensor_type();
    CHECK_REFUSED(m, "input \"s\": is a sparse tensor");
  }
  SUBCASE("string") {
    value(in, "s", {1}, pb::TensorProto::STRING);
    CHECK_REFUSED(m, "input \"s\": has element type STRING (8); map strings to numbers");
  }
  SUBCASE("float8") {
    value(in, "s", {1}, 17);
    CHECK_REFUSED(m, "input \"s\": has element type FLOAT8E4M3FN (17); export with float32");
  }
  SUBCASE("a type of the future") {
    value(in, "s", {1}, 99);
    CHECK_REFUSED(m, "input \"s\": has element type element type (99)");
  }
  SUBCASE("no type") { CHECK_REFUSED(m, "input \"s\": has no element type"); }
  SUBCASE("rank") {
    value(in, "s", {1, 1, 1, 1, 1, 1, 1, 1, 1});
    CHECK_REFUSED(m, "input \"s\": has 9 dimensions; dsi takes at most 8; merge dimensions with a Reshape");
  }
  SUBCASE("absurd") {
    value(in, "s", {(std::int64_t{1} << 40) + 1});
    CHECK_REFUSED(m, "input \"s\": has the dimension 1099511627777, more than 2^40");
  }
  SUBCASE("output") {
    m.mutable_graph()->mutable_output(0)->mutable_type()->mutable_sequence_type();
    m.mutable_graph()->mutable_input()->RemoveLast();
    CHECK_REFUSED(m, "output \"y\": is a sequence");
  }
  SUBCASE("inside the graph only a warning") {
    m.mutable_graph()->mutable_input()->RemoveLast();
    auto* v = m.mutable_graph()->add_value_info();
    v->set_name("q");
    v->mutable_type()->mutable_sequence_type();
    auto const r = read(m);
    REQUIRE(r);
    CHECK(r.notes.contains("warning: value \"q\": is a sequence"));
  }
}

TEST_CASE("training information and quantization annotations are ignored aloud") {
  auto m = relu();
  m.add_training_info();
  m.mutable_graph()->add_quantization_annotation()->set_tensor_name("x");
  auto const r = read(m);
  REQUIRE(r);
  CHECK(r.notes.contains("warning: model: holds training information, which is ignored"));
  CHECK(r.notes.contains("warning: graph \"g\": holds quantization annotations"));
}

TEST_CASE("attributes of every kind") {
  auto m = relu();
  auto* n = m.mutable_graph()->mutable_node(0);
  attribute(n, "axis", pb::AttributeProto::INT)->set_i(-2);
  attribute(n, "alpha", pb::AttributeProto::FLOAT)->set_f(0.5f);
  attribute(n, "mode", pb::AttributeProto::STRING)->set_s("linear");
  attribute(n, "pads", pb::AttributeProto::INTS)->add_ints(7);
  attribute(n, "scales", pb::AttributeProto::FLOATS)->add_floats(2);
  attribute(n, "activations", pb::AttributeProto::STRINGS)->add_strings("Tanh");
  floats(attribute(n, "mine", pb::AttributeProto::TENSOR)->mutable_t(), "", {2}, {1, 2});
  auto* body = attribute(n, "body", pb::AttributeProto::GRAPH)->mutable_g();
  node(body->add_node(), "Neg", {"x"}, {"z"});
  value(body->add_output(), "z", {});
  attribute(n, "dilations", pb::AttributeProto::INTS);
  auto const r = read(m);
  CAPTURE(r.notes.text());
  REQUIRE(r);
  auto const& got = r.value->graph.nodes[0];
  CHECK(got.int_or("axis", 9) == -2);
  CHECK(got.int_or("none", 9) == 9);
  CHECK(got.float_or("alpha", 1.f) == 0.5f);
  CHECK(got.float_or("none", 1.f) == 1.f);
  CHECK(got.string_or("mode", "x") == "linear");
  CHECK(got.string_or("none", "x") == "x");
  CHECK(got.ints_or("pads", {}) == std::vector<std::int64_t>{7});
  CHECK(got.ints_or("none", {1, 2}) == std::vector<std::int64_t>{1, 2});
  CHECK(got.ints_or("dilations", {1}).empty());
  CHECK(got.floats_or("scales", {}) == std::vector<float>{2});
  CHECK(got.strings_or("activations", {}) == std::vector<std::string>{"Tanh"});
  REQUIRE(got.tensor("mine") != nullptr);
  CHECK(got.tensor("mine")->values<float>() == std::vector<float>{1, 2});
  CHECK(got.tensor("body") == nullptr);
  REQUIRE(got.graph("body") != nullptr);
  CHECK(got.graph("body")->nodes[0].is("Neg"));
  CHECK(got.has("axis"));
  CHECK_FALSE(got.has("none"));
}

TEST_CASE("attributes without a type take it from the field that is filled") {
  auto m = relu();
  auto* a = m.mutable_graph()->mutable_node(0)->add_attribute();
  a->set_name("pads");
  a->add_ints(3);
  auto const r = read(m);
  REQUIRE(r);
  CHECK(r.value->graph.nodes[0].ints_or("pads", {}) == std::vector<std::int64_t>{3});
}

TEST_CASE("attributes that dsi does not read are refused with node and name") {
  auto m = relu();
  auto* n = m.mutable_graph()->mutable_node(0);
  SUBCASE("wrong kind") {
    attribute(n, "pads", pb::AttributeProto::INT)->set_i(1);
    CHECK_REFUSED(m, "error: Relu \"act\": attribute \"pads\" is an int; the standard wants a list of ints");
  }
  SUBCASE("twice") {
    attribute(n, "axis", pb::AttributeProto::INT);
    attribute(n, "axis", pb::AttributeProto::INT);
    CHECK_REFUSED(m, "Relu \"act\": has the attribute \"axis\" twice");
  }
  SUBCASE("no name") {
    attribute(n, "", pb::AttributeProto::INT);
    CHECK_REFUSED(m, "has an attribute without a name");
  }
  SUBCASE("sparse") {
    attribute(n, "w", pb::AttributeProto::SPARSE_TENSOR);
    CHECK_REFUSED(m, "Relu \"act\", attribute \"w\": is sparse; store it as a dense tensor");
  }
  SUBCASE("tensors") {
    attribute(n, "w", pb::AttributeProto::TENSORS);
    CHECK_REFUSED(m, "attribute \"w\": is a list of tensors");
  }
  SUBCASE("graphs") {
    attribute(n, "w", pb::AttributeProto::GRAPHS);
    CHECK_REFUSED(m, "attribute \"w\": is a list of graphs");
  }
  SUBCASE("type") {
    attribute(n, "w", pb::AttributeProto::TYPE_PROTO);
    CHECK_REFUSED(m, "attribute \"w\": is a type, as sequences and optionals have");
  }
  SUBCASE("tensor missing") {
    attribute(n, "w", pb::AttributeProto::TENSOR);
    CHECK_REFUSED(m, "attribute \"w\": has no tensor");
  }
  SUBCASE("graph missing") {
    attribute(n, "w", pb::AttributeProto::GRAPH);
    CHECK_REFUSED(m, "attribute \"w\": has no graph");
  }
  SUBCASE("nothing") {
    n->add_attribute()->set_name("w");
    CHECK_REFUSED(m, "attribute \"w\": has no value of a type that dsi knows");
  }
  SUBCASE("reference outside a function") {
    auto* a = attribute(n, "axis", pb::AttributeProto::INT);
    a->set_ref_attr_name("outer");
    CHECK_REFUSED(m, "attribute \"axis\" refers to \"outer\" of a function, but is in none");
  }
}

TEST_CASE("one run reports every problem") {
  auto m = relu(6);
  auto* n = m.mutable_graph()->mutable_node(0);
  attribute(n, "pads", pb::AttributeProto::FLOAT);
  n->add_input("nowhere");
  floats(m.mutable_graph()->add_initializer(), "w", {3}, {1, 2});
  m.mutable_graph()->add_initializer()->set_data_type(pb::TensorProto::STRING);
  m.mutable_graph()->add_input()->set_name("untyped");
  node(m.mutable_graph()->add_node(), "Constant", {}, {"c"}, "k");
  auto const r = read(m);
  CHECK_FALSE(static_cast<bool>(r));
  CAPTURE(r.notes.text());
  CHECK(r.notes.errors() == 8);
  for (char const* part : {"opset 6", "attribute \"pads\"", "\"nowhere\" that nothing defines", "initializer \"w\": has dims [3]",
                           "element type STRING", "initializer without a name", "input \"untyped\"", "Constant \"k\""})
    CHECK_MESSAGE(r.notes.contains(part), part);
}

TEST_CASE("names from the file cannot disturb a terminal or flood it") {
  auto m = relu();
  m.mutable_graph()->mutable_node(0)->set_name("a\033[31m\nb" + std::string(500, 'n'));
  m.mutable_graph()->mutable_node(0)->set_input(0, "nowhere");
  auto const r = read(m);
  CAPTURE(r.notes.text());
  CHECK(r.notes.contains("\"a\\x1b[31m\\x0ab"));
  CHECK(r.notes.text().find('\033') == std::string::npos);
  CHECK(r.notes.text().size() < 400);
  for (int i = 0; i < 5000; ++i) m.mutable_graph()->mutable_node(0)->add_input("nowhere");
  auto const flood = read(m);
  CHECK(flood.notes.errors() == 5001);
  CHECK(flood.notes.entries().size() == di::diagnostics::limit);
  CHECK(flood.notes.text().find("... and 4001 more") != std::string::npos);
}

TEST_CASE("a flood of warnings hides no error") {
  di::diagnostics notes;
  for (int i = 0; i < 1500; ++i) notes.warning("w", "warning");
  notes.error("e", "first");
  notes.error("e", "second");
  CHECK(notes.entries().size() == di::diagnostics::limit);
  CHECK(notes.contains("first"));
  CHECK(notes.contains("second"));
}

TEST_CASE("a file that is cut anywhere is refused with the place, or was whole") {
  auto m = relu();
  floats(m.mutable_graph()->add_initializer(), "w", {2, 3}, {1, 2, 3, 4, 5, 6});
  attribute(m.mutable_graph()->mutable_node(0), "axis", pb::AttributeProto::INT)->set_i(1);
  std::string const whole = m.SerializeAsString();
  REQUIRE(read_bytes(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto const r = read_bytes(whole.substr(0, size));
    CAPTURE(size);
    CAPTURE(r.notes.text());
    CHECK_FALSE(static_cast<bool>(r));
    // A cut between two fields of the outermost message leaves a sound file that lacks the graph or, after it, the opset.
    CHECK((r.notes.contains("not an ONNX file or truncated at byte " + std::to_string(size)) || r.notes.contains("holds no graph") ||
           r.notes.contains("imports no version of the standard operators")));
  }
  // Cut inside the graph: the message says which part is short.
  CHECK(read_bytes(whole.substr(0, whole.size() - 20)).notes.contains("graph[0] starts at byte"));
}

TEST_CASE("every single flipped byte is survived") {
  auto m = relu();
  floats(m.mutable_graph()->add_initializer(), "w", {2, 3}, {1, 2, 3, 4, 5, 6});
  attribute(m.mutable_graph()->mutable_node(0), "axis", pb::AttributeProto::INT)->set_i(1);
  std::string const whole = m.SerializeAsString();
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      auto const r = read_bytes(changed);
      CHECK(static_cast<bool>(r) == r.notes.ok());
      refused += r ? 0 : 1;
    }
  CHECK(refused > 100);
}

TEST_CASE("bytes that are no ONNX file") {
  auto const text = [](std::string const& bytes) { return read_bytes(bytes).notes.text(); };
  CHECK(text("") == "error: file: not an ONNX file or truncated at byte 0: the file is empty; export or copy the model again\n");
  CHECK(text("hello world, this is a text").find("not an ONNX file") != std::string::npos);
  CHECK(text("version https://git-lfs.github.com/spec/v1\noid").find("a Git LFS pointer; run git lfs pull") != std::string::npos);
  CHECK(text(std::string("\x08\x08", 2)).find("it holds no graph") != std::string::npos);
  CHECK(text(std::string("\x0b\x0c", 2)).find("byte 0 (in model) is not the start of a field") != std::string::npos);
  CHECK(text(std::string("\x00\x00", 2)).find("is not the start of a field") != std::string::npos);
  CHECK(text("\x08" + std::string(10, '\xff') + "\x01").find("is a number of more than ten bytes") != std::string::npos);
  CHECK(text("\x3a" + std::string(9, '\xff') + "\x01").find("claims 18446744073709551615 bytes, but 0 are left") != std::string::npos);
  CHECK(text("\x3a\xff\xff\xff\xff\x0f").find("graph[0] starts at byte 6 and claims 4294967295 bytes, but 0 are left") !=
        std::string::npos);
}

TEST_CASE("limits on nesting, on entries and on sizes") {
  pb::ModelProto m = relu();
  pb::GraphProto* g = m.mutable_graph();
  for (int i = 0; i < 20; ++i) {
    auto* n = g->add_node();
    node(n, "If", {"x"}, {("o" + std::to_string(i)).c_str()});
    g = attribute(n, "body", pb::AttributeProto::GRAPH)->mutable_g();
  }
  CHECK(read(m));
  for (int i = 20; i < 40; ++i) g = attribute(g->add_node(), "body", pb::AttributeProto::GRAPH)->mutable_g();
  CHECK_REFUSED(m, "messages nest deeper than 90 at byte");
  std::string const whole = relu().SerializeAsString();
  di::read_options few;
  few.wire.entries = 5;
  CHECK(read_bytes(whole, few).notes.contains("the file has more than 5 messages and strings"));
  di::read_options small;
  small.max_file_bytes = 10;
  CHECK(read_bytes(whole, small).notes.contains("bytes, more than 10; store the weights as external data"));
}

TEST_CASE("reading from a path") {
  temporary_folder folder;
  CHECK(di::read_onnx(folder.write("good.onnx", relu().SerializeAsString())));
  CHECK(di::read_onnx(folder.path() / "none.onnx").notes.contains("none.onnx\": does not exist"));
  CHECK(di::read_onnx(folder.path()).notes.contains("is not a regular file"));
  CHECK(di::read_onnx(folder.write("bad.onnx", "xx")).notes.contains("not an ONNX file"));
  di::read_options small;
  small.max_file_bytes = 10;
  CHECK(di::read_onnx(folder.path() / "good.onnx", small).notes.contains("bytes, more than 10"));
}

TEST_CASE("hostile files are refused with the text that belongs to them") {
  auto const folder = std::filesystem::path(__FILE__).parent_path().parent_path() / "golden" / "hostile";
  std::ifstream list(folder / "hostile.txt");
  REQUIRE(list);
  int files = 0;
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto const tab = line.find('\t');
    REQUIRE(tab != std::string::npos);
    auto const r = di::read_onnx(folder / line.substr(0, tab));
    CAPTURE(line);
    CAPTURE(r.notes.text());
    CHECK_FALSE(static_cast<bool>(r));
    CHECK(r.notes.contains(line.substr(tab + 1)));
    ++files;
  }
  CHECK(files >= 10);
}

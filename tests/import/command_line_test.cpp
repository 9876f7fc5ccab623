// SPDX-License-Identifier: MIT
// The dsi program's arguments: what is taken, and what is refused with which words.
#include <doctest/doctest.h>

#include <dsi/import/command_line.hpp>

using namespace dsi::import;

namespace {

command_line parse(std::vector<std::string_view> words) { return parse_command_line(words); }

bool says(command_line const& c, char const* words) { return c.error.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("embed takes every argument of dsi_add_model") {
  auto const c = parse({"embed", "net.onnx", "--name", "net", "--out", "gen", "--isa", "v2,v3", "v4", "--dims", "batch=1", "x=1x3x8x8", "--batch", "1", "8",
                        "--batch-dim", "N", "--bind", "rate=-16000", "mask=@a=b.npy", "--numeric", "int8", "--calibration", "s.npy", "--threads", "spin", "4",
                        "--winograd", "--ordered", "--tuning", "t.hpp", "--include", "a.hpp", "b.hpp", "--weights", "w.onnx", "--export", "--depfile", "d",
                        "--stamp", "s"});
  REQUIRE(c.error == "");
  CHECK(c.command == subcommand::embed);
  CHECK(c.model == "net.onnx");
  CHECK(c.isa == std::vector<std::string>{"v2", "v3", "v4"});
  REQUIRE(c.dims.size() == 2);
  CHECK(c.dims[1].name == "x");
  CHECK(c.dims[1].value == "1x3x8x8");
  CHECK(c.batch == std::vector<dsi::index>{1, 8});
  REQUIRE(c.bind.size() == 2);
  CHECK(c.bind[0].value == "-16000");
  CHECK(c.bind[1].value == "@a=b.npy");
  CHECK(c.numeric == "int8");
  CHECK(c.threads == "spin");
  CHECK(c.thread_count == 4);
  CHECK(c.include.size() == 2);
  CHECK((c.winograd && c.ordered && c.exported));
}

TEST_CASE("wrong arguments are named") {
  CHECK(says(parse({}), "no subcommand"));
  CHECK(says(parse({"import", "x"}), "\"import\" is no subcommand"));
  CHECK(says(parse({"embed", "a", "b"}), "one argument too many"));
  CHECK(says(parse({"embed", "a", "--seconds", "3"}), "\"--seconds\" is no option here"));
  CHECK(says(parse({"embed", "a", "--out", "o", "--isa", "v9"}), "\"v9\" is none of v2, v3"));
  CHECK(says(parse({"embed", "a", "--out", "o"}), "add --isa"));
  CHECK(says(parse({"embed", "a", "--isa", "v2"}), "add --out"));
  CHECK(says(parse({"embed", "a", "--batch", "0"}), "\"0\" is not a positive number"));
  CHECK(says(parse({"embed", "a", "--batch", "8x"}), "\"8x\" is not a positive number"));
  CHECK(says(parse({"embed", "a", "--batch", "99999999999999999999"}), "is not a positive number"));
  CHECK(says(parse({"embed", "a", "--batch", "1", "1"}), "1 is given twice"));
  CHECK(says(parse({"embed", "a", "--dims", "batch"}), "not of the form name=value"));
  CHECK(says(parse({"embed", "a", "--bind", "=3"}), "not of the form name=value"));
  CHECK(says(parse({"embed", "a", "--name"}), "--name needs S"));
  CHECK(says(parse({"embed", "a", "--name", "--out"}), "--name needs S"));
  CHECK(says(parse({"embed", "a", "--threads", "spin"}), "write serial, spin N or openmp N"));
  CHECK(says(parse({"embed", "a", "--threads", "serial", "2"}), "write serial, spin N or openmp N"));
  CHECK(says(parse({"embed", "a", "--threads", "pool", "2"}), "\"pool\" is none of serial"));
  CHECK(parse({"inspect", "a", "--numeric", "fp16"}).error == "--numeric: \"fp16\" is none of float, half, bfloat16");
  CHECK(says(parse({"embed", "a", "--out", "o", "--isa", "v2", "--calibration", "c", "--quant", "q"}), "not both"));
  CHECK(says(parse({"embed", "a.hpp", "--out", "o", "--isa", "v2", "--type", "t"}), "--type needs --description"));
  CHECK(says(parse({"embed", "a.hpp", "--out", "o", "--isa", "v2", "--type", "t", "--description", "d", "--batch", "2"}), "written by hand"));
}

TEST_CASE("the words of dsi_add_model become the program's options, but no names") {
  CHECK(as_options("fix it, for example DIMS x=1x4 or BATCH_DIM n") == "fix it, for example --dims x=1x4 or --batch-dim n");
  CHECK(as_options("input \"DIMS\": BATCH") == "input \"DIMS\": --batch");
  CHECK(as_options("BATCHES, batch, my-DIMS, NUMERIC: half") == "BATCHES, batch, my-DIMS, --numeric: half");
}

TEST_CASE("compare takes its inputs, its reference and its files") {
  auto const c = parse({"compare", "net.onnx", "--input", "x=a.npy", "y=b=c.npy", "--seed", "7", "--reference", "double", "--origin", "old.onnx", "--python", "/opt/python",
                        "--tolerance", "1e-3", "--dot", "g.dot", "--report", "r.html", "--keep", "work", "--output", "t=t.npy", "--unfused", "--batch", "8"});
  REQUIRE(c.error == "");
  REQUIRE(c.inputs.size() == 2);
  CHECK(c.inputs[1].value == "b=c.npy");
  CHECK((c.seed == 7 && c.reference == "double" && c.origin == "old.onnx" && c.python == "/opt/python" && c.tolerance == 1e-3));
  CHECK((c.dot == "g.dot" && c.report == "r.html" && c.keep == "work" && c.outputs.size() == 1 && c.unfused));
  for (char const* bad : {"x", "1e-4x", "-1", "0", "nan", "inf"}) CHECK(says(parse({"compare", "net.onnx", "--tolerance", bad}), "not a positive number"));
  CHECK(says(parse({"compare", "net.onnx", "--batch", "1", "8"}), "runs one size"));
  CHECK(says(parse({"compare", "net.onnx", "--reference", "torch"}), "none of onnxruntime, double"));
  CHECK(says(parse({"inspect", "net.onnx", "--report", "r.html"}), "no option here"));
  CHECK(help_text(subcommand::compare).find("1 a result departs") != std::string::npos);
}

TEST_CASE("help names every option of a subcommand") {
  CHECK(parse({"embed", "--help"}).help);
  CHECK(parse({"--version"}).version);
  for (auto const& o : dsi::import::detail::options)
    CHECK((help_text(subcommand::embed).find(std::string(o.name) + " ") != std::string::npos) == ((o.commands & dsi::import::detail::in_embed) != 0));
  CHECK(help_text(subcommand::none).find("dsi tune") != std::string::npos);
}

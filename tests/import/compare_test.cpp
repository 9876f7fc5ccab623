// SPDX-License-Identifier: MIT
// dsi compare's parts that need no compiler: errors of tensors, the table, the drawing, the report, the project. tests/compare runs the whole.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <dsi/import/compare/double_reference.hpp>
#include <dsi/import/compare/dot.hpp>
#include <dsi/import/compare/project.hpp>
#include <dsi/import/compare/report.hpp>
#include <dsi/import/compare/table.hpp>
#include <dsi/op/relu.hpp>

using namespace dsi::import;
using dsi::dtype;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Two groups, the second departs.
comparison sample() {
  comparison c;
  c.source = "net <1>.onnx";
  c.reference = "a reference";
  c.tolerance = 1e-4;
  c.inputs.push_back({"x\"y", {dtype::f32, dsi::layout::row_major, dsi::shape(1, 4)}, "random, seed 1", 0});
  for (int i = 0; i < 2; ++i) {
    compared_layer l;
    l.step = i;
    l.operation = "dense + relu";
    l.nodes = {{"dense", "Gemm \"g<" + std::to_string(i) + ">\"", false, {2 * i}, {2 * i + 1}}, {"relu", "Relu \"r\"", false, {2 * i + 1}, {2 * i + 2}}};
    l.result = "h" + std::to_string(i);
    l.desc = {dtype::f32, dsi::layout::row_major, dsi::shape(1, 4)};
    l.kernel = "tile";
    l.macs = 100;
    l.bytes = 10;
    l.nanoseconds = 50;
    l.compared = true;
    l.departs = i == 1;
    l.error = compare_values(dtype::f32, {1, 2, 3, 4}, {1, 2, 3, 4.0 + i}, c.tolerance);
    c.layers.push_back(l);
  }
  c.outputs.push_back({"h1", {dtype::f32, dsi::layout::row_major, dsi::shape(1, 4)}, "", 4});
  c.first_departure = 1;
  return c;
}

bool holds(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("errors are relative to the tensor, and in units in the last place") {
  auto const e = compare_values(dtype::f32, {1, 2, -4.5, 0}, {1, 2, -4, 0}, 0.1);
  CHECK(e.count == 4);
  CHECK(e.max_abs == 0.5);
  CHECK(e.relative == 0.125);
  CHECK(e.beyond == 1);
  CHECK(e.at == 2);
  CHECK(e.actual == -4.5);
  CHECK(e.ulp_half == 0);
  CHECK(e.ulp_max == std::ldexp(0.5, 21));  // neighbours of 4 are 2^-21 apart
  CHECK(spacing_at(dtype::f32, 1) == std::ldexp(1.0, -23));
  CHECK(spacing_at(dtype::f16, 1) == std::ldexp(1.0, -10));
  CHECK(spacing_at(dtype::bf16, -3) == std::ldexp(1.0, -6));
  CHECK(spacing_at(dtype::f32, 0) == std::ldexp(1.0, -149));
  CHECK(spacing_at(dtype::i64, 7) == 1);
}

TEST_CASE("what is no number, masks and zeros") {
  CHECK(compare_values(dtype::f32, {not_a_number, inf, -inf}, {not_a_number, inf, -inf}, 1e-4).max_abs == 0);
  double const pairs[][2]{{not_a_number, 1}, {1, not_a_number}, {inf, -inf}, {1, inf}, {-inf, -3.4e38}};
  for (auto const& p : pairs) {
    auto const e = compare_values(dtype::f32, {0, p[0]}, {0, p[1]}, 1e-4);
    CHECK(e.relative == inf);
    CHECK(e.beyond == 1);
  }
  CHECK(compare_values(dtype::f32, {1e-5}, {0}, 1e-4).relative == 1e-5);
  // a mask does not hide what is wrong beside it, and is held against itself
  CHECK(compare_values(dtype::f32, {-3.4e38, 2}, {-3.4e38, 1}, 1e-4).relative == 1);
  CHECK(compare_values(dtype::f32, {-1e9, 1}, {-1.5e9, 1}, 1e-4).relative == doctest::Approx(1.0 / 3));
  CHECK(compare_values(dtype::f32, {}, {}, 1e-4).relative == 0);
}

TEST_CASE("the table marks the first result that departs") {
  auto const c = sample();
  auto const table = comparison_table(c);
  CHECK(holds(table, ">>     1  dense + relu"));
  CHECK(!holds(table, ">>     0"));
  auto const verdict = comparison_verdict(c);
  CHECK(holds(verdict, "departs first at step 1, dense + relu -> h1: relative error 2.0e-01"));
  CHECK(holds(verdict, "worst is at [0, 3]: 4 instead of 5"));
  CHECK(holds(verdict, "it computes Gemm \"g<1>\", Relu \"r\""));
  auto good = c;
  good.layers.pop_back();
  good.first_departure = -1;
  CHECK(holds(comparison_verdict(good), "equal within 1.0e-04: 1 results compared"));
}

TEST_CASE("the drawing has a box for each group and quotes names") {
  auto const dot = comparison_dot(sample());
  CHECK(holds(dot, "subgraph cluster_0 {"));
  CHECK(holds(dot, "subgraph cluster_1 {"));
  CHECK(holds(dot, "label=\"x\\\"y\\n1x4\""));
  CHECK(holds(dot, "  in0 -> n0_0 ["));
  CHECK(holds(dot, "  n0_1 -> n1_0 ["));
  CHECK(holds(dot, "  n1_1 -> out0;"));
}

TEST_CASE("the report escapes names and marks what departs") {
  auto const html = comparison_report(sample());
  for (char const* part : {"<svg id=\"error\"", "<svg id=\"time\"", "<svg id=\"slowest\"", "<svg id=\"roofline\"", "net &lt;1&gt;.onnx", "Gemm &quot;g&lt;1&gt;&quot;", "class=\"mark wrong\"", "</html>"})
    CHECK(holds(html, part));
  CHECK(!holds(html, "net <1>"));
  CHECK(!holds(html, "g<1>"));
}

TEST_CASE("the project passes every argument on, whatever is in it") {
  auto c = parse_command_line({"compare", "/models/a]b.onnx", "--dims", "n;=8", "--bind", "x=@/v.npy", "r=16", "--batch", "2", "--numeric", "half", "--threads", "spin", "2", "--unfused", "--isa", "v3"});
  REQUIRE(c.error == "");
  auto const text = dsi::import::detail::project_text(c, "/p/run.cpp");
  for (char const* part : {"[[/models/a]b.onnx]] NAME compared", "ISA v3", "DIMS [[n;=8]]", "BIND [[x=@/v.npy]] [[r=16]]", "BATCH 2", "NUMERIC half", "THREADS spin 2", "UNFUSED ON"}) CHECK(holds(text, part));
  CHECK(dsi::import::detail::cmake_quoted("a]]b") == "[=[a]]b]=]");
  CHECK(dsi::import::detail::cmake_quoted("a]") == "[==[a]]==]");
}

TEST_CASE("a graph is computed in double, and what it cannot compute is named") {
  import_graph g;
  auto const value = [&g](char const* name, bool input) {
    import_value v;
    v.name = name;
    v.desc = {dtype::f32, dsi::layout::row_major, dsi::shape(2)};
    v.is_input = input;
    return g.add_value(std::move(v));
  };
  int const x = value("x", true), y = value("y", false);
  g.inputs = {x};
  g.outputs = {y};
  import_node n;
  n.op = make_operator(dsi::relu{});
  n.inputs = {x};
  n.outputs = {y};
  n.origin = "Relu";
  g.nodes.push_back(n);
  std::string left_out;
  std::vector<bool> wanted(2, true);
  onnx_tensor in = dsi::import::detail::blank(dtype::f32, {2});
  float const values[]{-1.5f, 0.1f};
  std::memcpy(in.bytes.data(), values, sizeof(values));
  auto const all = evaluate_in_double(g, {in}, wanted, left_out, [](double) {});
  CHECK(left_out == "");
  REQUIRE(all.count(y) == 1);
  CHECK(all.at(y).type == dtype::f64);
  CHECK(all.at(y).at<double>(0) == 0);
  CHECK(all.at(y).at<double>(1) == static_cast<double>(0.1f));
}

// SPDX-License-Identifier: MIT
// The comparison as one HTML page that needs nothing else: verdict, plots, every layer. Readable in light and dark.
#pragma once

#include <map>

#include <dsi/import/compare/plot.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

inline constexpr char report_style[] = R"(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #16202b; --soft: #5b6875; --grid: #e4e8ec; --blue: #2a6fd0;
  --pale: #9db8dc; --red: #c9302c; --good: #1f7a3d; --amber: #a86500; }
@media (prefers-color-scheme: dark) { :root { --page: #12161b; --card: #1b2128; --ink: #e6ebf0; --soft: #9aa7b4; --grid: #2c343d; --blue: #5b9bf0;
  --pale: #41597a; --red: #ff7b72; --good: #56c271; --amber: #e0a84a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 2px; }
p { margin: 0 0 10px; }
.soft { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.verdict { border-left: 5px solid var(--good); background: var(--card); padding: 12px 16px; border-radius: 6px; margin: 16px 0;
  overflow-wrap: anywhere; }
.verdict.wrong { border-color: var(--red); }
.verdict b { color: var(--good); }
.verdict.wrong b { color: var(--red); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 16px 0; }
.tile, section { background: var(--card); border-radius: 8px; padding: 14px 16px; }
.tile b { display: block; font-size: 21px; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 12.5px; }
section { margin: 16px 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--soft); }
svg text.name, svg text.value { fill: var(--ink); }
.grid { stroke: var(--grid); stroke-width: 1; }
.limit { stroke: var(--amber); stroke-width: 1.3; stroke-dasharray: 5 4; }
svg text.limit-text { fill: var(--amber); }
.mark { fill: var(--blue); fill-opacity: .72; stroke: var(--card); stroke-width: .8; }
.mark.wrong { fill: var(--red); fill-opacity: 1; }
.bar { fill: var(--blue); }
.bar.plain { fill: var(--pale); }
.mark:hover, .bar:hover { stroke: var(--ink); stroke-width: 1.6; }
.wrong-line { stroke: var(--red); stroke-width: 1; }
svg text.wrong-text { fill: var(--red); font-weight: 600; }
.key::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 10px; background: var(--blue); }
.key.plain::before { background: var(--pale); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--grid); padding: 4px 8px; white-space: nowrap; }
td { border-bottom: 1px solid var(--grid); padding: 4px 8px; vertical-align: top; white-space: nowrap; }
td.r, th.r { text-align: right; }
td.wide { white-space: normal; overflow-wrap: anywhere; min-width: 190px; }
tr.wrong td { color: var(--red); }
tr.first td { font-weight: 650; }
tr.view td { color: var(--soft); }
td.time { background: linear-gradient(90deg, var(--pale) var(--part), transparent var(--part)); }
)";

inline std::string report_tile(std::string const& value, std::string const& what) {
  return "<div class=\"tile\"><b>" + escaped(value) + "</b><span>" + escaped(what) + "</span></div>\n";
}
inline std::string report_section(std::string const& title, std::string const& about, std::string const& body) {
  return body.empty() ? body : "<section>\n<h2>" + escaped(title) + "</h2>\n<p class=\"soft\">" + about + "</p>\n" + body + "</section>\n";
}

/// A table with its heads; `>` before a head puts its column to the right.
inline std::string report_table(std::vector<std::string_view> const& heads, std::string const& rows) {
  std::string s = "<div class=\"scroll\"><table><tr>";
  for (std::string_view h : heads) s += h[0] == '>' ? "<th class=\"r\">" + std::string(h.substr(1)) + "</th>" : "<th>" + std::string(h) + "</th>";
  return s + "</tr>\n" + rows + "</table></div>\n";
}
/// A cell with a bar behind its number.
inline std::string bar_cell(double part, std::string const& text) {
  return "<td class=\"r time\" style=\"--part: " + number("%.0f%%", 100 * part) + "\">" + text + "</td>";
}

inline std::string report_rows(comparison const& c) {
  std::string s;
  double const total = std::max(1.0, c.layer_nanoseconds());
  double most = 1;
  for (compared_layer const& l : c.layers) most = std::max(most, l.nanoseconds);
  auto const cell = [](std::string const& text, char const* kind = "r") { return "<td class=\"" + std::string(kind) + "\">" + escaped(text) + "</td>"; };
  for (std::size_t i = 0; i < c.layers.size(); ++i) {
    compared_layer const& l = c.layers[i];
    tensor_error const& e = l.error;
    bool const view = l.kernel == "view";
    auto const error = [&](std::string const& text) { return cell(l.compared ? text : "-"); };
    std::string origins;
    for (compared_node const& n : l.nodes) origins += (origins.empty() ? "" : "\n") + n.origin + (n.folded ? " (into the weights)" : "");
    std::string const kind = std::string(view ? "view " : "") + (l.departs ? "wrong " : "") + (static_cast<int>(i) == c.first_departure ? "first" : "");
    s += "<tr class=\"" + kind + "\">" + cell(std::to_string(l.step)) + "<td class=\"wide\" title=\"" + escaped(origins) + "\">" + escaped(l.operation) + "</td>" +
         "<td class=\"wide\">" + escaped(l.result + (l.output.empty() ? "" : " (output)")) + "</td>" + cell(shape_text(l.desc), "") + error(error_text(e.relative)) +
         error(error_text(e.max_abs)) + error(short_number(e.ulp_half)) + error(short_number(e.ulp_most)) + error(short_number(e.ulp_max)) +
         (view ? cell("-") + cell("-")
               : bar_cell(l.nanoseconds / most, microseconds_text(l.nanoseconds)) +
                     cell(number("%.1f%%", 100 * l.nanoseconds / total))) +
         cell(l.macs > 0 ? short_number(gflops(l)) : "-") + cell(view ? "-" : short_number(gbytes(l))) + cell(l.kernel, "") + "</tr>\n";
  }
  return s;
}

/// Time by the operator that leads a group.
inline std::string operator_rows(comparison const& c) {
  struct sum {
    double nanoseconds = 0;
    index macs = 0;
    int steps = 0;
  };
  std::map<std::string, sum> by_operator;
  for (compared_layer const& l : c.layers) {
    if (l.kernel == "view") continue;
    sum& o = by_operator[l.nodes.empty() ? "copy" : l.nodes[0].operation];
    o.nanoseconds += l.nanoseconds;
    o.macs += l.macs;
    ++o.steps;
  }
  std::vector<std::pair<std::string, sum>> order(by_operator.begin(), by_operator.end());
  std::stable_sort(order.begin(), order.end(), [](auto const& a, auto const& b) { return a.second.nanoseconds > b.second.nanoseconds; });
  std::string s;
  double const total = std::max(1.0, c.layer_nanoseconds());
  for (auto const& [name, o] : order)
    s += "<tr><td>" + escaped(name) + "</td><td class=\"r\">" + std::to_string(o.steps) + "</td><td class=\"r\">" + time_text(o.nanoseconds) + "</td>" +
         bar_cell(o.nanoseconds / total, number("%.1f%%", 100 * o.nanoseconds / total)) + "<td class=\"r\">" +
         (o.macs > 0 ? short_number(2 * static_cast<double>(o.macs) / std::max(1.0, o.nanoseconds)) : "-") + "</td></tr>\n";
  return s;
}

inline std::string report_head(comparison const& c) {
  std::string s = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  s += "<title>dsi compare: " + escaped(c.source) + "</title>\n<style>" + report_style + "</style>\n</head>\n<body>\n<main>\n";
  s += "<h1>" + escaped(c.source) + "</h1>\n<p class=\"soft\">";
  auto const port = [](compared_port const& p) { return p.name + " " + std::string(name_of(p.desc.type)) + " " + shape_text(p.desc); };
  for (compared_port const& p : c.inputs) s += escaped(port(p) + " (" + p.values + ")") + " &middot; ";
  for (compared_port const& p : c.outputs) s += "&rarr; " + escaped(port(p)) + " ";
  return s + "</p>\n";
}

inline std::string report_verdict(comparison const& c) {
  bool const wrong = c.first_departure >= 0;
  std::string s = "<div class=\"verdict" + std::string(wrong ? " wrong" : "") + "\"><b>" + (wrong ? "Departs" : "Equal") + "</b> &nbsp;" + escaped(verdict_text(c));
  s += "<br><span class=\"soft\">Compared with " + escaped(c.reference) + (c.unfused ? ", every node by itself." : ", what each fusion group leaves.");
  if (wrong) {
    compared_layer const& l = c.layers[static_cast<std::size_t>(c.first_departure)];
    s += " Its worst element is at " + escaped(place_text(l.desc, l.error.at)) + ": " + number("%.9g", l.error.actual) + " instead of " + number("%.9g", l.error.expected) + "; " +
         std::to_string(l.error.beyond) + " of " + std::to_string(l.error.count) + " elements are beyond the tolerance.";
  }
  return s + "</span></div>\n";
}

inline std::string report_tiles(comparison const& c) {
  double const run = std::max(1.0, c.run_nanoseconds);
  std::string s = "<div class=\"tiles\">\n" + report_tile(time_text(c.run_nanoseconds), "a run, median of " + std::to_string(c.runs));
  s += report_tile(short_number(2 * static_cast<double>(c.macs) / run) + " GFLOP/s", c.isa + ", " + c.threads + ", " + c.numeric);
  if (c.reference_nanoseconds > 0) s += report_tile(short_number(c.reference_nanoseconds / run) + " x", "ONNX Runtime: " + time_text(c.reference_nanoseconds));
  if (int const w = c.worst(); w >= 0) s += report_tile(error_text(c.layers[static_cast<std::size_t>(w)].error.relative), "largest relative error");
  s += report_tile(count_text(c.macs) + " MACs", std::to_string(c.layers.size()) + " steps");
  return s + report_tile(bytes_text(c.weight_bytes), "weights; arena " + bytes_text(c.arena_bytes)) + "</div>\n";
}

}  // namespace detail

/// The page.
inline std::string comparison_report(comparison const& c) {
  using namespace detail;
  std::string s = report_head(c) + report_verdict(c) + report_tiles(c);
  s += report_section("Error of each layer", "Largest |difference| over the largest |expected value|, for what each step leaves. Point at a mark for its layer.", error_plot(c));
  s += report_section("Time of each layer", "<span class=\"key\">multiplies</span><span class=\"key plain\">moves and elementwise</span>; median of one step, timed one by one.",
                      time_plot(c));
  s += report_section("Slowest layers", "", slowest_plot(c));
  s += report_section("Speed over arithmetic intensity",
                      "Each mark is a layer, its area the time it takes. The dashed roofs are the best that a layer of this network reached, not the machine's.", roofline_plot(c));
  s += report_section("Where the time goes", "By the operator that leads each fusion group.",
                      report_table({"operator", ">steps", ">time", ">share", ">GFLOP/s"}, operator_rows(c)));
  s += report_section("The plan, step by step",
                      "ulp: units in the last place of an element's type, for half of the elements, for 99 of 100, and the largest. Point at a layer for its ONNX nodes.",
                      report_table({">step", "layer", "result", "shape", ">relative", ">max abs", ">ulp 50%", ">99%", ">max", ">us", ">time", ">GFLOP/s", ">GB/s", "kernel"}, report_rows(c)));
  return s + "</main>\n</body>\n</html>\n";
}

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// The network as a Graphviz drawing: a box for each fusion group, its nodes inside, tensors as edges.
#pragma once

#include <map>

#include <dsi/import/compare/format.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// A label in Graphviz' double quotes.
inline std::string dot_quoted(std::string_view text) {
  std::string s = "\"";
  for (char c : text) {
    if (c == '\n') {
      s += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') s += '\\';
    s += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return s + '"';
}

}  // namespace detail

/// Graphviz text: `dot -Tsvg` draws it. Groups that depart are red, the others the bluer the more of the time they take.
inline std::string comparison_dot(comparison const& c) {
  using namespace detail;
  std::string s = "// Made by dsi compare. Draw it with: dot -Tsvg FILE -o net.svg\ndigraph network {\n  rankdir=TB;\n  fontname=\"Helvetica\";\n"
                  "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9, color=\"#777777\"];\n  label=" +
                  dot_quoted(c.source + "\n" + verdict_text(c)) + ";\n";
  std::map<int, std::string> maker;  // of a tensor: the drawn node that leaves it
  std::map<int, tensor_desc> descs;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    compared_port const& p = c.inputs[i];
    if (p.tensor < 0) continue;  // a bound input is a constant
    std::string const id = "in" + std::to_string(i);
    s += "  " + id + " [shape=ellipse, label=" + dot_quoted(p.name + "\n" + shape_text(p.desc)) + "];\n";
    maker[p.tensor] = id;
    descs[p.tensor] = p.desc;
  }
  double const total = std::max(1.0, c.layer_nanoseconds());
  for (compared_layer const& l : c.layers) {
    if (l.nodes.empty()) continue;
    double const share = l.nanoseconds / total;
    std::string const blue = number("%.3f", std::min(0.45, 3 * share));
    std::string const fill = l.departs ? "#f3b7b7" : "0.58 " + blue + " 1.0";
    std::string const time = l.kernel == "view" ? "" : "  " + time_text(l.nanoseconds) + " (" + number("%.1f", 100 * share) + "%)";
    std::string const about = "step " + std::to_string(l.step) + "  " + l.kernel + time + (l.compared ? "\nrelative error " + error_text(l.error.relative) : "");
    s += "  subgraph cluster_" + std::to_string(l.step) + " {\n    style=\"rounded,filled\"; color=" + dot_quoted(l.departs ? "#c02020" : "#9aa7b5") +
         "; fillcolor=" + dot_quoted(fill) + "; fontsize=9; labeljust=l;\n    label=" + dot_quoted(about) + ";\n";
    for (std::size_t n = 0; n < l.nodes.size(); ++n) {
      std::string const id = "n" + std::to_string(l.step) + "_" + std::to_string(n);
      s += "    " + id + " [label=" + dot_quoted(l.nodes[n].operation + (l.nodes[n].folded ? " (folded)" : "") + "\n" + shortened(l.nodes[n].origin, 48)) + "];\n";
      for (int t : l.nodes[n].outputs) {
        maker[t] = id;
        descs[t] = l.desc;
      }
    }
    s += "  }\n";
  }
  for (compared_layer const& l : c.layers)
    for (std::size_t n = 0; n < l.nodes.size(); ++n)
      for (int t : l.nodes[n].inputs) {
        auto const from = maker.find(t);
        if (from == maker.end()) continue;  // a constant
        s += "  " + from->second + " -> n" + std::to_string(l.step) + "_" + std::to_string(n) + " [label=" + dot_quoted(shape_text(descs[t])) + "];\n";
      }
  for (std::size_t i = 0; i < c.outputs.size(); ++i) {
    std::string const id = "out" + std::to_string(i);
    s += "  " + id + " [shape=ellipse, label=" + dot_quoted(c.outputs[i].name + "\n" + shape_text(c.outputs[i].desc)) + "];\n";
    if (auto const from = maker.find(c.outputs[i].tensor); from != maker.end()) s += "  " + from->second + " -> " + id + ";\n";
  }
  return s + "}\n";
}

}  // namespace DSI_NAMESPACE::import

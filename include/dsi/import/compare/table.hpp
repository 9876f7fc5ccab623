// SPDX-License-Identifier: MIT
// The comparison as text: what was run, a line for each layer, the verdict.
#pragma once

#include <algorithm>

#include <dsi/import/compare/format.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// A name on a terminal: no control characters.
inline std::string printable(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return name;
}

/// Columns as wide as their longest cell, numbers to the right.
class text_table {
 public:
  explicit text_table(std::vector<std::string> head, std::string_view right) : right_(right) { add(std::move(head)); }
  void add(std::vector<std::string> row) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], width(row[i]));
    rows_.push_back(std::move(row));
  }
  std::string text() const {
    std::string s;
    for (auto const& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        std::string const space(widths_[i] - width(row[i]), ' ');
        line += (i > 0 ? "  " : "") + (right_[i] == 'r' ? space + row[i] : row[i] + space);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      s += line + "\n";
    }
    return s;
  }

 private:
  /// Characters, not bytes of UTF-8.
  static std::size_t width(std::string const& s) {
    return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }
  std::string_view right_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace detail

/// What was run, and how: the lines above the table.
inline std::string comparison_head(comparison const& c) {
  using namespace detail;
  std::string s = printable(c.source) + ": opset " + std::to_string(c.opset) + ", " + count_text(c.macs) + " MACs, weights " + bytes_text(c.weight_bytes) + ", arena " +
                  bytes_text(c.arena_bytes) + ", " + std::to_string(c.layers.size()) + " steps" + (c.unfused ? " (unfused)" : "") + "\n";
  for (compared_port const& p : c.inputs)
    s += "  in   " + printable(p.name) + "  " + std::string(name_of(p.desc.type)) + " " + shape_text(p.desc) + "  (" + printable(p.values) + ")\n";
  for (compared_port const& p : c.outputs) s += "  out  " + printable(p.name) + "  " + std::string(name_of(p.desc.type)) + " " + shape_text(p.desc) + "\n";
  s += "dsi: " + c.isa + ", " + c.threads + ", " + c.numeric + ": " + time_text(c.run_nanoseconds) + " a run (median of " + std::to_string(c.runs) + ", best " +
       time_text(c.best_nanoseconds) + "), " + short_number(2 * static_cast<double>(c.macs) / std::max(1.0, c.run_nanoseconds)) + " GFLOP/s; compiled in " +
       short_number(c.seconds_to_compile) + " s\n";
  s += "compared with " + c.reference;
  if (c.reference_nanoseconds > 0)
    s += ", which takes " + time_text(c.reference_nanoseconds) + " a run (" + short_number(c.reference_nanoseconds / std::max(1.0, c.run_nanoseconds)) + " times dsi's)";
  return s + "\n";
}

/// A line for each step. Views, which do nothing, are listed where they were compared and are wrong.
inline std::string comparison_table(comparison const& c) {
  using namespace detail;
  text_table t({"", "step", "layer", "result", "shape", "relative", "max abs", "ulp 50%", "99%", "max", "us", "time", "GFLOP/s", "GB/s", "kernel"}, "lrlllrrrrrrrrrl");
  double const total = std::max(1.0, c.layer_nanoseconds());
  for (std::size_t i = 0; i < c.layers.size(); ++i) {
    compared_layer const& l = c.layers[i];
    bool const view = l.kernel == "view";
    if (view && !l.departs) continue;
    tensor_error const& e = l.error;
    auto const when = [](bool there, std::string text) { return there ? text : std::string("-"); };
    std::string const mark = static_cast<int>(i) == c.first_departure ? ">>" : l.departs ? "!" : "";
    std::string const result = shortened(printable(l.result), 56) + (l.output.empty() ? "" : " =out");
    t.add({mark, std::to_string(l.step), abridged(printable(l.operation), 40), result, shape_text(l.desc), when(l.compared, error_text(e.relative)),
           when(l.compared, error_text(e.max_abs)), when(l.compared, short_number(e.ulp_half)), when(l.compared, short_number(e.ulp_most)),
           when(l.compared, short_number(e.ulp_max)), when(!view, microseconds_text(l.nanoseconds)), when(!view, number("%.1f%%", 100 * l.nanoseconds / total)),
           when(l.macs > 0, short_number(gflops(l))), when(!view, short_number(gbytes(l))), l.kernel});
  }
  return t.text();
}

/// The verdict, and of a departure what is known about it.
inline std::string comparison_verdict(comparison const& c) {
  using namespace detail;
  std::string s = printable(verdict_text(c)) + "\n";
  if (c.first_departure < 0) return s;
  compared_layer const& l = c.layers[static_cast<std::size_t>(c.first_departure)];
  tensor_error const& e = l.error;
  s += "  " + std::to_string(e.beyond) + " of " + std::to_string(e.count) + " elements are beyond it; the worst is at " + place_text(l.desc, e.at) + ": " +
       number("%.9g", e.actual) + " instead of " + number("%.9g", e.expected) + "\n";
  if (!l.nodes.empty()) {
    s += "  it computes";
    for (compared_node const& n : l.nodes) s += (&n == l.nodes.data() ? " " : ", ") + printable(n.origin);
    s += "\n";
  }
  index others = 0;
  for (compared_layer const& o : c.layers) others += o.departs && &o != &l ? 1 : 0;
  if (others > 0) s += "  " + std::to_string(others) + " other results depart as well; what follows a wrong result is wrong, too\n";
  if (l.nodes.size() > 1 && !c.unfused) s += "  --unfused compares each of these nodes\n";
  return s;
}

}  // namespace DSI_NAMESPACE::import

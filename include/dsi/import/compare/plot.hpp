// SPDX-License-Identifier: MIT
// The plots of the report as inline SVG. Colours are the page's, so that they follow its light and dark form.
#pragma once

#include <algorithm>
#include <cmath>

#include <dsi/import/compare/format.hpp>

namespace DSI_NAMESPACE::import::detail {

inline std::string escaped(std::string_view text) {
  std::string s;
  for (char c : text) switch (c) {
      case '&': s += "&amp;"; break;
      case '<': s += "&lt;"; break;
      case '>': s += "&gt;"; break;
      case '"': s += "&quot;"; break;
      default: s += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? '?' : c;
    }
  return s;
}

/// The place of x on an axis from `low` to `high`, drawn from `begin` to `end`.
struct axis {
  double low, high, begin, end;
  bool logarithmic = false;
  double at(double x) const {
    double const part = logarithmic ? std::log(x / low) / std::log(high / low) : (x - low) / (high - low);
    return begin + std::clamp(part, 0.0, 1.0) * (end - begin);
  }
};

/// An SVG of fixed coordinates that scales with the page.
class drawing {
 public:
  drawing(std::string const& id, double width, double height, std::string const& title)
      : text_("<svg id=\"" + id + "\" viewBox=\"0 0 " + number("%.0f", width) + " " + number("%.0f", height) + "\" role=\"img\" aria-label=\"" + escaped(title) + "\">\n") {}
  void line(double x0, double y0, double x1, double y1, char const* kind) {
    text_ += "<line class=\"" + std::string(kind) + "\"" + field("x1", x0) + field("y1", y0) + field("x2", x1) + field("y2", y1) + "/>\n";
  }
  void words(double x, double y, std::string const& text, char const* kind, char const* anchor = "start") {
    text_ += "<text class=\"" + std::string(kind) + "\" text-anchor=\"" + anchor + "\"" + field("x", x) + field("y", y) + ">" + escaped(text) + "</text>\n";
  }
  void dot(double x, double y, double r, char const* kind, std::string const& tip) {
    text_ += "<circle class=\"" + std::string(kind) + "\"" + field("cx", x) + field("cy", y) + field("r", r) + ">" + tooltip(tip) + "</circle>\n";
  }
  void bar(double x, double y, double w, double h, char const* kind, std::string const& tip) {
    text_ += "<rect class=\"" + std::string(kind) + "\"" + field("x", x) + field("y", y) + field("width", std::max(w, 0.5)) + field("height", std::max(h, 0.5)) + ">" +
             tooltip(tip) + "</rect>\n";
  }
  std::string done() && { return std::move(text_) + "</svg>\n"; }

 private:
  static std::string field(char const* name, double x) { return std::string(" ") + name + "=\"" + number("%.1f", x) + "\""; }
  static std::string tooltip(std::string const& tip) { return "<title>" + escaped(tip) + "</title>"; }
  std::string text_;
};

inline std::string layer_tip(compared_layer const& l) {
  std::string s = layer_text(l) + "\n" + l.kernel + ", " + shape_text(l.desc);
  if (l.kernel != "view") s += "\n" + time_text(l.nanoseconds) + ", " + short_number(gflops(l)) + " GFLOP/s, " + short_number(gbytes(l)) + " GB/s";
  if (l.compared) s += "\nrelative error " + error_text(l.error.relative) + ", max abs " + error_text(l.error.max_abs);
  return s;
}

/// The values a logarithmic axis names: every power of ten, or every second or third where there are many.
inline std::vector<double> decades(double low, double high, int most) {
  int const from = static_cast<int>(std::floor(std::log10(low) + 1e-9)), to = static_cast<int>(std::ceil(std::log10(high) - 1e-9));
  int const step = std::max(1, (to - from + most - 1) / most);
  std::vector<double> all;
  for (int e = from; e <= to; e += step) all.push_back(std::pow(10.0, e));
  return all;
}

/// Steps along the lower edge of a plot.
inline void name_steps(drawing& d, axis const& x, int last, double y) {
  int step = 1;
  for (int next : {2, 5, 10, 20, 50, 100, 200, 500, 1000})
    if (last / step > 12) step = next;
  for (int s = 0; s <= last; s += step) d.words(x.at(s), y, std::to_string(s), "tick", "middle");
  d.words((x.begin + x.end) / 2, y + 18, "step", "tick", "middle");
}

/// Relative error of each layer over the steps.
inline std::string error_plot(comparison const& c) {
  double const floor = 1e-9;
  double high = 10 * c.tolerance;
  int last = 1;
  for (compared_layer const& l : c.layers) {
    last = std::max(last, l.step);
    if (l.compared && std::isfinite(l.error.relative)) high = std::max(high, 2 * l.error.relative);
  }
  axis const x{-1, last + 1.0, 62, 880}, y{floor, std::pow(10, std::ceil(std::log10(high))), 270, 16, true};
  drawing d("error", 900, 316, "relative error of each layer");
  for (double v : decades(y.low, y.high, 6)) {
    d.line(x.begin, y.at(v), x.end, y.at(v), "grid");
    d.words(x.begin - 8, y.at(v) + 4, v <= floor ? "0" : number("%.0e", v), "tick", "end");
  }
  d.line(x.begin, y.at(c.tolerance), x.end, y.at(c.tolerance), "limit");
  d.words(x.end, y.at(c.tolerance) - 6, "tolerance " + error_text(c.tolerance), "limit-text", "end");
  for (compared_layer const& l : c.layers)
    if (l.compared) d.dot(x.at(l.step), y.at(std::isfinite(l.error.relative) ? std::max(l.error.relative, floor) : y.high), 4, l.departs ? "mark wrong" : "mark", layer_tip(l));
  if (c.first_departure >= 0) {
    compared_layer const& l = c.layers[static_cast<std::size_t>(c.first_departure)];
    double const at = x.at(l.step);
    d.line(at, y.begin, at, y.end, "wrong-line");
    bool const left = at > (x.begin + x.end) / 2;
    d.words(at + (left ? -6 : 6), y.end + 10, "first: " + shortened(l.result, 40), "wrong-text", left ? "end" : "start");
  }
  name_steps(d, x, last, 290);
  return std::move(d).done();
}

/// Time of each layer over the steps.
inline std::string time_plot(comparison const& c) {
  double most = 1;
  int last = 1;
  for (compared_layer const& l : c.layers) {
    last = std::max(last, l.step);
    most = std::max(most, l.nanoseconds / 1e3);
  }
  double const grid = std::pow(10, std::floor(std::log10(most)));
  double const tick = most / grid > 5 ? 2 * grid : most / grid > 2 ? grid : grid / 2;
  axis const x{-1, last + 1.0, 62, 880}, y{0, std::ceil(most / tick) * tick, 220, 12};
  drawing d("time", 900, 266, "time of each layer");
  for (double v = 0; v <= y.high + tick / 2; v += tick) {
    d.line(x.begin, y.at(v), x.end, y.at(v), "grid");
    d.words(x.begin - 8, y.at(v) + 4, number("%g", v), "tick", "end");
  }
  d.words(14, 116, "us", "tick", "middle");
  double const width = std::clamp((x.end - x.begin) / (last + 2) - 2, 1.0, 24.0);
  for (compared_layer const& l : c.layers)
    if (l.kernel != "view") d.bar(x.at(l.step) - width / 2, y.at(l.nanoseconds / 1e3), width, y.begin - y.at(l.nanoseconds / 1e3), l.macs > 0 ? "bar" : "bar plain", layer_tip(l));
  name_steps(d, x, last, 240);
  return std::move(d).done();
}

/// The layers that take the most time, slowest first.
inline std::string slowest_plot(comparison const& c) {
  std::vector<compared_layer const*> order;
  for (compared_layer const& l : c.layers)
    if (l.kernel != "view") order.push_back(&l);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->nanoseconds > b->nanoseconds; });
  if (order.size() > 15) order.resize(15);
  double const row = 22, total = std::max(1.0, c.layer_nanoseconds());
  axis const x{0, order.empty() ? 1 : std::max(1.0, order[0]->nanoseconds), 330, 640};
  drawing d("slowest", 900, 8 + row * static_cast<double>(order.size()), "the slowest layers");
  for (std::size_t i = 0; i < order.size(); ++i) {
    compared_layer const& l = *order[i];
    double const y = 4 + row * static_cast<double>(i);
    d.words(322, y + 14, std::to_string(l.step) + "  " + abridged(l.operation, 26) + " -> " + shortened(l.result, 20), "name", "end");
    d.bar(x.begin, y + 3, x.at(l.nanoseconds) - x.begin, row - 8, l.macs > 0 ? "bar" : "bar plain", layer_tip(l));
    std::string const rate = l.macs > 0 ? short_number(gflops(l)) + " GFLOP/s" : short_number(gbytes(l)) + " GB/s";
    d.words(x.at(l.nanoseconds) + 6, y + 14, time_text(l.nanoseconds) + "  " + number("%.1f", 100 * l.nanoseconds / total) + "%  " + rate, "value");
  }
  return std::move(d).done();
}

/// Speed over arithmetic intensity. The roofs are the best that a layer of this network reached: in GFLOP/s, and in bytes a second.
inline std::string roofline_plot(comparison const& c) {
  std::vector<compared_layer const*> shown;
  double speed = 0, traffic = 0, least = 1e300, most = 0, slow = 1e300;
  for (compared_layer const& l : c.layers) {
    if (l.bytes == 0 || l.nanoseconds <= 0) continue;
    if (l.nanoseconds >= 1000) traffic = std::max(traffic, gbytes(l));  // shorter ones are mostly the clock
    if (l.macs == 0) continue;
    shown.push_back(&l);
    double const intensity = 2 * static_cast<double>(l.macs) / static_cast<double>(l.bytes);
    speed = std::max(speed, gflops(l));
    slow = std::min(slow, gflops(l));
    traffic = std::max(traffic, gbytes(l));
    least = std::min(least, intensity);
    most = std::max(most, intensity);
  }
  if (shown.empty()) return {};
  axis const x{least / 1.6, most * 1.6, 62, 880, true}, y{std::min(slow / 1.8, speed / 12), speed * 1.6, 300, 14, true};
  drawing d("roofline", 900, 346, "speed over arithmetic intensity");
  auto const ticks = [](axis const& a) {
    std::vector<double> all;
    for (double v : decades(a.low, a.high, 8))
      for (double k : {1.0, 2.0, 5.0})
        if (v * k >= a.low && v * k <= a.high && (k == 1.0 || a.high / a.low < 200)) all.push_back(v * k);
    return all;
  };
  for (double v : ticks(y)) {
    d.line(x.begin, y.at(v), x.end, y.at(v), "grid");
    d.words(x.begin - 8, y.at(v) + 4, number("%g", v), "tick", "end");
  }
  for (double v : ticks(x)) d.words(x.at(v), 320, number("%g", v), "tick", "middle");
  d.words((x.begin + x.end) / 2, 338, "FLOP per byte of inputs, weights and outputs", "tick", "middle");
  d.line(x.begin, y.at(speed), x.end, y.at(speed), "limit");
  d.words(x.begin + 6, y.at(speed) - 5, "best layer: " + short_number(speed) + " GFLOP/s", "limit-text");
  double const from = std::max(x.low, y.low / traffic), to = std::min(x.high, speed / traffic);
  if (from < to) {
    d.line(x.at(from), y.at(from * traffic), x.at(to), y.at(to * traffic), "limit");
    d.words(x.at(from) + 18, y.at(from * traffic) + 4, "largest traffic: " + short_number(traffic) + " GB/s", "limit-text");
  }
  double const total = std::max(1.0, c.layer_nanoseconds());
  for (compared_layer const* l : shown) {
    double const intensity = 2 * static_cast<double>(l->macs) / static_cast<double>(l->bytes);
    d.dot(x.at(intensity), y.at(gflops(*l)), 3 + 26 * std::sqrt(l->nanoseconds / total), l->departs ? "mark wrong" : "mark", layer_tip(*l));
  }
  return std::move(d).done();
}

}  // namespace DSI_NAMESPACE::import::detail

// SPDX-License-Identifier: MIT
// Numbers and names as the table and the report print them.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

#include <dsi/import/compare/comparison.hpp>

namespace DSI_NAMESPACE::import::detail {

/// printf for one number.
inline std::string number(char const* form, double x) {
  char text[64];
  std::snprintf(text, sizeof(text), form, x);
  return text;
}
/// Three digits: 0.52, 12.3, 456, 3.1e+04.
inline std::string short_number(double x) {
  if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
  if (std::isnan(x)) return "nan";
  if (x == 0) return "0";
  double const size = std::abs(x);
  if (size >= 1e4 || size < 1e-2) return number("%.1e", x);
  return number(size < 10 ? "%.2f" : size < 100 ? "%.1f" : "%.0f", x);
}
inline std::string error_text(double x) { return x == 0 ? "0" : std::isfinite(x) ? number("%.1e", x) : "inf"; }
/// 412 ns, 6.81 us, 7.03 ms, 1.2 s.
inline std::string time_text(double nanoseconds) {
  struct unit {
    double size;
    char const* name;
  };
  for (unit u : {unit{1e9, " s"}, unit{1e6, " ms"}, unit{1e3, " us"}})
    if (nanoseconds >= u.size) return short_number(nanoseconds / u.size) + u.name;
  return short_number(nanoseconds) + " ns";
}
/// A number of microseconds for a column of them.
inline std::string microseconds_text(double nanoseconds) {
  double const us = nanoseconds / 1e3;
  return number(us < 10 ? "%.2f" : us < 1000 ? "%.1f" : "%.0f", us);
}
inline std::string bytes_text(index bytes) {
  double const b = static_cast<double>(bytes);
  return b >= 1e6 ? short_number(b / 1e6) + " MB" : b >= 1e3 ? short_number(b / 1e3) + " KB" : std::to_string(bytes) + " B";
}
inline std::string count_text(index n) {
  double const c = static_cast<double>(n);
  return c >= 1e9 ? short_number(c / 1e9) + " G" : c >= 1e6 ? short_number(c / 1e6) + " M" : c >= 1e3 ? short_number(c / 1e3) + " k" : std::to_string(n);
}
/// 1x64x112x112; a scalar is "scalar".
inline std::string shape_text(tensor_desc const& d) {
  std::string s;
  for (int i = 0; i < d.rank(); ++i) s += (i > 0 ? "x" : "") + std::to_string(d[i]);
  return s.empty() ? "scalar" : s;
}
/// [0, 3, 7]: the place of a flat position.
inline std::string place_text(tensor_desc const& d, index flat) {
  std::string s;
  for (int i = d.rank() - 1; i >= 0; --i) {
    s = std::to_string(flat % d[i]) + (s.empty() ? "" : ", ") + s;
    flat /= d[i];
  }
  return "[" + s + "]";
}
/// Not longer than `most` characters, for what says most at its beginning.
inline std::string abridged(std::string const& text, std::size_t most) { return text.size() <= most ? text : text.substr(0, most - 2) + ".."; }
/// Not longer than `most` characters; the end of a name says more than its beginning.
inline std::string shortened(std::string const& name, std::size_t most) {
  if (name.size() <= most) return name;
  std::size_t cut = name.size() - most + 2;
  while (cut < name.size() && (static_cast<unsigned char>(name[cut]) & 0xc0) == 0x80) ++cut;  // not inside a character
  return ".." + name.substr(cut);
}
inline double gflops(compared_layer const& l) { return l.nanoseconds > 0 ? 2 * static_cast<double>(l.macs) / l.nanoseconds : 0; }
inline double gbytes(compared_layer const& l) { return l.nanoseconds > 0 ? static_cast<double>(l.bytes) / l.nanoseconds : 0; }

/// `step 12, conv + relu -> "x"`.
inline std::string layer_text(compared_layer const& l) { return "step " + std::to_string(l.step) + ", " + l.operation + " -> " + l.result; }

/// The verdict in one sentence.
inline std::string verdict_text(comparison const& c) {
  index compared = 0;
  for (compared_layer const& l : c.layers) compared += l.compared ? 1 : 0;
  if (compared == 0) return "nothing could be compared";
  if (c.first_departure >= 0) {
    compared_layer const& l = c.layers[static_cast<std::size_t>(c.first_departure)];
    return "departs first at " + layer_text(l) + ": relative error " + error_text(l.error.relative) + ", tolerance " + error_text(c.tolerance);
  }
  compared_layer const& l = c.layers[static_cast<std::size_t>(c.worst())];
  return "equal within " + error_text(c.tolerance) + ": " + std::to_string(compared) + " results compared, the largest relative error is " +
         error_text(l.error.relative) + " (" + layer_text(l) + ")";
}

}  // namespace DSI_NAMESPACE::import::detail

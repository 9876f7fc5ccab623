// SPDX-License-Identifier: MIT
// The probability of speech over time: on a terminal and as SVG.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "speech.hpp"

/// A recording in pieces of speech_segments::piece samples.
struct course {
  std::vector<float> probability, peak;  // of each piece; peak is its largest sample
  std::vector<segment> speech;
  double threshold;
  double seconds() const { return static_cast<double>(probability.size()) * seconds_of_a_piece; }
  static constexpr double seconds_of_a_piece = speech_segments::piece / 16000.0;
};

/// Seven rows of at most 100 columns; below them the segments and the time.
inline void print_plot(course const& c) {
  std::size_t const n = c.probability.size(), columns = std::min<std::size_t>(n, 100);
  auto const piece = [&](std::size_t column) { return column * n / columns; };
  for (int row = 6; row >= 0; --row) {
    std::printf(row == 6 ? "1.0 |" : row == 3 ? "0.5 |" : row == 0 ? "0.0 |" : "    |");
    for (std::size_t x = 0; x < columns; ++x) {
      float p = 0;
      for (std::size_t i = piece(x); i < std::max(piece(x + 1), piece(x) + 1); ++i) p = std::max(p, c.probability[i]);
      std::putchar(static_cast<int>(std::lround(p * 6)) >= row && (row != 0 || p > 0.01f) ? '#' : ' ');
    }
    std::putchar('\n');
  }
  std::string line(columns, ' ');
  for (segment const& s : c.speech)
    for (std::size_t x = 0; x < columns; ++x) {
      auto const at = static_cast<long>(piece(x)) * speech_segments::piece;
      if (at >= s.begin && at < s.end) line[x] = '=';
    }
  std::printf("    +%s\n      0 s%*.1f s\n", line.c_str(), std::max(1, static_cast<int>(columns) - 6), c.seconds());
}

/// False when the file cannot be written.
inline bool write_svg(char const* path, course const& c, char const* title) {
  std::FILE* const f = std::fopen(path, "w");
  if (f == nullptr) return false;
  double const left = 46, width = 900, seconds = std::max(c.seconds(), 0.1);
  double const wave_middle = 70, wave_half = 40, top = 130, height = 160;
  auto const x = [&](double t) { return left + width * t / seconds; };
  auto const y = [&](double p) { return top + height * (1 - p); };
  std::string name;
  for (char const* p = title; *p != 0; ++p) name += *p == '<' ? "&lt;" : *p == '&' ? "&amp;" : std::string(1, *p);
  std::fprintf(f,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" font-size=\"12\">\n<style>\n"
               ".page{fill:#fff} text{fill:#333} .grid{stroke:#ccc;stroke-width:1} .speech{fill:#2a7d4f;opacity:.15} .wave{fill:none;stroke:#888;stroke-width:1}\n"
               ".probability{fill:none;stroke:#1f6feb;stroke-width:1.6;stroke-linejoin:round} .threshold{stroke:#c0392b;stroke-dasharray:5 4}\n"
               "@media (prefers-color-scheme: dark){.page{fill:#161b22} text{fill:#ddd} .grid{stroke:#444} .speech{fill:#3fb950;opacity:.22} .wave{stroke:#999} .probability{stroke:#58a6ff} .threshold{stroke:#ff7b72}}\n"
               "</style>\n<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n<text x=\"%g\" y=\"18\">%s: probability of speech</text>\n",
               left + width + 14, top + height + 40, left, name.c_str());
  for (segment const& s : c.speech)
    std::fprintf(f, "<rect class=\"speech\" x=\"%.1f\" y=\"26\" width=\"%.1f\" height=\"%g\"/>\n", x(static_cast<double>(s.begin) / 16000), x(static_cast<double>(s.end - s.begin) / 16000) - left,
                 top + height - 26);
  for (double const p : {0.0, 0.25, 0.5, 0.75, 1.0})
    std::fprintf(f, "<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", left, left + width, y(p), y(p), left - 6, y(p) + 4, p);
  double tick = 1;
  while (seconds / tick > 20) tick *= tick == 1 || tick == 10 || tick == 100 ? 5 : 2;
  for (int i = 0; i * tick <= seconds; ++i) {
    double const t = i * tick;
    std::fprintf(f, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%g s</text>\n", x(t), top + height + 18, t);
  }
  std::fprintf(f, "<path class=\"wave\" d=\"");
  for (std::size_t i = 0; i < c.peak.size(); ++i) {
    double const at = x((static_cast<double>(i) + 0.5) * course::seconds_of_a_piece), high = wave_half * static_cast<double>(std::min(c.peak[i], 1.f));
    std::fprintf(f, "M%.1f %.1fV%.1f", at, wave_middle - high - 0.3, wave_middle + high + 0.3);
  }
  std::fprintf(f, "\"/>\n<polyline class=\"probability\" points=\"");
  for (std::size_t i = 0; i < c.probability.size(); ++i)
    std::fprintf(f, "%.1f,%.1f ", x((static_cast<double>(i) + 0.5) * course::seconds_of_a_piece), y(static_cast<double>(c.probability[i])));
  std::fprintf(f, "\"/>\n<line class=\"threshold\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>\n</svg>\n", left, left + width, y(c.threshold), y(c.threshold));
  return std::fclose(f) == 0;
}

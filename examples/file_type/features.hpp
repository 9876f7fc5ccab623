// SPDX-License-Identifier: MIT
// What the network sees of a file: the first and the last bytes without the white space around them.
#pragma once

#include <magika_labels.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

namespace file_type {

using bytes = std::span<unsigned char const>;
/// One number for each byte, padding_token where there is none.
using features = std::array<std::int32_t, magika_labels::beg_size + magika_labels::end_size>;

/// The first and the last bytes of a file, at most a block of each; the same bytes when the file is shorter than a block.
struct ends {
  std::array<unsigned char, magika_labels::block_size> first, last;
  std::size_t size = 0;  ///< bytes in each of the two
  bytes beginning() const { return {first.data(), size}; }
  bytes end() const { return {last.data(), size}; }
};

/// False when the file cannot be read.
inline bool read_ends(std::FILE* file, std::size_t file_size, ends& e) {
  e.size = std::min(file_size, e.first.size());
  if (std::fread(e.first.data(), 1, e.size, file) != e.size) return false;
  if (file_size == e.size) {
    std::copy_n(e.first.begin(), e.size, e.last.begin());
    return true;
  }
  return std::fseek(file, -static_cast<long>(e.size), SEEK_END) == 0 && std::fread(e.last.data(), 1, e.size, file) == e.size;
}

/// What Python's bytes.strip() takes away.
constexpr bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// beg: the first bytes, padded behind; end: the last ones, padded in front.
inline void make_features(ends const& e, features& f) {
  using namespace magika_labels;
  f.fill(padding_token);
  bytes beg = e.beginning(), end = e.end();
  while (!beg.empty() && is_space(beg.front())) beg = beg.subspan(1);
  while (!end.empty() && is_space(end.back())) end = end.first(end.size() - 1);
  beg = beg.first(std::min<std::size_t>(beg.size(), beg_size));
  end = end.last(std::min<std::size_t>(end.size(), end_size));
  std::copy(beg.begin(), beg.end(), f.begin());
  std::copy(end.begin(), end.end(), f.end() - static_cast<std::ptrdiff_t>(end.size()));
}

/// Strict UTF-8, as Python decodes it: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off.
constexpr bool is_utf8(bytes text) {
  for (std::size_t i = 0; i < text.size();) {
    unsigned char const c = text[i];
    std::size_t const more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 4;
    if (more == 4 || i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((text[i + k] & 0xC0) != 0x80) return false;
    if ((c == 0xE0 && text[i + 1] < 0xA0) || (c == 0xED && text[i + 1] > 0x9F) || (c == 0xF0 && text[i + 1] < 0x90) || (c == 0xF4 && text[i + 1] > 0x8F)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace file_type

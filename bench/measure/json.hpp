// SPDX-License-Identifier: MIT
// Writes JSON: objects and lists in the order of the calls, no tree in memory.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class json_writer {
 public:
  json_writer& begin_object(std::string_view key = {}) { return open(key, '{'); }
  json_writer& begin_list(std::string_view key = {}) { return open(key, '['); }
  json_writer& end() {
    text_ += closers_.back();
    closers_.pop_back();
    first_ = false;
    return *this;
  }
  json_writer& add(std::string_view key, std::string_view value) {
    separate(key);
    quote(value);
    return *this;
  }
  json_writer& add(std::string_view key, char const* value) { return add(key, std::string_view(value)); }
  /// A number that JSON has no word for becomes null.
  json_writer& add(std::string_view key, double value) {
    separate(key);
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.9g", value);
    text_ += std::isfinite(value) ? digits : "null";
    return *this;
  }
  json_writer& add(std::string_view key, std::vector<double> const& values) {
    begin_list(key);
    for (double v : values) add({}, v);
    return end();
  }
  std::string const& text() const { return text_; }

 private:
  json_writer& open(std::string_view key, char bracket) {
    separate(key);
    text_ += bracket;
    closers_ += bracket == '{' ? '}' : ']';
    first_ = true;
    return *this;
  }
  void separate(std::string_view key) {
    if (!first_) text_ += ", ";
    first_ = false;
    if (key.empty()) return;
    quote(key);
    text_ += ": ";
  }
  void quote(std::string_view s) {
    text_ += '"';
    for (char c : s) {
      if (c == '"' || c == '\\') text_ += '\\';
      if (static_cast<unsigned char>(c) >= 0x20) text_ += c;
      else text_ += ' ';
    }
    text_ += '"';
  }

  std::string text_, closers_;
  bool first_ = true;
};

}  // namespace bench

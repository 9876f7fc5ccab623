// SPDX-License-Identifier: MIT
// What stands in the way of an import: collected, so that one run reports every problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dsi/core/config.hpp>

namespace DSI_NAMESPACE::import {

/// One problem: where it is, what it is, what to do about it.
struct diagnostic {
  enum class severity : unsigned char { warning, error };
  severity level = severity::error;
  std::string where;   ///< operator and node name, tensor or file: `Conv "conv1"`
  std::string what;    ///< the attribute or value that stands in the way, and why
  std::string remedy;  ///< the nearest thing that would work; may be empty
};

/// `error: Conv "conv1": what; remedy`
inline std::string to_string(diagnostic const& d) {
  std::string text = d.level == diagnostic::severity::error ? "error: " : "warning: ";
  if (!d.where.empty()) text += d.where + ": ";
  text += d.what;
  if (!d.remedy.empty()) text += "; " + d.remedy;
  return text;
}

/// Collects problems in the order of their discovery. A hostile file cannot make it grow without bound.
class diagnostics {
 public:
  /// Beyond this many entries, further ones are only counted.
  static constexpr std::size_t limit = 1000;

  void error(std::string where, std::string what, std::string remedy = {}) {
    ++errors_;
    keep({diagnostic::severity::error, std::move(where), std::move(what), std::move(remedy)});
  }
  void warning(std::string where, std::string what, std::string remedy = {}) {
    ++warnings_;
    keep({diagnostic::severity::warning, std::move(where), std::move(what), std::move(remedy)});
  }
  void append(diagnostics const& other) {
    for (diagnostic const& d : other.entries_) keep(d);
    errors_ += other.errors_;
    warnings_ += other.warnings_;
  }

  bool ok() const { return errors_ == 0; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  bool empty() const { return errors_ + warnings_ == 0; }
  std::vector<diagnostic> const& entries() const { return entries_; }

  /// True when an entry's text contains the given words.
  bool contains(std::string_view words) const {
    for (diagnostic const& d : entries_)
      if (to_string(d).find(words) != std::string::npos) return true;
    return false;
  }
  /// All entries, one a line.
  std::string text() const {
    std::string all;
    for (diagnostic const& d : entries_) all += to_string(d) + '\n';
    if (std::size_t const more = errors_ + warnings_ - entries_.size(); more != 0)
      all += "... and " + std::to_string(more) + " more\n";
    return all;
  }

 private:
  void keep(diagnostic d) {
    bool const is_warning = d.level == diagnostic::severity::warning;
    if (entries_.size() == limit) {
      // An error must not be hidden by a flood of warnings: the last warning makes room.
      if (is_warning || kept_warnings_ == 0) return;
      auto last = entries_.end() - 1;
      while (last->level != diagnostic::severity::warning) --last;
      entries_.erase(last);
      --kept_warnings_;
    }
    kept_warnings_ += is_warning ? 1 : 0;
    entries_.push_back(std::move(d));
  }

  std::vector<diagnostic> entries_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::size_t kept_warnings_ = 0;
};

/// A value, or the reasons why there is none. Warnings come with a value, too.
template <class T>
struct outcome {
  std::optional<T> value;  ///< present exactly when notes.ok()
  diagnostics notes;

  explicit operator bool() const { return value.has_value(); }
  T& operator*() { return *value; }
  T const& operator*() const { return *value; }
  T* operator->() { return &*value; }
  T const* operator->() const { return &*value; }
};

/// A name from a file in quotes, made harmless: control characters escaped, long ones cut.
inline std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 120;
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text = "\"";
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i == longest) {
      text += "...";
      break;
    }
    auto const c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7f) {
      text += "\\x";
      text += hex[c >> 4];
      text += hex[c & 15];
    } else {
      text += name[i];
    }
  }
  return text + '"';
}

}  // namespace DSI_NAMESPACE::import

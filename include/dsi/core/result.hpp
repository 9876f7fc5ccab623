// SPDX-License-Identifier: MIT
// Errors as values: result<T> holds a T or says what went wrong. No exceptions, no allocation.
#pragma once

#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// What kind of thing went wrong.
enum class errc : unsigned char {
  invalid_argument,   ///< a value that the interface does not allow
  malformed,          ///< bytes that are not what they claim to be
  mismatch,           ///< well formed, but made for another model
  not_finite,         ///< a NaN or an infinity where none may be
  unsupported,        ///< understood, but this build or this machine cannot do it
  out_of_memory,
  io,
  device,             ///< an accelerator or its driver reported an error
};

/// A short text in place, so that errors never allocate. Longer texts are cut.
class message {
 public:
  constexpr message() = default;
  constexpr message(std::string_view text) { append(text); }              // NOLINT(google-explicit-constructor)
  constexpr message(char const* text) { append(std::string_view(text)); }  // NOLINT(google-explicit-constructor)
  constexpr message& append(std::string_view text) {
    for (char c : text) {
      if (size_ + 1 >= capacity) break;
      text_[size_++] = c;
    }
    text_[size_] = '\0';
    return *this;
  }
  constexpr message& append(index number) {
    char digits[24]{};
    int n = 0;
    bool const negative = number < 0;
    auto rest = negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    do {
      digits[n++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) append(std::string_view("-"));
    while (n > 0) append(std::string_view(&digits[--n], 1));
    return *this;
  }
  template <class T>
  constexpr message& operator<<(T const& value) { return append(value); }
  constexpr std::string_view view() const { return {text_, size_}; }
  constexpr char const* c_str() const { return text_; }
  constexpr bool empty() const { return size_ == 0; }

 private:
  static constexpr std::size_t capacity = 320;
  char text_[capacity]{};
  std::size_t size_ = 0;
};

/// Why something failed: a kind for programs, a text for people.
struct failure {
  errc code = errc::invalid_argument;
  message what{};
};

/// A T or an error. Like std::expected of C++23, as far as dsi needs it.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : has_(true) { ::new (static_cast<void*>(&value_)) T(std::move(value)); }  // NOLINT
  result(failure e) : has_(false) { ::new (static_cast<void*>(&error_)) failure(e); }            // NOLINT
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : has_(other.has_) {
    if (has_) ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
    else ::new (static_cast<void*>(&error_)) failure(other.error_);
  }
  result& operator=(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      this->~result();
      ::new (static_cast<void*>(this)) result(std::move(other));
    }
    return *this;
  }
  ~result() {
    if (has_) value_.~T();
    else error_.~failure();
  }

  explicit operator bool() const { return has_; }
  bool has_value() const { return has_; }
  /// Precondition: has_value().
  T& operator*() & { return checked(), value_; }
  T const& operator*() const& { return checked(), value_; }
  T&& operator*() && { return checked(), std::move(value_); }
  T* operator->() { return checked(), &value_; }
  T const* operator->() const { return checked(), &value_; }
  /// Precondition: !has_value().
  failure const& error() const { return DSI_CHECK(!has_, "result::error: there is a value, no error"), error_; }

 private:
  void checked() const { DSI_CHECK(has_, error_.what.c_str()); }
  union {
    T value_;
    failure error_;
  };
  bool has_;
};

/// Success, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  constexpr result() = default;
  constexpr result(failure e) : error_(e), has_(false) {}  // NOLINT(google-explicit-constructor)
  constexpr explicit operator bool() const { return has_; }
  constexpr bool has_value() const { return has_; }
  /// Precondition: !has_value().
  constexpr failure const& error() const { return DSI_CHECK(!has_, "result::error: there is no error"), error_; }

 private:
  failure error_{};
  bool has_ = true;
};

}  // namespace DSI_NAMESPACE

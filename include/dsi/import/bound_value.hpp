// SPDX-License-Identifier: MIT
// The values that BIND gives an input: text or an array, in the input's own type or not at all.
#pragma once

#include <charconv>
#include <cmath>

#include <dsi/import/constants.hpp>
#include <dsi/import/npy.hpp>

namespace DSI_NAMESPACE::import::detail {

/// A number of type T, or nothing when the text is none or the number does not fit.
template <class T>
std::optional<T> number_from_text(std::string_view text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return std::nullopt;
  } else if constexpr (std::is_same_v<T, half> || std::is_same_v<T, bfloat16>) {
    auto const wide = number_from_text<float>(text);
    if (!wide) return std::nullopt;
    T const v = T(*wide);
    if (std::isfinite(*wide) && !std::isfinite(static_cast<float>(v))) return std::nullopt;
    return v;
  } else {
    T v{};
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return v;
  }
}

/// A scalar or a list "1,2,3" as a tensor of the input's type.
inline std::optional<onnx_tensor> tensor_from_text(std::string_view text, dtype type, std::vector<index> const& dims) {
  return visit_dtype(type, [&]<class T>(T) -> std::optional<onnx_tensor> {
    onnx_tensor t = blank(type, dims);
    auto const put = [&t](index i, T v) { std::memcpy(t.bytes.data() + static_cast<std::size_t>(i) * sizeof v, &v, sizeof v); };
    index count = 0;
    for (bool more = true; more; ++count) {
      auto const comma = text.find(',');
      auto const v = number_from_text<T>(text.substr(0, comma));
      if (!v || count >= t.size()) return std::nullopt;
      put(count, *v);
      more = comma != std::string_view::npos;
      if (more) text.remove_prefix(comma + 1);
    }
    if (count != t.size() && count != 1) return std::nullopt;
    for (index i = count; i < t.size(); ++i) put(i, t.at<T>(0));
    return t;
  });
}

/// The same values in another type, or nothing when one does not fit: integers must stay what they are, floats finite.
inline std::optional<onnx_tensor> fitting(onnx_tensor const& x, dtype to) {
  if (x.type == to) return x;
  onnx_tensor y = converted(x, to);
  bool good = true;
  if (is_floating(to)) {
    onnx_tensor const before = converted(x, dtype::f64), after = converted(y, dtype::f64);
    for (index i = 0; i < x.size(); ++i) good = good && std::isfinite(before.at<double>(i)) == std::isfinite(after.at<double>(i));
  } else {
    onnx_tensor const back = converted(y, x.type);
    visit_dtype(x.type, [&]<class T>(T) {
      using V = compute_t<T>;
      for (index i = 0; i < x.size(); ++i) good = good && static_cast<V>(x.at<T>(i)) == static_cast<V>(back.at<T>(i));
    });
    // 2^64 - 1 and -1 have the same bits: between signs, the round trip alone does not show it.
    onnx_tensor const before = converted(x, dtype::f64), after = converted(y, dtype::f64);
    for (index i = 0; i < x.size(); ++i) good = good && std::signbit(before.at<double>(i)) == std::signbit(after.at<double>(i));
  }
  if (!good) return std::nullopt;
  return y;
}

}  // namespace DSI_NAMESPACE::import::detail

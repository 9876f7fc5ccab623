// SPDX-License-Identifier: MIT
// Conversion to another element type.
#pragma once

#include <limits>
#include <type_traits>

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE {

namespace detail {
/// The least float or double that is above every value of the integer type To: a power of two, hence exact.
template <class To, class V>
inline constexpr V above_integer = [] {
  V p = 1;
  for (int i = 0; i < std::numeric_limits<To>::digits; ++i) p *= 2;
  return p;
}();
template <class To>
inline constexpr To smallest_integer = std::numeric_limits<To>::min();
template <class To>
inline constexpr To largest_integer = std::numeric_limits<To>::max();
}  // namespace detail

/// One element of another type, by the rules of dsi::cast.
template <class To, class From>
DSI_HD constexpr To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_same_v<From, half> || std::is_same_v<From, bfloat16>) {
    return convert<To>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return !(x == From(0));
  } else if constexpr (std::is_same_v<To, half> || std::is_same_v<To, bfloat16>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    constexpr From end = detail::above_integer<To, From>;
    constexpr From low = std::is_signed_v<To> ? -end : From(0);
    if (!(x == x)) return To(0);
    if (x >= end) return detail::largest_integer<To>;
    if (x <= low) return detail::smallest_integer<To>;
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

static_assert(convert<std::int8_t>(127.9f) == 127 && convert<std::int8_t>(-128.9f) == -128 && convert<std::uint8_t>(-0.9f) == 0);
static_assert(convert<std::int32_t>(3e9f) == 2147483647 && convert<std::int64_t>(-1e30) == std::numeric_limits<std::int64_t>::min());
static_assert(convert<std::uint8_t>(std::int32_t{-1}) == 255 && convert<bool>(0.5f) && !convert<bool>(-0.f));

/// The same values as another element type. ONNX: Cast (to), CastLike.
/// float to float      rounds to nearest even, overflow gives infinity (double to 16 bits by way of float: rounds twice)
/// float to integer    truncates towards zero; too large or small gives the nearest end, NaN gives 0 (ONNX leaves these open)
/// integer to integer  keeps the low bits (two's complement)
/// integer to float    rounds to nearest even (to 16 bits by way of float)
/// to bool             false for zeros of both signs, true for all else, NaN included; from bool 0 and 1
struct cast_attributes {
  static constexpr std::string_view name = "cast";
  static constexpr op_traits traits{.layouts = layout_rule::same};
  dtype to = dtype::f32;

  constexpr inferred infer(op_inputs in) const {
    if (in.count != 1) return {invalid::input_count, 1, in.count};
    return tensor_desc{to, layout::row_major, in[0].extents};
  }
  template <class F>
  constexpr void each_field(F&& f) const { f("to", to); }
  constexpr bool operator==(cast_attributes const&) const = default;
};
template <class T>
using cast = with_attributes<cast_attributes{dtype_of<T>}>;

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Element types: as C++ types, and as values that passes and the import tool can handle.
#pragma once

#include <string_view>

#include <dsi/core/types.hpp>
#include <dsi/numeric/half.hpp>

namespace DSI_NAMESPACE {

/// The storage type of a tensor's elements.
enum class dtype : std::uint8_t { f32, f64, f16, bf16, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

constexpr index size_of(dtype t) {
  switch (t) {
    case dtype::f64: case dtype::i64: case dtype::u64: return 8;
    case dtype::f32: case dtype::i32: case dtype::u32: return 4;
    case dtype::f16: case dtype::bf16: case dtype::i16: case dtype::u16: return 2;
    case dtype::i8: case dtype::u8: case dtype::boolean: return 1;
  }
  return 0;
}

/// The name that ONNX and NumPy users know.
constexpr std::string_view name_of(dtype t) {
  switch (t) {
    case dtype::f32: return "float32";
    case dtype::f64: return "float64";
    case dtype::f16: return "float16";
    case dtype::bf16: return "bfloat16";
    case dtype::i8: return "int8";
    case dtype::u8: return "uint8";
    case dtype::i16: return "int16";
    case dtype::u16: return "uint16";
    case dtype::i32: return "int32";
    case dtype::u32: return "uint32";
    case dtype::i64: return "int64";
    case dtype::u64: return "uint64";
    case dtype::boolean: return "bool";
  }
  return "?";
}

constexpr bool is_floating(dtype t) { return t == dtype::f32 || t == dtype::f64 || t == dtype::f16 || t == dtype::bf16; }

namespace detail {
template <class T>
struct dtype_trait;
template <dtype D>
struct dtype_constant {
  static constexpr dtype value = D;
};
template <> struct dtype_trait<float> : dtype_constant<dtype::f32> {};
template <> struct dtype_trait<double> : dtype_constant<dtype::f64> {};
template <> struct dtype_trait<half> : dtype_constant<dtype::f16> {};
template <> struct dtype_trait<bfloat16> : dtype_constant<dtype::bf16> {};
template <> struct dtype_trait<std::int8_t> : dtype_constant<dtype::i8> {};
template <> struct dtype_trait<std::uint8_t> : dtype_constant<dtype::u8> {};
template <> struct dtype_trait<std::int16_t> : dtype_constant<dtype::i16> {};
template <> struct dtype_trait<std::uint16_t> : dtype_constant<dtype::u16> {};
template <> struct dtype_trait<std::int32_t> : dtype_constant<dtype::i32> {};
template <> struct dtype_trait<std::uint32_t> : dtype_constant<dtype::u32> {};
template <> struct dtype_trait<std::int64_t> : dtype_constant<dtype::i64> {};
template <> struct dtype_trait<std::uint64_t> : dtype_constant<dtype::u64> {};
template <> struct dtype_trait<bool> : dtype_constant<dtype::boolean> {};

template <dtype D> struct storage;
template <> struct storage<dtype::f32> { using type = float; };
template <> struct storage<dtype::f64> { using type = double; };
template <> struct storage<dtype::f16> { using type = half; };
template <> struct storage<dtype::bf16> { using type = bfloat16; };
template <> struct storage<dtype::i8> { using type = std::int8_t; };
template <> struct storage<dtype::u8> { using type = std::uint8_t; };
template <> struct storage<dtype::i16> { using type = std::int16_t; };
template <> struct storage<dtype::u16> { using type = std::uint16_t; };
template <> struct storage<dtype::i32> { using type = std::int32_t; };
template <> struct storage<dtype::u32> { using type = std::uint32_t; };
template <> struct storage<dtype::i64> { using type = std::int64_t; };
template <> struct storage<dtype::u64> { using type = std::uint64_t; };
template <> struct storage<dtype::boolean> { using type = bool; };
}  // namespace detail

template <class T>
inline constexpr dtype dtype_of = detail::dtype_trait<T>::value;

/// The C++ type that holds one element.
template <dtype D>
using storage_t = typename detail::storage<D>::type;

/// Calls f(storage type value-initialized) for the element type at run time; used off the run path only.
template <class F>
constexpr decltype(auto) visit_dtype(dtype t, F&& f) {
  switch (t) {
    case dtype::f64: return f(double{});
    case dtype::f16: return f(half{});
    case dtype::bf16: return f(bfloat16{});
    case dtype::i8: return f(std::int8_t{});
    case dtype::u8: return f(std::uint8_t{});
    case dtype::i16: return f(std::int16_t{});
    case dtype::u16: return f(std::uint16_t{});
    case dtype::i32: return f(std::int32_t{});
    case dtype::u32: return f(std::uint32_t{});
    case dtype::i64: return f(std::int64_t{});
    case dtype::u64: return f(std::uint64_t{});
    case dtype::boolean: return f(bool{});
    case dtype::f32: break;
  }
  return f(float{});
}

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Element types as ONNX, NumPy and C++ spell them: the one table.
#pragma once

#include <optional>
#include <string_view>

#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE::import {

struct element_spelling {
  dtype type;
  int onnx;                 ///< TensorProto.DataType
  std::string_view numpy;   ///< descr of a .npy file, little-endian; empty where NumPy has none
  char const* cpp;          ///< as the user writes it
  std::string_view member;  ///< of dsi::dtype
};

inline constexpr element_spelling element_table[] = {
    {dtype::f32, 1, "<f4", "float", "f32"},           {dtype::f64, 11, "<f8", "double", "f64"},
    {dtype::f16, 10, "<f2", "dsi::half", "f16"},      {dtype::bf16, 16, "", "dsi::bfloat16", "bf16"},
    {dtype::i8, 3, "|i1", "std::int8_t", "i8"},       {dtype::u8, 2, "|u1", "std::uint8_t", "u8"},
    {dtype::i16, 5, "<i2", "std::int16_t", "i16"},    {dtype::u16, 4, "<u2", "std::uint16_t", "u16"},
    {dtype::i32, 6, "<i4", "std::int32_t", "i32"},    {dtype::u32, 12, "<u4", "std::uint32_t", "u32"},
    {dtype::i64, 7, "<i8", "std::int64_t", "i64"},    {dtype::u64, 13, "<u8", "std::uint64_t", "u64"},
    {dtype::boolean, 9, "|b1", "bool", "boolean"}};

constexpr element_spelling const& spelling_of(dtype t) {
  for (element_spelling const& e : element_table)
    if (e.type == t) return e;
  return element_table[0];
}
/// The dsi type of an ONNX element type, or nothing.
constexpr std::optional<dtype> dtype_of_onnx(std::int64_t number) {
  for (element_spelling const& e : element_table)
    if (e.onnx == number) return e.type;
  return std::nullopt;
}
constexpr std::optional<dtype> dtype_of_numpy(std::string_view descr) {
  for (element_spelling const& e : element_table)
    if (!descr.empty() && e.numpy == descr) return e.type;
  return std::nullopt;
}
/// The element type as the user writes it.
constexpr char const* cpp_type_of(dtype t) { return spelling_of(t).cpp; }

}  // namespace DSI_NAMESPACE::import

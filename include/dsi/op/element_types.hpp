// SPDX-License-Identifier: MIT
// Sets of element types: what an operator takes.
#pragma once

#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE {

/// One bit per dtype.
using dtype_set = std::uint32_t;

constexpr dtype_set set_of(dtype t) { return dtype_set{1} << static_cast<unsigned>(t); }
constexpr bool contains(dtype_set set, dtype t) { return (set & set_of(t)) != 0; }

inline constexpr dtype_set bool_type = set_of(dtype::boolean);
inline constexpr dtype_set float_types = set_of(dtype::f32) | set_of(dtype::f64) | set_of(dtype::f16) | set_of(dtype::bf16);
inline constexpr dtype_set integer_types = set_of(dtype::i8) | set_of(dtype::u8) | set_of(dtype::i16) | set_of(dtype::u16) | set_of(dtype::i32) |
                                           set_of(dtype::u32) | set_of(dtype::i64) | set_of(dtype::u64);
inline constexpr dtype_set numeric_types = float_types | integer_types;
inline constexpr dtype_set any_type = numeric_types | bool_type;

}  // namespace DSI_NAMESPACE

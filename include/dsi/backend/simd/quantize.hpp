// SPDX-License-Identifier: MIT
// Conversions between floats and affine integers on vectors.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/vec.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/quantize.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// Both directions. Input and output in the same memory order, so that both are flat.
template <class Isa, class Problem>
struct affine_conversion : kernel_defaults {
  using vec = simd::vec<Isa>;
  using From = typename Problem::template input<0>::value_type;
  using To = typename Problem::template output<0>::value_type;
  static constexpr std::string_view name = "flat";
  static constexpr bool to_integers = std::is_integral_v<To>;
  using integer = std::conditional_t<to_integers, To, From>;
  static constexpr bool supports = (Problem::in(0).order == Problem::out().order || same_in_every_layout(Problem::out().extents)) &&
                                   Problem::in(1).type == dtype::f32 && Problem::in(2).type == dtype_of<integer>;

  template <class Context>
  DSI_INLINE static void run(kernel_args args, void*, void*, Context& context) noexcept {
    constexpr index size = Problem::out().size(), grain = 4096;
    auto const* const from = static_cast<From const*>(args.in[0]);
    auto* const to = static_cast<To*>(args.out[0]);
    float const scale = *static_cast<float const*>(args.in[1]);
    int const zero_point = static_cast<int>(*static_cast<integer const*>(args.in[2]));
    if constexpr (size < 64 * 1024) {
      part(from, to, size, scale, zero_point);
    } else {
      context.team.for_each(ceil_div(size, grain), [=](index first, index last) {
        part(from + first * grain, to + first * grain, smaller(last * grain, size) - first * grain, scale, zero_point);
      });
    }
  }

 private:
  DSI_INLINE static void part(From const* from, To* to, index n, float scale, int zero_point) {
    index i = 0;
    if constexpr (to_integers) {
      // quantize_value, lane by lane.
      constexpr int first = std::numeric_limits<To>::min(), last = std::numeric_limits<To>::max();
      vec const s(scale), low(static_cast<float>(first - zero_point)), high(static_cast<float>(last - zero_point));
      ivec<Isa> const zero(zero_point);
      auto const quantized = [&](vec x) DSI_LAMBDA_INLINE {
        vec const q = x / s;
        return to_int(math::clamp(math::select(math::is_nan(q), vec::zero(), q), low, high)) + zero;
      };
      for (; i + vec::lanes <= n; i += vec::lanes) quantized(vec::loadu(from + i)).storeu(to + i);
      if (i < n) quantized(vec::load_n(from + i, n - i)).store_n(to + i, n - i);
    } else {
      vec const s(scale);
      ivec<Isa> const zero(zero_point);
      auto const dequantized = [&](ivec<Isa> q) DSI_LAMBDA_INLINE { return to_float(q - zero) * s; };
      for (; i + vec::lanes <= n; i += vec::lanes) dequantized(ivec<Isa>::loadu(from + i)).storeu(to + i);
      if (i < n) dequantized(ivec<Isa>::load_n(from + i, n - i)).store_n(to + i, n - i);
    }
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, quantize_attributes, Problem> {
  using type = kernel_list<simd::affine_conversion<Isa, Problem>>;
};
template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, dequantize_attributes, Problem> {
  using type = kernel_list<simd::affine_conversion<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Conversion to another element type: by vectors between floats and bytes, in one flat loop for all other pairs.
#pragma once

#include <dsi/backend/simd/backend.hpp>
#include <dsi/backend/simd/strided_copy.hpp>
#include <dsi/backend/simd/vec.hpp>
#include <dsi/numeric/math.hpp>
#include <dsi/op/cast.hpp>

namespace DSI_NAMESPACE {

namespace simd {

/// Input and output in the same memory order, so that both are flat.
template <class Isa, class Problem>
struct cast_kernel : kernel_defaults {
  using vec = simd::vec<Isa>;
  using From = typename Problem::template input<0>::value_type;
  using To = typename Problem::template output<0>::value_type;
  static constexpr std::string_view name = "flat";
  static constexpr bool supports = Problem::in(0).order == Problem::out().order || same_in_every_layout(Problem::out().extents);

  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    constexpr index size = Problem::out().size(), grain = 4096;
    auto const* const from = static_cast<From const*>(args.in[0]);
    auto* const to = static_cast<To*>(args.out[0]);
    if constexpr (size < 64 * 1024) {
      part(from, to, size);
    } else {
      context.team.for_each(ceil_div(size, grain), [from, to](index first, index last) {
        part(from + first * grain, to + first * grain, smaller(last * grain, size) - first * grain);
      });
    }
  }

 private:
  template <class T>
  static constexpr bool small_float = std::is_same_v<T, float> || std::is_same_v<T, half> || std::is_same_v<T, bfloat16>;
  template <class T>
  static constexpr bool byte = std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::int8_t>;
  template <class T>
  static constexpr bool exact_in_float = small_float<T> || byte<T> || std::is_same_v<T, bool>;
  /// int32 becomes float in one rounding; on the way to 16 bits it rounds twice here and in convert().
  static constexpr bool by_vectors = (exact_in_float<From> || std::is_same_v<From, std::int32_t>) && small_float<To>;
  static constexpr bool to_bytes = small_float<From> && byte<To>;

  static DSI_INLINE void part(From const* from, To* to, index n) {
    if constexpr (std::is_same_v<From, To>) {
      copy_run<Isa>(to, from, n);
    } else if constexpr (by_vectors || to_bytes) {
      using stored = std::conditional_t<std::is_same_v<From, bool>, std::uint8_t, From>;
      auto const* const source = reinterpret_cast<stored const*>(from);
      index i = 0;
      for (; i + vec::lanes <= n; i += vec::lanes) {
        vec const v = vec::loadu(source + i);
        if constexpr (to_bytes) truncated(v).storeu(to + i);
        else v.storeu(to + i);
      }
      if (i == n) return;
      vec const v = vec::load_n(source + i, n - i);
      if constexpr (to_bytes) truncated(v).store_n(to + i, n - i);
      else v.store_n(to + i, n - i);
    } else {
      for (index i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
    }
  }
  /// Beyond the bytes' range, but inside that of integers; the store then takes the nearest end. NaN becomes 0.
  static DSI_INLINE ivec<Isa> truncated(vec v) {
    vec const bounded = math::clamp(math::select(math::is_nan(v), vec::zero(), v), vec(-1024.f), vec(1024.f));
    return to_int(math::trunc(bounded));
  }
};

}  // namespace simd

template <class Isa, class Problem>
struct candidates<simd_backend<Isa>, cast_attributes, Problem> {
  using type = kernel_list<simd::cast_kernel<Isa, Problem>>;
};

}  // namespace DSI_NAMESPACE

// SPDX-License-Identifier: MIT
// Two operators of our own, made outside the library: one elementwise, one structural with its kernels.
#pragma once

#include <dsi/dsi.hpp>

// An elementwise operator is one file: a value type with apply() on scalars and vectors alike. It fuses behind other
// operators, runs on every backend and numeric type, and needs no kernel.

/// y = x / (|x| + knee): the sign, and how far beyond the knee.
struct squash_attributes : dsi::elementwise<1> {
  static constexpr std::string_view name = "squash";
  dsi::float_bits knee{};

  template <class V>
  DSI_INLINE V apply(V x) const { return x / (dsi::math::abs(x) + V(knee.value())); }
  template <class F>
  constexpr void each_field(F&& f) const { f("knee", knee); }  // part of the hash that ties weights to a network
  constexpr bool operator==(squash_attributes const&) const = default;
};
template <dsi::float_bits Knee>
using squash = dsi::with_attributes<squash_attributes{{}, Knee}>;

// A structural operator says what it means: shapes, cost, traits. Its kernels say how it is computed.

/// The strength of each tone from its two correlations: y[i] = sqrt(x[i]^2 + x[n + i]^2).
/// Shape    x [..., 2 n] -> y [..., n]
/// Fuses    any elementwise expression
struct tone_energy {
  static constexpr std::string_view name = "tone_energy";
  static constexpr dsi::op_traits traits{.anchor = true};

  constexpr dsi::inferred infer(dsi::op_inputs in) const {
    if (in.count != 1) return {dsi::invalid::input_count, 1, in.count};
    if (in[0].rank() < 1) return {dsi::invalid::rank, 1, in[0].rank()};
    dsi::tensor_desc y = in[0];
    dsi::index& last = y.extents.dim[y.rank() - 1];
    if (last % 2 != 0) return {dsi::invalid::parameter_extent, last + 1, last};
    last /= 2;
    return y;
  }
  constexpr dsi::index macs(dsi::op_inputs, dsi::tensor_desc const& y) const { return 2 * y.size(); }
  constexpr bool operator==(tone_energy const&) const = default;
};

/// Plain loops, for every numeric type: what other kernels are compared with, and what runs where there is no other.
template <>
struct dsi::reference::implementation<tone_energy> {
  template <class T>
  static void run(tone_energy const&, operands<T> const& x) {
    using A = accumulator_t<T>;
    auto const& y = x.out[0];
    index const n = y[y.rank() - 1];
    for (index i = 0; i < y.size(); ++i) {
      T const* const row = x.in[0].data + i / n * 2 * n;
      A const a = static_cast<A>(row[i % n]), b = static_cast<A>(row[n + i % n]);
      y.data[i] = static_cast<T>(math::sqrt(a * a + b * b));
    }
  }
};

/// A kernel for float: extents are constants, so that compilers turn the loop into vectors. No intrinsics needed.
template <class Problem>
struct tone_energy_rows : dsi::kernel_defaults {
  static constexpr std::string_view name = "tone rows";
  static constexpr bool supports = dsi::anchor_is<Problem, tone_energy> && Problem::in(0).type == dsi::dtype::f32 &&
                                   Problem::in(0).order == dsi::layout::row_major && Problem::input_count == 1;
  static constexpr dsi::index n = Problem::out().rank() > 0 ? Problem::out()[Problem::out().rank() - 1] : 1;

  template <class Context>
  static void run(dsi::kernel_args args, void*, void*, Context&) noexcept {
    auto const* x = static_cast<float const*>(args.in[0]);
    auto* y = static_cast<float*>(args.out[0]);
    for (dsi::index rows = Problem::out().size() / n; rows > 0; --rows, x += 2 * n, y += n)
      for (dsi::index i = 0; i < n; ++i) {
        float const energy = dsi::math::sqrt(x[i] * x[i] + x[n + i] * x[n + i]);
        // What was fused behind the operator, here squash; with other inputs than the result it would ask `load` for them.
        y[i] = dsi::evaluate<dsi::expression_of<Problem>>(energy, [](auto) { return 0.f; });
      }
  }
};

/// The candidates of the vector backend for our operator, on every instruction set. Where none fits, the reference runs.
template <class Isa, class Problem>
struct dsi::candidates<dsi::simd_backend<Isa>, tone_energy, Problem> {
  using type = dsi::kernel_list<tone_energy_rows<Problem>>;
};

// SPDX-License-Identifier: MIT
// A convolution kernel of our own, through the library's kernel contract: strips of neighbouring positions, tap by tap.
#pragma once

#include <dsi/dsi.hpp>

/// Its tuning value: any structural type, so that every variant is a type of its own.
struct strip {
  int positions = 5;  ///< neighbours in a row that are computed together
  int panels = 2;     ///< times 16 outputs
  constexpr bool operator==(strip const&) const = default;
};

/// Two spatial dimensions, one group, channels-last, float. A position beyond the input reads a row of zeros.
/// Order    of a sum: the bias, then inputs in the order (tap, channel)
template <class Isa, class Problem, strip Tuning = strip{}>
struct conv_strips : dsi::kernel_defaults {
  static constexpr std::string_view name = "strips";
  static constexpr dsi::simd::conv_geometry g = dsi::simd::geometry_of<Problem>();
  static constexpr bool supports = dsi::simd::conv_supports<Problem>() && Problem::in(0).rank() == 4 && Problem::in(0).type == dsi::dtype::f32 &&
                                   dsi::simd::is_channels_last(Problem::in(0)) && Problem::in(1).order == dsi::layout::panels && g.groups == 1;

  template <class Context>
  static void run(dsi::kernel_args args, void*, void*, Context&) noexcept {
    constexpr dsi::index panels = dsi::ceil_div(g.outputs, dsi::panel_width), step = Tuning.positions;
    auto const* const weights = static_cast<float const*>(args.in[1]);
    for (dsi::index n = 0; n < g.batch; ++n)
      for (dsi::index y = 0; y < g.out[1]; ++y) {
        auto const* const image = static_cast<float const*>(args.in[0]) + n * g.in[1] * g.in[2] * g.channels;
        dsi::index const row = (n * g.out[1] + y) * g.out[2];
        dsi::index x = 0;
        for (; x + step <= g.out[2]; x += step) all_panels<step, panels>(args, image, weights, row, x, y);
        if constexpr (g.out[2] % step != 0) all_panels<g.out[2] % step, panels>(args, image, weights, row, x, y);
      }
  }

 private:
  using vec = dsi::simd::vec<Isa>;
  static constexpr dsi::index panel_size = g.taps() * g.channels * dsi::panel_width;
  alignas(dsi::alignment) static constexpr float zeros[static_cast<std::size_t>(g.channels)]{};

  template <dsi::index Positions, dsi::index Panels>
  static void all_panels(dsi::kernel_args args, float const* image, float const* weights, dsi::index row, dsi::index x, dsi::index y) {
    constexpr int together = Tuning.panels;
    dsi::index p = 0;
    for (; p + together <= Panels; p += together) compute<Positions, together>(args, image, weights, row, x, y, p);
    if constexpr (Panels % together != 0) compute<Positions, Panels % together>(args, image, weights, row, x, y, p);
  }

  template <dsi::index Positions, int Panels>
  DSI_NOINLINE static void compute(dsi::kernel_args args, float const* image, float const* weights, dsi::index row, dsi::index x, dsi::index y, dsi::index panel) {
    constexpr int per_panel = dsi::panel_width / Isa::lanes, vectors = Panels * per_panel, positions = Positions;
    // Bias, fused expression and store are the library's; start() and finish() are all that a kernel needs to know of them.
    dsi::simd::epilogue<Isa, Problem, 1, g.outputs> const sink{args};
    dsi::index const output = panel * dsi::panel_width;
    vec sum[positions][vectors];
    DSI_UNROLL
    for (int v = 0; v < vectors; ++v) {
      vec const start = sink.start(output + v * Isa::lanes, g.outputs - output - v * Isa::lanes);
      DSI_UNROLL
      for (int i = 0; i < positions; ++i) sum[i][v] = start;
    }
    float const* w = weights + panel * panel_size;
    for (dsi::index ky = 0; ky < g.kernel[1]; ++ky)
      for (dsi::index kx = 0; kx < g.kernel[2]; ++kx) {
        float const* from[positions];
        DSI_UNROLL
        for (int i = 0; i < positions; ++i) {
          dsi::index const iy = y * g.stride[1] + ky * g.dilation[1] - g.pad[1], ix = (x + i) * g.stride[2] + kx * g.dilation[2] - g.pad[2];
          from[i] = iy >= 0 && iy < g.in[1] && ix >= 0 && ix < g.in[2] ? image + (iy * g.in[2] + ix) * g.channels : zeros;
        }
        for (dsi::index c = 0; c < g.channels; ++c, w += dsi::panel_width) {
          vec b[vectors];
          DSI_UNROLL
          for (int v = 0; v < vectors; ++v) b[v] = vec::loadu(w + v / per_panel * panel_size + v % per_panel * Isa::lanes);
          DSI_UNROLL
          for (int i = 0; i < positions; ++i) {
            vec const a(from[i][c]);
            DSI_UNROLL
            for (int v = 0; v < vectors; ++v) sum[i][v] = mul_add(a, b[v], sum[i][v]);
          }
        }
      }
    sink.finish(sum, row + x, output, g.outputs - output);
  }
};

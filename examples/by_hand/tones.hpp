// SPDX-License-Identifier: MIT
// Nothing of dsi: how telephone keys sound, and the numbers that recognize them. Here weights are formulas, not training.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace sound {

inline constexpr std::size_t samples = 205, tones = 8, keys = 16;
inline constexpr double rate = 8000;                                                           // Hz
inline constexpr double frequency[tones]{697, 770, 852, 941, 1209, 1336, 1477, 1633};  // Hz: four rows, four columns
inline constexpr char key_names[] = "123A456B789C*0#D";

/// Rows 0..7 are cosines, rows 8..15 sines, scaled so that a tone of amplitude a correlates to at most a.
inline std::array<float, 2 * tones * samples> correlations() {
  std::array<float, 2 * tones * samples> w{};
  for (std::size_t t = 0; t < tones; ++t)
    for (std::size_t i = 0; i < samples; ++i) {
      double const angle = 2 * M_PI * frequency[t] * static_cast<double>(i) / rate, scale = 2.0 / samples;
      w[t * samples + i] = static_cast<float>(scale * std::cos(angle));
      w[(tones + t) * samples + i] = static_cast<float>(scale * std::sin(angle));
    }
  return w;
}

/// Each key adds what is heard of its row and its column.
inline std::array<float, keys * tones> key_weights() {
  std::array<float, keys * tones> w{};
  for (std::size_t k = 0; k < keys; ++k) w[k * tones + k / 4] = w[k * tones + 4 + k % 4] = 20.f;
  return w;
}

/// Noise as random as a test needs, the same in every run.
struct noise {
  std::uint32_t state = 1;
  float operator()() {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) * 0x1p-23f - 1.f;
  }
};

/// A key's two tones of amplitude `loud` with any phase, under noise half as loud.
inline std::array<float, samples> press(char key, float loud, noise& random) {
  std::size_t k = 0;
  while (key_names[k] != key) ++k;
  double const phase[2]{static_cast<double>(random()) * M_PI, static_cast<double>(random()) * M_PI};
  std::array<float, samples> x{};
  for (std::size_t i = 0; i < samples; ++i) {
    double const seconds = static_cast<double>(i) / rate;
    double const row = std::sin(2 * M_PI * frequency[k / 4] * seconds + phase[0]), column = std::sin(2 * M_PI * frequency[4 + k % 4] * seconds + phase[1]);
    x[i] = loud * static_cast<float>(row + column) + loud / 2 * random();
  }
  return x;
}

}  // namespace sound

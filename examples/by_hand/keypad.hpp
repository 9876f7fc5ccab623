// SPDX-License-Identifier: MIT
// Two networks written as types: which telephone key was pressed, heard with one ear and with two.
//
// A key sounds as two tones at once, one for its row and one for its column (ITU-T Q.23). 205 samples at 8 kHz are 26 ms.
#pragma once

#include "operators.hpp"

inline constexpr dsi::index samples = 205, tones = 8, keys = 16;

/// Correlates with each tone's cosine and sine, takes the strengths, and adds for each key those of its row and column.
struct keypad : dsi::pipeline<dsi::input<float, 1, samples>,       //
                              dsi::dense<2 * tones, false>,        // dense0.weight
                              tone_energy, squash<dsi::constant(0.1f)>,
                              dsi::dense<keys, false>,             // dense3.weight
                              dsi::softmax> {};

// Budgets are build errors: raise `samples` to 4000 and this file does not compile.
static_assert(dsi::cost<keypad>.macs <= 4'000);
static_assert(dsi::cost<keypad>.weight_bytes <= 16 * 1024);
static_assert(dsi::cost<keypad>.arena_bytes <= 256);

/// Any directed acyclic graph: inputs, constants and nodes by name. Both ears use the same correlations, and what each hears of
/// the tones is an output of its own.
struct two_ears : dsi::graph<dsi::named_input<"left", float, 1, samples>,   //
                             dsi::named_input<"right", float, 1, samples>,  //
                             dsi::parameter<"correlations", float, 2 * tones, samples>,
                             dsi::parameter<"key.weight", float, keys, tones>,
                             dsi::node<"left.tones", dsi::dense<2 * tones, false>, "left", "correlations">,
                             dsi::node<"right.tones", dsi::dense<2 * tones, false>, "right", "correlations">,
                             dsi::node<"left.energy", tone_energy, "left.tones">,
                             dsi::node<"right.energy", tone_energy, "right.tones">,
                             dsi::node<"strength", dsi::maximum, "left.energy", "right.energy">,
                             dsi::node<"heard", squash<dsi::constant(0.1f)>, "strength">,
                             dsi::node<"scores", dsi::dense<keys, false>, "heard", "key.weight">,
                             dsi::node<"key", dsi::softmax, "scores">,
                             dsi::node<"balance", dsi::sub, "right.energy", "left.energy">,
                             dsi::output<"key">, dsi::output<"balance">> {};

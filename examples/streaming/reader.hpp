// SPDX-License-Identifier: MIT
// The row reader as a type: one row of 8 pixels for every run; what it has seen so far lives in the engine.
#pragma once

#include <dsi/dsi.hpp>

struct reader : dsi::pipeline<dsi::input<float, 1, 8>,  //
                              dsi::lstm_cell<32>,       // lstm_cell0.weight, .recurrence, .bias as in ONNX's LSTM
                              dsi::dense<10>,           // dense1.weight, .bias
                              dsi::softmax> {};

static_assert(dsi::cost<reader>.macs <= 6'000, "a row must stay far below a microsecond");

// SPDX-License-Identifier: MIT
// pack_weights IN.f32 OUT: what train.py wrote, checked and packed for the network in reader.hpp. Runs while the example is
// built; dsi_add_model(... WEIGHTS OUT) then links the file into the program.
#include <cstdio>
#include <fstream>
#include <vector>

#include "reader.hpp"

int main(int count, char** words) {
  if (count != 3) return std::fputs("pack_weights IN.f32 OUT\n", stderr), 2;
  std::ifstream in(words[1], std::ios::binary);
  std::vector<float> values(5706);
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  if (!in || in.peek() != EOF) return std::fprintf(stderr, "pack_weights: %s does not hold %zu floats; train.py writes it\n", words[1], values.size()), 1;

  std::span<float const> rest(values);
  auto const next = [&rest](std::size_t n) {
    auto const first = rest.first(n);
    rest = rest.subspan(n);
    return first;
  };
  auto const weight = next(4 * 32 * 8), recurrence = next(4 * 32 * 32), bias = next(2 * 4 * 32), head = next(10 * 32), head_bias = next(10);
  auto const packed = dsi::weights<reader>::from({{"lstm_cell0.weight", weight},
                                                  {"lstm_cell0.recurrence", recurrence},
                                                  {"lstm_cell0.bias", bias},
                                                  {"dense1.weight", head},
                                                  {"dense1.bias", head_bias}});
  if (!packed) return std::fprintf(stderr, "pack_weights: %s\n", packed.error().what.c_str()), 1;
  std::ofstream out(words[2], std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<char const*>(packed->bytes().data()), static_cast<std::streamsize>(packed->bytes().size()));
  if (!out.flush()) return std::fprintf(stderr, "pack_weights: cannot write %s\n", words[2]), 1;
}

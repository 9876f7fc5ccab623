// SPDX-License-Identifier: MIT
// Prints the unit in use and the digit network's scores for some images, for comparison between instruction sets.
#include <digits.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>

int main(int count, char** words) {
  std::FILE* file = count > 1 ? std::fopen(words[1], "r") : nullptr;
  if (file == nullptr) return 2;
  auto net = digits::net::create();
  if (!net) {
    std::fprintf(stderr, "%s\n", net.error().what.c_str());
    return 3;
  }
  std::printf("%.*s\n", static_cast<int>(net->isa().size()), net->isa().data());
  for (int image = 0; image < 40; ++image) {
    std::array<float, 64> pixels{};
    for (float& p : pixels) {
      int value = 0;
      if (std::fscanf(file, "%d,", &value) != 1) return 2;
      p = static_cast<float>(value) / 16.f;
    }
    int label = 0;
    if (std::fscanf(file, "%d", &label) != 1) return 2;
    std::array<float, 10> scores{};
    net->run(pixels, scores);
    for (float s : scores) std::printf("%.9g ", static_cast<double>(s));
    std::printf("\n");
  }
  std::fclose(file);
}

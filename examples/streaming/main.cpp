// SPDX-License-Identifier: MIT
// Reads digits row by row, as a sensor would deliver them, with the state of the network between two rows in its engine.
#include <all_rows.hpp>    // rows.onnx with DIMS steps=8: the whole image at once
#include <reader_net.hpp>  // reader.hpp with TYPE reader: a row at a time, state inside
#include <row_step.hpp>    // rows.onnx with DIMS steps=1: a row at a time, state as inputs and outputs

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

struct image {
  float row[8][8];  // 0 paper .. 1 ink
  int label;
};
using scores = std::array<float, 10>;
using all_scores = std::array<float, 80>;

std::vector<image> read_images(char const* path) {
  std::vector<image> images;
  std::FILE* const file = std::fopen(path, "r");
  if (file == nullptr) return images;
  for (image i; ; images.push_back(i)) {
    int value = 0, good = 1;
    for (int k = 0; k < 64 && good == 1; ++k) {
      good = std::fscanf(file, "%d,", &value);
      i.row[k / 8][k % 8] = static_cast<float>(value) / 16.f;
    }
    if (good != 1 || std::fscanf(file, "%d", &i.label) != 1) break;
  }
  std::fclose(file);
  return images;
}

int best(float const* y) { return static_cast<int>(std::max_element(y, y + 10) - y); }

bool failed = false;
void expect(bool good, char const* what) {
  if (good) return;
  std::printf("FAILED: %s\n", what);
  failed = true;
}

/// The image at once, and row by row in both ways: the same scores.
void compare_whole(reader_net::net& net, all_rows::net& whole, row_step::net& step, image const& i, all_scores& expected) {
  std::array<float, 64> rows;
  std::memcpy(rows.data(), i.row, sizeof rows);
  std::array<float, 32> const zero{};
  std::array<float, 32> h{}, c{}, h_next{}, c_next{};
  whole.run(rows, zero, zero, expected, h_next, c_next);

  scores y{}, z{};
  net.reset();
  float worst = 0;
  for (int k = 0; k < 8; ++k) {
    net.run(i.row[k], y);
    step.run(i.row[k], h, c, z, h_next, c_next);  // here the program keeps the state
    h = h_next;
    c = c_next;
    for (std::size_t d = 0; d < 10; ++d) {
      float const at_once = expected[static_cast<std::size_t>(k) * 10 + d];
      worst = std::max({worst, std::abs(y[d] - at_once), std::abs(z[d] - at_once)});
    }
  }
  expect(worst < 1e-6f, "row by row gives what the whole image gives");
}

/// Two digits at the same time: one network, the states of both streams kept apart by save and restore.
void interleave(reader_net::net& net, image const& a, image const& b, scores const& last_of_a, scores const& last_of_b) {
  std::array<std::byte, reader_net::net::state_bytes> state_a, state_b;
  scores y{}, z{};
  net.reset();
  net.save(state_a);
  net.save(state_b);
  for (int k = 0; k < 8; ++k) {
    net.restore(state_a);
    net.run(a.row[k], y);
    net.save(state_a);
    net.restore(state_b);
    net.run(b.row[k], z);
    net.save(state_b);
  }
  expect(y == last_of_a && z == last_of_b, "two streams with saved states do not disturb each other");
  std::printf("two streams     a %d and a %d, read in turns: %d and %d (%zu bytes of state each)\n", a.label, b.label, best(y.data()), best(z.data()), state_a.size());
}

void show(reader_net::net& net, image const& i) {
  net.reset();
  for (auto const& row : i.row) {
    scores y{};
    net.run(row, y);
    std::printf("  ");
    for (float ink : row) std::printf("%s", ink > 0.75f ? "##" : ink > 0.4f ? "++" : ink > 0.1f ? ".." : "  ");
    int const guess = best(y.data());
    std::printf("  %d (%3.0f%%)%s\n", guess, 100 * static_cast<double>(y[static_cast<std::size_t>(guess)]), guess == i.label ? "" : " ?");
  }
  std::printf("\n");
}

void measure(reader_net::net& net, std::vector<image> const& images) {
  using clock = std::chrono::steady_clock;
  std::vector<double> times;
  scores y{};
  net.reset();
  for (int round = 0; round < 7; ++round)
    for (image const& i : images)
      for (auto const& row : i.row) {
        auto const begin = clock::now();
        net.run(row, y);
        times.push_back(std::chrono::duration<double, std::nano>(clock::now() - begin).count());
      }
  std::sort(times.begin(), times.end());
  auto const at = [&](double p) { return times[static_cast<std::size_t>(p * static_cast<double>(times.size() - 1))]; };
  std::printf("latency         p50 %.0f ns, p99 %.0f ns a row (%zu rows one by one, clock included)\n", at(0.5), at(0.99), times.size());
}

int usage(int status) {
  std::fputs(
      "streaming [holdout.csv] [--quick]\n"
      "Reads digits row by row with an LSTM whose state lives in the network's engine.\n"
      "  --quick   without measuring time\n",
      status == 0 ? stdout : stderr);
  return status;
}

}  // namespace

int main(int count, char** words) {
  char const* path = DSI_DIGITS_HOLDOUT;
  bool timed = true;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    if (word == "--help" || word == "-h") return usage(0);
    if (word == "--quick") timed = false;
    else if (word.substr(0, 1) == "-") return usage(2);
    else path = words[i];
  }
  auto const images = read_images(path);
  if (images.size() < 2) return std::fprintf(stderr, "streaming: %s holds no images; pass the path of holdout.csv\n", path), 1;

  reader_net::net net;
  all_rows::net whole;
  row_step::net step;
  std::printf("what it takes each digit for, row by row (? is wrong)\n");
  show(net, images[0]);
  show(net, images[1]);

  int right[8]{};
  for (image const& i : images) {
    all_scores y{};
    compare_whole(net, whole, step, i, y);
    for (std::size_t k = 0; k < 8; ++k) right[k] += best(&y[10 * k]) == i.label ? 1 : 0;
  }
  std::printf("accuracy        after rows 1 to 8:");
  for (int r : right) std::printf(" %.0f%%", 100.0 * r / static_cast<double>(images.size()));
  std::printf(" of %zu held-out images\n", images.size());
  expect(right[7] * 100 >= static_cast<int>(images.size()) * 94, "accuracy after the last row");

  scores after_a{}, after_b{};  // each alone
  for (auto [i, y] : {std::pair{&images[0], &after_a}, std::pair{&images[1], &after_b}}) {
    net.reset();
    for (auto const& row : i->row) net.run(row, *y);
  }
  interleave(net, images[0], images[1], after_a, after_b);
  if (timed) measure(net, images);
  std::printf("instruction set %.*s\n", static_cast<int>(net.isa().size()), net.isa().data());
  if (!failed) std::printf("row by row gives the same scores as the whole image, for all %zu images\n", images.size());
  return failed;
}

// SPDX-License-Identifier: MIT
// Networks written by hand, with the library's headers alone: types, weights by name, kernels and operators of our own.
#include <keypad_net.hpp>  // the same network through dsi_add_model(by_hand keypad.hpp TYPE keypad)

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "kernels.hpp"
#include "keypad.hpp"
#include "tones.hpp"

namespace {

using scores = std::array<float, keys>;

bool failed = false;
void expect(bool good, char const* what) {
  if (good) return;
  std::printf("FAILED: %s\n", what);
  failed = true;
}

char best(scores const& y) { return sound::key_names[std::max_element(y.begin(), y.end()) - y.begin()]; }

float largest_difference(scores const& a, scores const& b) {
  float worst = 0;
  for (std::size_t i = 0; i < keys; ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

template <class Run>
double median_microseconds(Run&& run) {
  std::vector<double> times;
  for (int i = 0; i < 301; ++i) {
    auto const begin = std::chrono::steady_clock::now();
    for (int k = 0; k < 20; ++k) run();
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / 20);
  }
  std::nth_element(times.begin(), times.begin() + 150, times.end());
  return times[150];
}

/// One way of running the same network with the same blob: prints time and largest difference from the reference backend.
template <class Backend>
void variant(char const* what, std::span<std::byte const> blob, std::array<float, samples> const& x, scores const& expected, bool timed) {
  auto const w = dsi::weights<keypad, Backend>::load(blob);
  if (!w) return expect(false, w.error().what.c_str());
  dsi::engine<keypad, Backend> net{*w};
  scores y{};
  net.run(x, y);
  float const difference = largest_difference(y, expected);
  expect(difference < 1e-4f, what);
  std::string chosen;
  net.observe([&](dsi::step_event const& e) { chosen += (chosen.empty() ? "" : ", ") + std::string(e.kernel); }, x, y);
  std::printf("  %-34s %6.2f us   %.0e   %s\n", what, timed ? median_microseconds([&] { net.run(x, y); }) : 0.0, static_cast<double>(difference), chosen.c_str());
}

/// The graph with two inputs and two outputs.
void listen_with_two_ears(std::array<float, 2 * tones * samples> const& correlations, std::array<float, keys * tones> const& key_weights) {
  auto const w = dsi::weights<two_ears>::from({{"correlations", correlations}, {"key.weight", key_weights}});
  if (!w) return expect(false, w.error().what.c_str());
  dsi::engine<two_ears> net{*w};
  sound::noise random{7};
  auto const left = sound::press('5', 0.1f, random), right = sound::press('5', 0.5f, random);
  scores key{};
  std::array<float, tones> balance{};
  net.run(left, right, key, balance);
  std::printf("two ears: key %c, and it comes from the %s\n\n", best(key), balance[1] > 0 ? "right" : "left");
  expect(best(key) == '5' && balance[1] > 0.2f && balance[5] > 0.2f, "two ears hear the 5 from the right");
}

int usage(int status) {
  std::fputs(
      "by_hand [NUMBER] [--quick]\n"
      "Hears telephone keys with a network that is written as a C++ type, and runs it in several ways.\n"
      "  NUMBER    which keys to press: 0-9 A-D * #\n"
      "  --quick   without measuring time\n",
      status == 0 ? stdout : stderr);
  return status;
}

}  // namespace

int main(int count, char** words) {
  std::string number = "0800*33#1945";
  bool timed = true;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    if (word == "--help" || word == "-h") return usage(0);
    if (word == "--quick") timed = false;
    else if (word.find_first_not_of(sound::key_names) != word.npos) return usage(2);
    else number = word;
  }

  // What the compiler knows of it.
  dsi::describe<keypad, dsi::default_backend>([](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stdout); });

  // Weights are values given by name, checked once.
  auto const correlations = sound::correlations();
  auto const key_weights = sound::key_weights();
  auto const weights = dsi::weights<keypad>::from({{"dense0.weight", correlations}, {"dense3.weight", key_weights}});
  if (!weights) return std::fprintf(stderr, "by_hand: %s\n", weights.error().what.c_str()), 1;
  auto const wrong = dsi::weights<keypad>::from({{"dense0.weight", correlations}, {"dense3.weight", correlations}});
  expect(!wrong && wrong.error().code == dsi::errc::mismatch, "weights of another size are refused");
  if (!wrong) std::printf("\nwith wrong weights: %s\n\n", wrong.error().what.c_str());

  // Any number of engines share them.
  dsi::engine<keypad> net{*weights};
  sound::noise random{};
  std::string heard;
  scores y{};
  for (char key : number) {
    net.run(sound::press(key, 0.4f, random), y);
    heard += best(y);
  }
  std::printf("pressed %s\nheard   %s\n\n", number.c_str(), heard.c_str());
  expect(heard == number, "every key is heard");

  listen_with_two_ears(correlations, key_weights);

  // Packed weights are one blob: for a file, for every instruction set, and for the same type compiled in by dsi_add_model.
  std::vector<std::byte> const blob(weights->bytes().begin(), weights->bytes().end());
  auto const x = sound::press('7', 0.4f, random);
  scores expected{};
  {
    // The reference backend packs nothing, so it has a blob of its own.
    auto const plain = dsi::weights<keypad, dsi::reference_backend>::from({{"dense0.weight", correlations}, {"dense3.weight", key_weights}});
    if (!plain) return std::fprintf(stderr, "by_hand: %s\n", plain.error().what.c_str()), 1;
    dsi::engine<keypad, dsi::reference_backend>{*plain}.run(x, expected);
  }
  std::printf("one network, several ways: time, difference from the reference backend, kernels\n");
  variant<dsi::default_backend>("the tuning of kernels.hpp", blob, x, expected, timed);
  variant<with_tile_2x1>("with another tile", blob, x, expected, timed);
  variant<with_one_panel>("with our kernel in front", blob, x, expected, timed);
  variant<dsi::with_options<dsi::default_backend, dsi::plan_options{.fuse = false}>>("without fusion", blob, x, expected, timed);

  auto const loaded = keypad_net::weights::load(blob);
  if (!loaded) return std::fprintf(stderr, "by_hand: %s\n", loaded.error().what.c_str()), 1;
  keypad_net::net embedded{*loaded};
  embedded.run(x, y);
  expect(largest_difference(y, expected) < 1e-4f, "dsi_add_model compiles the same network");
  std::printf("  %-34s %6.2f us   %.0e   compiled for %.*s\n", "dsi_add_model(... TYPE keypad)", timed ? median_microseconds([&] { embedded.run(x, y); }) : 0.0,
              static_cast<double>(largest_difference(y, expected)), static_cast<int>(embedded.isa().size()), embedded.isa().data());
  return failed;
}

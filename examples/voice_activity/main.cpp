// SPDX-License-Identifier: MIT
// Finds speech in a .wav while it streams by, with the network of the package silero-vad compiled into this program.
#include <silero_vad.hpp>  // from the package's file, BIND sr=16000: input float [1, 576], state [2, 1, 128] -> output [1, 1], stateN [2, 1, 128]

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "plot.hpp"
#include "speech.hpp"
#include "unit_size.hpp"
#include "wav.hpp"

namespace {

/// The network and what it keeps between two pieces: its state goes in and comes out of every run, and it sees the end of
/// the piece before.
class voice {
 public:
  static constexpr std::size_t piece = speech_segments::piece, context = 64;

  /// Where the next piece belongs: 512 samples.
  float* samples() { return input_.data() + context; }

  /// The probability that there is speech in samples().
  float run() {
    std::array<float, 1> probability;
    net_.run(input_, state_[now_], probability, state_[1 - now_]);
    now_ = 1 - now_;
    std::copy(input_.end() - context, input_.end(), input_.begin());
    return probability[0];
  }

  silero_vad::net const& net() const { return net_; }

 private:
  silero_vad::net net_;
  std::array<float, context + piece> input_{};
  std::array<std::array<float, 256>, 2> state_{};  // an output must not overlap an input
  std::size_t now_ = 0;
};

/// Runs the network over all of a recording. `samples` and `microseconds` of each run come back.
course listen(wav_reader& wav, voice& v, double threshold, long& samples, std::vector<double>& microseconds) {
  course c{{}, {}, {}, threshold};
  speech_segments segments(threshold);
  samples = 0;
  for (;;) {
    std::size_t const n = wav.read(v.samples(), voice::piece);
    if (n == 0) break;
    samples += static_cast<long>(n);
    std::fill(v.samples() + n, v.samples() + voice::piece, 0.f);
    float peak = 0;
    for (std::size_t i = 0; i < n; ++i) peak = std::max(peak, std::fabs(v.samples()[i]));
    auto const begin = std::chrono::steady_clock::now();
    float const p = v.run();
    microseconds.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    c.probability.push_back(p);
    c.peak.push_back(peak);
    segments.add(static_cast<double>(p));
    if (n < voice::piece) break;
  }
  c.speech = segments.finish(samples);
  return c;
}

bool write_probabilities(char const* path, course const& c) {
  std::FILE* const f = std::fopen(path, "w");
  if (f == nullptr) return false;
  for (float p : c.probability) std::fprintf(f, "%.9g\n", static_cast<double>(p));
  return std::fclose(f) == 0;
}

int usage(int status) {
  std::fputs(
      "voice_activity FILE.wav [--threshold P] [--svg OUT.svg] [--probabilities OUT.txt]\n"
      "Finds speech in a recording while it streams by, 32 ms at a time, with an embedded network; - reads standard input.\n"
      "  --threshold P          speech begins at this probability (0.5)\n"
      "  --svg FILE             the plot (default: FILE.svg beside FILE.wav, none for standard input)\n"
      "  --probabilities FILE   the probability of each piece of 512 samples at 16,000 Hz, one a line\n"
      "The file: PCM or 32-bit float, any number of channels, 16,000 Hz or a multiple of it.\n"
      "Exit status: 0 good, 1 a file cannot be read or written, 2 wrong arguments.\n",
      status == 0 ? stdout : stderr);
  return status;
}

}  // namespace

int main(int count, char** words) {
  std::string path, svg, probabilities;
  double threshold = 0.5;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    bool const more = i + 1 < count;
    if (word == "--help" || word == "-h") return usage(0);
    if (word == "--threshold" && more) {
      char* end = nullptr;
      threshold = std::strtod(words[++i], &end);
      if (*end != 0 || !(threshold > 0 && threshold < 1)) {
        std::fprintf(stderr, "voice_activity: --threshold %s: it needs a number between 0 and 1\n", words[i]);
        return 2;
      }
    } else if (word == "--svg" && more) svg = words[++i];
    else if (word == "--probabilities" && more) probabilities = words[++i];
    else if (word != "-" && word.substr(0, 1) == "-") return usage(2);
    else if (path.empty()) path = word;
    else return usage(2);
  }
  if (path.empty()) return usage(2);
  if (svg.empty() && path != "-") svg = (path.size() > 4 && path.substr(path.size() - 4) == ".wav" ? path.substr(0, path.size() - 4) : path) + ".svg";

  wav_reader wav(path.c_str());
  if (!wav.error().empty()) {
    std::fprintf(stderr, "voice_activity: %s: %s\n", path.c_str(), wav.error().c_str());
    return 1;
  }
  voice v;
  long samples = 0;
  std::vector<double> times;
  course const c = listen(wav, v, threshold, samples, times);
  if (samples == 0) {
    std::fprintf(stderr, "voice_activity: %s: no samples\n", path.c_str());
    return 1;
  }

  print_plot(c);
  double spoken = 0;
  for (segment const& s : c.speech) {
    std::printf("speech          %8.3f s to %8.3f s\n", static_cast<double>(s.begin) / 16000, static_cast<double>(s.end) / 16000);
    spoken += static_cast<double>(s.end - s.begin) / 16000;
  }
  std::printf("recording       %.1f s in %zu pieces of 32 ms, %.1f s of speech\n", static_cast<double>(samples) / 16000, c.probability.size(), spoken);
  std::sort(times.begin(), times.end());
  auto const percentile = [&](double p) { return times[static_cast<std::size_t>(p * static_cast<double>(times.size() - 1))]; };
  std::printf("piece           p50 %.1f us, p90 %.1f us, p99 %.1f us\n", percentile(0.5), percentile(0.9), percentile(0.99));
  std::printf("instruction set %.*s\n", static_cast<int>(v.net().isa().size()), v.net().isa().data());
  std::printf("size            %d bytes of code (this unit), %zu bytes of weights, %zu bytes of memory\n", unit_code_bytes(v.net().isa()), v.net().weight_bytes(), v.net().memory_bytes());

  if (!svg.empty()) {
    if (!write_svg(svg.c_str(), c, path.c_str())) {
      std::fprintf(stderr, "voice_activity: %s: cannot be written; name another file with --svg\n", svg.c_str());
      return 1;
    }
    std::printf("plot            %s\n", svg.c_str());
  }
  if (!probabilities.empty() && !write_probabilities(probabilities.c_str(), c)) {
    std::fprintf(stderr, "voice_activity: %s: cannot be written\n", probabilities.c_str());
    return 1;
  }
  return 0;
}

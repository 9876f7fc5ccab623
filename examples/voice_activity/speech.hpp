// SPDX-License-Identifier: MIT
// Where speech begins and ends, from the probability of each piece: the rules of silero-vad's get_speech_timestamps.
#pragma once

#include <algorithm>
#include <vector>

/// In samples at 16,000 Hz.
struct segment {
  long begin, end;
};

/// Speech begins where the probability reaches the threshold, and ends where it has stayed 0.15 below it for 100 ms. What is shorter
/// than 250 ms is dropped; what is left is widened by 30 ms on both sides.
class speech_segments {
 public:
  static constexpr long piece = 512;

  explicit speech_segments(double threshold) : threshold_(threshold), low_(std::max(threshold - 0.15, 0.01)) {}

  /// The probability of the next piece.
  void add(double p) {
    long const at = piece * count_++;
    if (p >= threshold_) silence_ = none;
    if (p >= threshold_ && begin_ == none) begin_ = at;
    else if (p < low_ && begin_ != none) {
      if (silence_ == none) silence_ = at;
      if (at - silence_ >= min_silence) close(silence_);
    }
  }

  /// All of them, when the recording ends after so many samples.
  std::vector<segment> finish(long samples) {
    if (begin_ != none) close(samples);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (i == 0) found_[i].begin = std::max(0L, found_[i].begin - pad);
      if (i + 1 == found_.size()) {
        found_[i].end = std::min(samples, found_[i].end + pad);
        break;
      }
      long const gap = found_[i + 1].begin - found_[i].end, wider = gap < 2 * pad ? gap / 2 : pad;
      found_[i].end = std::min(samples, found_[i].end + wider);
      found_[i + 1].begin -= wider;
    }
    return found_;
  }

 private:
  static constexpr long none = -1, min_silence = 1600, min_speech = 4000, pad = 480;

  void close(long end) {
    if (end - begin_ > min_speech) found_.push_back({begin_, end});
    begin_ = silence_ = none;
  }

  double threshold_, low_;
  long count_ = 0, begin_ = none, silence_ = none;
  std::vector<segment> found_;
};

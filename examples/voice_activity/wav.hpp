// SPDX-License-Identifier: MIT
// Samples of a .wav, one piece after another, as they come: also from a pipe.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

/// Reads PCM of 8, 16, 24 or 32 bits and 32-bit float; channels are averaged. At multiples of 16,000 Hz every second, third ...
/// sample is taken, as silero-vad's own code does.
class wav_reader {
 public:
  static constexpr int rate = 16000;

  /// A name of a file, or "-" for standard input. On failure error() says what is wrong and what to do.
  explicit wav_reader(char const* path) : file_(std::strcmp(path, "-") == 0 ? stdin : std::fopen(path, "rb"), &close) {
    if (file_ == nullptr) error_ = "cannot be read";
    else if (!read_header() && error_.empty()) error_ = "not a .wav file: no RIFF header with format and data";
  }

  std::string const& error() const { return error_; }
  /// How many samples of the file stand behind one that is given.
  int step() const { return step_; }

  /// Up to `count` samples -1..1; fewer only at the end.
  std::size_t read(float* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      for (int skip = 0; skip < step_; ++skip) {
        float mean = 0;
        for (int c = 0; c < channels_; ++c) {
          float s;
          if (!sample(s)) return i;
          mean += s / static_cast<float>(channels_);
        }
        if (skip == 0) out[i] = mean;
      }
    }
    return count;
  }

 private:
  static int close(std::FILE* f) { return f == stdin ? 0 : std::fclose(f); }

  bool get(void* to, std::size_t n) { return std::fread(to, 1, n, file_.get()) == n; }
  static std::uint32_t number(unsigned char const* p, int n) {
    std::uint32_t v = 0;
    for (int i = 0; i < n; ++i) v |= static_cast<std::uint32_t>(p[i]) << (8 * i);
    return v;
  }
  bool skip(std::uint32_t n) {
    for (; n != 0; --n)
      if (std::fgetc(file_.get()) == EOF) return false;
    return true;
  }

  bool read_header() {
    unsigned char head[12], chunk[8], format[40]{};
    if (!get(head, 12) || std::memcmp(head, "RIFF", 4) != 0 || std::memcmp(head + 8, "WAVE", 4) != 0) return false;
    bool have_format = false;
    while (get(chunk, 8)) {
      std::uint32_t const size = number(chunk + 4, 4);
      if (std::memcmp(chunk, "data", 4) == 0) {
        left_ = size == 0 ? 0xFFFFFFFF : size;  // a recorder that writes to a pipe does not know the size
        return have_format && understand(format);
      }
      if (std::memcmp(chunk, "fmt ", 4) != 0) {
        if (!skip(size + size % 2)) return false;
        continue;
      }
      std::uint32_t const known = size < sizeof format ? size : sizeof format;
      if (size < 16 || !get(format, known) || !skip(size - known + size % 2)) return false;
      have_format = true;
    }
    return false;
  }

  bool understand(unsigned char const* format) {
    std::uint32_t kind = number(format, 2);
    if (kind == 0xFFFE) kind = number(format + 24, 2);  // "extensible": the kind stands at the start of a longer name
    channels_ = static_cast<int>(number(format + 2, 2));
    bits_ = static_cast<int>(number(format + 14, 2));
    is_float_ = kind == 3;
    auto const hertz = static_cast<int>(number(format + 4, 4));
    if (kind != 1 && kind != 3) error_ = "compressed samples (format " + std::to_string(kind) + "); convert it to 16-bit PCM, as with: ffmpeg -i IN -ar 16000 -ac 1 OUT.wav";
    else if (is_float_ ? bits_ != 32 : bits_ != 8 && bits_ != 16 && bits_ != 24 && bits_ != 32) error_ = std::to_string(bits_) + " bits a sample; 8, 16, 24, 32 and float of 32 bits are read";
    else if (channels_ < 1 || channels_ > 64) error_ = std::to_string(channels_) + " channels; one to 64 are read";
    else if (hertz < rate || hertz % rate != 0) error_ = std::to_string(hertz) + " Hz; the network needs 16000 Hz or a multiple of it, as from: ffmpeg -i IN -ar 16000 -ac 1 OUT.wav";
    step_ = hertz / rate;
    return error_.empty();
  }

  bool sample(float& s) {
    unsigned char b[4]{};
    auto const n = static_cast<std::uint32_t>(bits_ / 8);
    if (left_ < n || !get(b, n)) return false;
    if (left_ != 0xFFFFFFFF) left_ -= n;
    std::uint32_t const v = number(b, static_cast<int>(n));
    if (is_float_) s = std::bit_cast<float>(v);
    else if (bits_ == 8) s = (static_cast<float>(v) - 128.f) / 128.f;
    else s = static_cast<float>(static_cast<std::int32_t>(v << (32 - bits_))) / 2147483648.f;  // the sign bit at the top
    return true;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::string error_;
  int channels_ = 1, bits_ = 16, step_ = 1;
  bool is_float_ = false;
  std::uint32_t left_ = 0;
};

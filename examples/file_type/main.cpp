// SPDX-License-Identifier: MIT
// Names the type of files from their contents, with the network of the package magika compiled into this program.
#include <magika.hpp>  // from the package's model.onnx: bytes int32 [1, 2048] -> target_label float [1, 214]

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "features.hpp"
#include "unit_size.hpp"

namespace {

using namespace magika_labels;
using file_type::ends;
using file_type::features;

struct answer {
  int type = is_unknown;  // what to say
  int network = -1;       // what the network said, where it was asked
  double score = 1;
};

/// The type of a file of which only few bytes are not white space.
int type_of_few(file_type::bytes content) { return file_type::is_utf8(content) ? is_txt : is_unknown; }

/// What the scores of the network mean: its best guess, or only "text" or "unknown" where it is not sure enough.
answer decide(std::span<float const, std::size(targets)> scores) {
  auto const best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  target const& t = targets[best];
  answer a{t.answer, t.type, static_cast<double>(scores[best])};
  if (a.score < t.threshold) a.type = content_types[a.type].is_text ? is_txt : is_unknown;
  return a;
}

using clock = std::chrono::steady_clock;
double microseconds(clock::time_point begin, clock::time_point end) { return std::chrono::duration<double, std::micro>(end - begin).count(); }

/// Times in microseconds of the files that the network was asked about.
struct times {
  std::vector<double> whole, network;
};

class identifier {
 public:
  /// False, with errno, when the file cannot be read.
  bool identify(char const* path, answer& a, times* measured = nullptr) {
    errno = 0;
    auto const begin = clock::now();
    struct stat info {};
    if (stat(path, &info) != 0) return false;
    a = {};
    if (S_ISDIR(info.st_mode)) a.type = is_directory;
    if (!S_ISREG(info.st_mode)) return true;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path, "rb"), &std::fclose);
    if (file == nullptr) return false;
    std::setbuf(file.get(), nullptr);  // two reads, each straight to where it belongs
    if (info.st_size == 0) {
      a.type = is_empty;
      return true;
    }
    if (!file_type::read_ends(file.get(), static_cast<std::size_t>(info.st_size), ends_)) return false;
    file_type::make_features(ends_, features_);
    if (info.st_size < min_file_size || features_[min_file_size - 1] == padding_token) {
      a.type = type_of_few(ends_.beginning());
      return true;
    }
    auto const run = clock::now();
    net_.run(features_, scores_);
    auto const ran = clock::now();
    a = decide(scores_);
    if (measured != nullptr) {
      measured->network.push_back(microseconds(run, ran));
      measured->whole.push_back(microseconds(begin, clock::now()));
    }
    return true;
  }

  magika::net const& net() const { return net_; }

 private:
  magika::net net_;
  ends ends_;
  features features_;
  std::array<float, std::size(targets)> scores_;
};

void print_times(char const* what, std::vector<double>& samples) {
  std::sort(samples.begin(), samples.end());
  auto const percentile = [&](double p) { return samples[static_cast<std::size_t>(p * static_cast<double>(samples.size() - 1))]; };
  std::printf("%-15s p50 %.1f us, p90 %.1f us, p99 %.1f us\n", what, percentile(0.5), percentile(0.9), percentile(0.99));
}

int usage(int status) {
  std::fputs(
      "file_type [--tsv | --latency] [--] FILE...\n"
      "Says what each file is, from its contents, with an embedded network.\n"
      "  --tsv       path, answer, the network's own answer and its score, separated by tabs\n"
      "  --latency   each file three times: percentiles of the time of a file and of the network alone; sizes\n"
      "Exit status: 0 all named, 1 a file could not be read, 2 wrong arguments.\n",
      status == 0 ? stdout : stderr);
  return status;
}

}  // namespace

int main(int count, char** words) {
  bool tsv = false, latency = false, names_only = false;
  std::vector<char const*> paths;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    if (names_only || word.substr(0, 1) != "-") paths.push_back(words[i]);
    else if (word == "--help" || word == "-h") return usage(0);
    else if (word == "--tsv") tsv = true;
    else if (word == "--latency") latency = true;
    else if (word == "--") names_only = true;
    else return usage(2);
  }
  if (paths.empty() || (tsv && latency)) return usage(2);

  identifier who;
  times measured;
  int status = 0;
  for (char const* path : paths) {
    answer a;
    bool good = true;
    for (int round = 0; good && round < (latency ? 3 : 1); ++round) good = who.identify(path, a, &measured);
    if (!good) {
      std::fprintf(stderr, "file_type: %s: %s\n", path, errno != 0 ? std::strerror(errno) : "it became shorter while it was read");
      status = 1;
      continue;
    }
    content_type const& c = content_types[a.type];
    if (tsv) std::printf("%s\t%s\t%s\t%.9g\n", path, c.name, a.network < 0 ? "" : content_types[a.network].name, a.score);
    else if (!latency) std::printf("%-14s %5.1f%%  %s: %s (%s)\n", c.name, 100 * a.score, path, c.description, c.mime);
  }
  if (latency) {
    if (measured.whole.empty()) {
      std::fprintf(stderr, "file_type: no file that the network is asked about; pass files of more than %d bytes\n", min_file_size);
      return 1;
    }
    print_times("file", measured.whole);
    print_times("network", measured.network);
    std::printf("instruction set %.*s\n", static_cast<int>(who.net().isa().size()), who.net().isa().data());
    std::printf("size            %d bytes of code (this unit), %zu bytes of weights, %zu bytes of memory\n", unit_code_bytes(who.net().isa()), who.net().weight_bytes(), who.net().memory_bytes());
  }
  return status;
}

// SPDX-License-Identifier: MIT
// Runs other programs for dsi compare: cmake, the compiled network, python3; and says on a terminal that it is at work.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <dsi/core/config.hpp>

namespace DSI_NAMESPACE::import {

/// A line on standard error that changes while a step of the work takes its time; elsewhere than on a terminal, one line a step.
class progress {
 public:
  explicit progress(std::string what) : what_(std::move(what)), begin_(clock::now()), terminal_(isatty(2) != 0) {
    if (!terminal_) std::fprintf(stderr, "dsi compare: %s\n", what_.c_str());
  }
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  ~progress() {
    if (terminal_) std::fprintf(stderr, "\r\033[K");
  }
  double seconds() const { return std::chrono::duration<double>(clock::now() - begin_).count(); }
  /// At most a few times a second.
  void tell(std::string const& more = {}) {
    if (!terminal_ || seconds() < next_) return;
    next_ = seconds() + 0.2;
    std::fprintf(stderr, "\r\033[K%s: %.0f s%s%s", what_.c_str(), seconds(), more.empty() ? "" : ", ", more.c_str());
  }

 private:
  using clock = std::chrono::steady_clock;
  std::string what_;
  clock::time_point begin_;
  bool terminal_;
  double next_ = 0;
};

/// Runs a program with its output in a file and returns its exit status; 127 when there is no such program. An interrupt from the
/// keyboard ends the program and comes back as 130, so that the caller can clean up.
inline int run_program(std::vector<std::string> const& words, std::string const& log, std::function<void()> const& meanwhile) {
  std::vector<char*> arguments;
  for (std::string const& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &interrupt);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  auto const before = signal(SIGINT, SIG_IGN);
  pid_t child = 0;
  int const failed = posix_spawnp(&child, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  int status = 127 << 8;
  if (failed == 0)
    while (waitpid(child, &status, WNOHANG) == 0) {
      meanwhile();
      usleep(20'000);
    }
  signal(SIGINT, before);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// What a log says of a failure: its first lines that name an error, or else its last ones.
inline std::string log_excerpt(std::string const& path, std::size_t most) {
  std::ifstream file(path);
  std::vector<std::string> lines, errors;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    line.resize(line.size() < 400 ? line.size() : 400);
    bool const names = line.find("error:") != std::string::npos || line.find("Error") != std::string::npos || line.find("FAILED") != std::string::npos;
    if (names && errors.size() < most) errors.push_back(line);
    if (lines.size() == most) lines.erase(lines.begin());
    lines.push_back(std::move(line));
  }
  if (!errors.empty()) lines = std::move(errors);
  std::string text;
  for (std::string const& l : lines) text += "\n    " + l;
  return text;
}

}  // namespace DSI_NAMESPACE::import

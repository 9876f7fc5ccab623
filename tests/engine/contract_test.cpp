// SPDX-License-Identifier: MIT
// DSI_CHECKED: broken contracts end the program with a sentence. The checked library is another namespace, so that it stands in
// one program with the usual one.
#define DSI_CHECKED 1

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

namespace {

using namespace dsi;

struct net : pipeline<input<float, 4>, dense<4, false>, relu> {};
struct shared_tag;
struct other_tag;

weights<net> const& values() {
  static auto const w = weights<net>::from({{"dense0.weight", std::vector<float>(16, 0.5f)}});
  REQUIRE(w);
  return *w;
}

/// What the program says before it ends; "" when it goes on.
template <class F>
std::string last_words(F const& breaks_a_contract) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  pid_t const child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    breaks_a_contract();
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char part[256];
  for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;) said.append(part, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  bool const aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  return aborted ? said : "";
}
bool says(std::string const& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("outputs must not overlap inputs, watched or not") {
  std::array<float, 8> memory{};
  std::span<float, 8> const all(memory);
  auto const run = [&] {
    engine<net> e(values());
    e.run(all.first<4>(), all.subspan<2, 4>());
  };
  auto const observe = [&] {
    engine<net> e(values());
    e.observe([](step_event const&) {}, all.first<4>(), all.subspan<2, 4>());
  };
  auto const apart = [&] {
    engine<net> e(values());
    e.run(all.first<4>(), all.last<4>());
    e.observe([](step_event const&) {}, all.first<4>(), all.last<4>());
  };
  CHECK(says(last_words(run), "run: an output overlaps an input"));
  CHECK(says(last_words(observe), "run: an output overlaps an input"));
  CHECK(last_words(apart) == "");
}

TEST_CASE("two live engines on one static block are noticed, one after the other is allowed") {
  using fixed = engine<net, simd_backend<>, static_storage<shared_tag>>;
  using elsewhere = engine<net, simd_backend<>, static_storage<other_tag>>;
  CHECK(says(last_words([] { fixed a(values()), b(values()); }), "two live engines share one block"));
  CHECK(last_words([] {
          { fixed a(values()); }
          fixed b(values());
          elsewhere c(values());
        }) == "");
}

TEST_CASE("a result is asked for what it holds") {
  using text_of = result<int>;
  CHECK(says(last_words([] { (void)*text_of(failure{errc::io, "no such file"}); }), "no such file"));
  CHECK(says(last_words([] { (void)text_of(3).error(); }), "there is a value, no error"));
  CHECK(says(last_words([] { (void)result<void>().error(); }), "there is no error"));
  CHECK(last_words([] { (void)*text_of(3); (void)text_of(failure{}).error(); }) == "");
}

// SPDX-License-Identifier: MIT
// describe() in whole lines: long groups and long names are not cut, tuning values are written as in a program.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

namespace {

using namespace dsi;

#define LONG_NAME "a_name_of_eighty_characters_as_exporters_make_them_out_of_a_path_of_modules_____"
/// A dense layer with fifteen operators behind it, whose results have long names.
struct long_group : graph<named_input<"x", float, 1, 4>, parameter<"w", float, 4, 4>, node<"h", dense<4, false>, "x", "w">, node<"1", hard_swish, "h">, node<"2", hard_swish, "1">,
                          node<"3", square_root, "2">, node<"4", round_to_integer, "3">, node<"5", round_to_integer, "4">, node<"6", round_to_integer, "5">, node<"7", round_to_integer, "6">,
                          node<"8", round_to_integer, "7">, node<"9", round_to_integer, "8">, node<"10", round_to_integer, "9">, node<"11", round_to_integer, "10">, node<"12", round_to_integer, "11">,
                          node<"13", round_to_integer, "12">, node<"14", round_to_integer, "13">, node<LONG_NAME LONG_NAME, relu, "14">, output<LONG_NAME LONG_NAME>> {};

template <class Model, class Backend>
std::vector<std::string> lines_of() {
  std::vector<std::string> lines;
  describe<Model, Backend>([&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

struct three_numbers {
  int rows = 3;
  bool wide = true;
  dsi::index depth = 128;
  constexpr bool operator==(three_numbers const&) const = default;
};
template <auto Tuning>
struct tuned {
  template <class Problem>
  struct kernel : kernel_for<reference_backend, Problem> {
    static constexpr std::string_view name = "mine";
    static constexpr bool supports = anchor_is<Problem, dense_attributes>;
    static constexpr auto tuning = Tuning;
  };
  using backend = with_kernels<reference_backend, kernel>;
};

struct small : pipeline<input<float, 1, 4>, dense<4>> {};
template <auto Tuning>
std::string line_of() { return lines_of<small, typename tuned<Tuning>::backend>().back(); }

}  // namespace

TEST_CASE("every call of the sink is one whole line") {
  auto const lines = lines_of<long_group, simd_backend<>>();
  REQUIRE(lines.size() == 2);
  for (std::string const& line : lines) {
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.back() == '\n');
  }
  CHECK(lines[1].size() > 400);
  CHECK(lines[1].find(" + relu -> " LONG_NAME LONG_NAME " [1, 4] float32 row_major  kernel: ") != std::string::npos);
}

TEST_CASE("a tuning value is written behind its kernel") {
  CHECK(line_of<three_numbers{}>().find("kernel: mine {3, 1, 128}\n") != std::string::npos);
  CHECK(line_of<7>().find("kernel: mine 7\n") != std::string::npos);
  CHECK(lines_of<small, reference_backend>().back().find("kernel: reference\n") != std::string::npos);
}

// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "../../bench/measure/json.hpp"
#include "../../bench/measure/slice.hpp"

TEST_CASE("median and percentiles") {
  CHECK(bench::median({3, 1, 2}) == 2);
  CHECK(bench::median({4, 1, 2, 3}) == 2.5);
  CHECK(std::isnan(bench::median({})));
  CHECK(bench::percentile({5, 4, 3, 2, 1}, 0) == 1);
  CHECK(bench::percentile({5, 4, 3, 2, 1}, 1) == 5);
  CHECK(bench::percentile({5, 4, 3, 2, 1}, 0.5) == 3);
}

TEST_CASE("the interval holds the median, widens with the spread, and is the same every time") {
  std::vector<double> narrow, wide;
  for (int i = 0; i < 25; ++i) narrow.push_back(1 + 0.001 * (i * 7 % 25)), wide.push_back(1 + 0.1 * (i * 7 % 25));
  auto const n = bench::median_interval(narrow), w = bench::median_interval(wide), again = bench::median_interval(wide);
  CHECK(n.low <= n.middle);
  CHECK(n.middle <= n.high);
  CHECK(n.low < n.high);
  CHECK(w.high - w.low > 10 * (n.high - n.low));
  CHECK(w.low == again.low);
  CHECK(w.high == again.high);
  // A known case: of two values the resamples' medians are 0, 1/2 and 1, each end with a quarter of them.
  auto const two = bench::median_interval({0, 1});
  CHECK(two.low == 0);
  CHECK(two.high == 1);
}

TEST_CASE("a slice that lost time is seen") {
  std::vector<double> const even(10, 20e-6);
  CHECK(!bench::shows_gap(even, 200e-6, 199e-6, 0));
  CHECK(bench::shows_gap(even, 200e-6, 199e-6, 1));
  CHECK(bench::shows_gap(even, 200e-6, 150e-6, 0));
  std::vector<double> one = even;
  one[3] = 60e-6;
  CHECK(bench::shows_gap(one, 240e-6, 239e-6, 0));
}

TEST_CASE("a slice measures what a call takes") {
  double const step = 50e-6;
  int calls = 0;
  auto const wait = [&] {
    ++calls;
    double const end = bench::wall_seconds() + step;
    while (bench::wall_seconds() < end) {}
  };
  auto const s = bench::time_slice(wait, 2, 1e-3);
  CHECK(calls >= 2);
  CHECK(calls % 2 == 0);
  CHECK(s.seconds >= step * 0.99);
  CHECK(bench::batch_for(wait) == 1);
}

TEST_CASE("JSON") {
  bench::json_writer j;
  j.begin_object().add("a", 1.5).add("b", "x\"y").begin_list("c").begin_object().end().add({}, 2.0).end().add("d", std::nan("")).add("e", std::vector<double>{1, 2}).end();
  CHECK(j.text() == R"({"a": 1.5, "b": "x\"y", "c": [{}, 2], "d": null, "e": [1, 2]})");
}

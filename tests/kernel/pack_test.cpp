// SPDX-License-Identifier: MIT
// The packer puts every element of a weight where the layout says that it lies, and zeros everywhere else.
#include <dsi/kernel/pack.hpp>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

namespace {

using dsi::index;
using dsi::shape;
using dsi::tensor_desc;
using dsi::weight_role;

/// A weight whose element i has the value i + 1, packed; 77 where nothing was written.
template <class T>
struct packed {
  std::vector<T> from, to;
  packed(tensor_desc const& w, weight_role role, bool grouped, double const* scale = nullptr) {
    for (index i = 0; i < w.size(); ++i) from.push_back(T(static_cast<T>(i + 1)));
    to.assign(static_cast<std::size_t>(dsi::packed_size(w, role, grouped)) + 1, T(77));
    dsi::pack(w, role, grouped, from.data(), to.data(), scale);
  }
  T at(index i) const { return to[static_cast<std::size_t>(i)]; }
};

/// Every element of `from` lies where `place` says, nothing else is there, and nothing is written behind the end.
template <class T, class Place>
void check_places(packed<T> const& p, Place const& place) {
  std::map<index, T> expected;
  for (std::size_t i = 0; i < p.from.size(); ++i) expected[place(static_cast<index>(i))] = p.from[i];
  REQUIRE(expected.size() == p.from.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i + 1 < p.to.size(); ++i) {
    auto const found = expected.find(static_cast<index>(i));
    wrong += !(p.to[i] == (found == expected.end() ? T(0) : found->second));
  }
  CHECK(wrong == 0);
  CHECK(p.to.back() == T(77));
  CHECK(expected.rbegin()->first < static_cast<index>(p.to.size()) - 1);
}

template <class T>
tensor_desc weight(shape const& s) {
  return {dsi::dtype_of<T>, dsi::layout::row_major, s};
}

struct extents {
  std::mt19937 random{7};
  index operator()(index most) { return 1 + static_cast<index>(random() % static_cast<unsigned>(most)); }
};

template <class T>
void check_type() {
  extents draw;
  for (int i = 0; i < 40; ++i) {
    index const out = draw(40), in = draw(40), kh = draw(4), kw = draw(4);
    {
      tensor_desc const w = weight<T>(shape(out, in));
      CHECK(dsi::packed_layout(w, weight_role::matrix, false) == dsi::layout::panels);
      auto const panels = dsi::panels_of(w, 0);
      check_places(packed<T>(w, weight_role::matrix, false), [&](index e) { return panels.offset(0, e / in, e % in); });
    }
    {
      tensor_desc const w = weight<T>(shape(out, in, kh, kw));
      CHECK(dsi::packed_layout(w, weight_role::convolution, false) == dsi::layout::panels);
      auto const panels = dsi::panels_of(w, 2);
      check_places(packed<T>(w, weight_role::convolution, false), [&](index e) {
        index const tap = e % (kh * kw), c = e / (kh * kw) % in;
        return panels.offset(0, e / (kh * kw * in), tap * in + c);
      });
    }
    index const groups = 2 + draw(3), mine = draw(18), of = 1 + draw(6);
    {
      tensor_desc const w = weight<T>(shape(groups, mine, of, kh));
      CHECK(dsi::packed_layout(w, weight_role::convolution, true) == dsi::layout::panels);
      auto const panels = dsi::panels_of(w, 1);
      check_places(packed<T>(w, weight_role::convolution, true), [&](index e) {
        index const tap = e % kh, c = e / kh % of, o = e / (kh * of) % mine;
        return panels.offset(e / (kh * of * mine), o, tap * of + c);
      });
    }
    {
      tensor_desc const w = weight<T>(shape(in, 1, 1, kh, kw));
      CHECK(dsi::packed_layout(w, weight_role::convolution, true) == dsi::layout::taps);
      check_places(packed<T>(w, weight_role::convolution, true), [&](index e) { return e % (kh * kw) * dsi::round_up(in, 16) + e / (kh * kw); });
    }
    {
      tensor_desc const w = weight<T>(shape(2, 3 * mine, in));
      auto const panels = dsi::panels_of(weight<T>(shape(3 * mine, in)), 0);
      check_places(packed<T>(w, weight_role::recurrent, false), [&](index e) {
        index const matrix = 3 * mine * in;
        return e / matrix * panels.size() + panels.offset(0, e % matrix / in, e % in);
      });
    }
    check_places(packed<T>(weight<T>(shape(out, in)), weight_role::none, false), [](index e) { return e; });
  }
}

}  // namespace

TEST_CASE("every element lies at its offset") {
  check_type<float>();
  check_type<double>();
  check_type<std::int16_t>();  // 2 bytes: pairs of inputs side by side
  check_type<std::int8_t>();   // 1 byte: fours
}

TEST_CASE("panels are what their description says") {
  // 17 outputs of 3 inputs in floats: two panels of 16 columns, inputs one after the other.
  auto const f = dsi::panels_of(weight<float>(shape(17, 3)), 0);
  CHECK(f.size() == 2 * 3 * 16);
  CHECK(f.offset(0, 0, 1) == 16);
  CHECK(f.offset(0, 16, 0) == 3 * 16);
  // In bytes four inputs lie side by side: inputs 0..3 of output 1 behind those of output 0.
  auto const b = dsi::panels_of(weight<std::int8_t>(shape(17, 6)), 0);
  CHECK(b.padded_inputs() == 8);
  CHECK(b.offset(0, 1, 0) == 4);
  CHECK(b.offset(0, 1, 3) == 7);
  CHECK(b.offset(0, 0, 4) == 64);
  auto const h = dsi::panels_of(weight<dsi::half>(shape(16, 5)), 0);
  CHECK(h.padded_inputs() == 6);
  CHECK(h.offset(0, 1, 1) == 3);
}

TEST_CASE("a layout depends on nothing but shape, type and role") {
  for (bool grouped : {false, true}) {
    tensor_desc const w = weight<float>(grouped ? shape(4, 4, 2, 3) : shape(4, 2, 3));
    tensor_desc other = w;
    other.order = dsi::layout::panels;
    CHECK(dsi::packed_size(w, weight_role::convolution, grouped) == dsi::packed_size(other, weight_role::convolution, grouped));
  }
}

TEST_CASE("a scale goes to its output channel") {
  double const scale[6] = {1, 2, 3, 4, 5, 6};
  tensor_desc const w = weight<float>(shape(3, 2, 4, 2));  // 3 groups of 2 outputs
  packed<float> const plain(w, weight_role::convolution, true), scaled(w, weight_role::convolution, true, scale);
  auto const panels = dsi::panels_of(w, 1);
  for (index g = 0; g < 3; ++g)
    for (index o = 0; o < 2; ++o)
      for (index k = 0; k < 8; ++k) {
        index const at = panels.offset(g, o, k);
        CHECK(scaled.at(at) == plain.at(at) * static_cast<float>(scale[g * 2 + o]));
      }
  tensor_desc const deep = weight<float>(shape(6, 1, 1, 3));
  packed<float> const taps(deep, weight_role::convolution, true), scaled_taps(deep, weight_role::convolution, true, scale);
  for (index t = 0; t < 3; ++t)
    for (index c = 0; c < 6; ++c) CHECK(scaled_taps.at(t * 16 + c) == taps.at(t * 16 + c) * static_cast<float>(scale[c]));
}

template <int M>
void check_winograd(dsi::layout l) {
  constexpr int n = M + 2;
  tensor_desc w = weight<float>(shape(18, 5, 3, 3));
  w.order = l;
  double scale[18];
  for (int o = 0; o < 18; ++o) scale[o] = 1 + o;
  packed<float> const p(w, weight_role::convolution, false), scaled(w, weight_role::convolution, false, scale);
  auto const panels = dsi::winograd_panels(w);
  REQUIRE(dsi::packed_size(w, weight_role::convolution, false) == n * n * panels.size());
  CHECK(p.to.back() == 77.f);
  constexpr dsi::winograd<M> t;
  std::size_t wrong = 0, zeros = 0;
  for (index o = 0; o < 18; ++o)
    for (index c = 0; c < 5; ++c)
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) {
          double number = 0;
          for (int k = 0; k < 9; ++k) number += t.g[i][k / 3] * t.g[j][k % 3] * static_cast<double>(p.from[static_cast<std::size_t>((o * 5 + c) * 9 + k)]);
          index const at = (i * n + j) * panels.size() + panels.offset(0, o, c);
          auto const near = [](double a, double b) { return a - b < 1e-6 * (b < 0 ? -b : b) + 1e-4 && b - a < 1e-6 * (b < 0 ? -b : b) + 1e-4; };
          wrong += !near(static_cast<double>(p.at(at)), number) || !near(static_cast<double>(scaled.at(at)), number * scale[o]);
        }
  for (index i = 0; i < n * n * panels.size(); ++i) zeros += i / panels.panel_size() % 2 == 1 && i % 16 >= 2 && p.at(i) != 0;  // outputs 18 .. 31
  CHECK(wrong == 0);
  CHECK(zeros == 0);
}

TEST_CASE("Winograd's layouts hold transformed weights") {
  check_winograd<2>(dsi::layout::winograd_2x2);
  check_winograd<4>(dsi::layout::winograd_4x4);
}

TEST_CASE("Winograd's transforms compute a window that moves") {
  auto const check = []<int M>(std::integral_constant<int, M>) {
    constexpr dsi::winograd<M> t;
    constexpr int n = M + 2;
    double const x[6] = {1, -2, 0.5, 3, -1, 4}, w[3] = {0.25, -1, 2};
    for (int y = 0; y < M; ++y) {
      double sum = 0;
      for (int i = 0; i < n; ++i) {
        double inputs = 0, weights = 0;
        for (int j = 0; j < n; ++j) inputs += t.bt[i][j] * x[j];
        for (int k = 0; k < 3; ++k) weights += t.g[i][k] * w[k];
        sum += t.at[y][i] * inputs * weights;
      }
      CHECK(sum == doctest::Approx(x[y] * w[0] + x[y + 1] * w[1] + x[y + 2] * w[2]).epsilon(1e-12));
    }
    // Constants that float does not hold would add an error that the stated bounds do not count.
    for (auto const& row : t.bt)
      for (double v : row) CHECK(static_cast<double>(static_cast<float>(v)) == v);
    for (auto const& row : t.at)
      for (double v : row) CHECK(static_cast<double>(static_cast<float>(v)) == v);
  };
  check(std::integral_constant<int, 2>{});
  check(std::integral_constant<int, 4>{});
}

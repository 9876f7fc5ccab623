// SPDX-License-Identifier: MIT
// Networks with state: sample by sample they give what the whole sequence gives; reset, save and restore of the engine.
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

namespace {

using namespace dsi;

/// The values of every parameter, the same for all models with parameters of the same sizes in the same order.
template <class Model, class T>
struct values {
  std::vector<std::vector<T>> data;
  std::vector<std::string> names;
  explicit values(unsigned seed) {
    std::mt19937 g(seed);
    std::uniform_real_distribution<float> u(-0.4f, 0.4f);
    constexpr graph_view view = Model::description.view();
    for (int t = 0; t < view.tensor_count; ++t)
      if (view.tensors[t].kind == tensor_kind::parameter) {
        names.emplace_back(view.tensors[t].name.text().view());
        data.emplace_back();
        for (dsi::index i = 0; i < view.desc(t).size(); ++i) data.back().push_back(T(u(g)));
      }
  }
  template <class Backend>
  weights<Model, Backend> make() const {
    std::vector<named_values> named;
    for (std::size_t i = 0; i < data.size(); ++i) named.emplace_back(names[i], std::span<T const>(data[i]));
    auto w = weights<Model, Backend>::from(std::span<named_values const>(named));
    REQUIRE_MESSAGE(bool(w), w.error().what.c_str());
    return std::move(*w);
  }
};

template <class T>
std::vector<T> signal(std::size_t n) {
  std::mt19937 g(99);
  std::uniform_real_distribution<float> u(-1.f, 1.f);
  std::vector<T> v(n);
  for (T& x : v) x = T(u(g));
  return v;
}

template <class Model, class T>
std::vector<T> run_whole(auto& net, std::vector<T> const& x) {
  constexpr graph_view g = Model::description.view();
  std::vector<T> y(static_cast<std::size_t>(g.desc(g.outputs[0]).size()));
  void const* const in[]{x.data()};
  void* const out[]{y.data()};
  net.run_pointers(in, out);
  return y;
}
template <class Model, class T>
std::vector<T> run_steps(auto& net, std::span<T const> x) {
  constexpr graph_view g = Model::description.view();
  auto const inputs = static_cast<std::size_t>(g.desc(g.inputs[0]).size()), outputs = static_cast<std::size_t>(g.desc(g.outputs[0]).size());
  std::vector<T> y(x.size() / inputs * outputs);
  for (std::size_t i = 0; i < x.size() / inputs; ++i) {
    void const* const in[]{x.data() + i * inputs};
    void* const out[]{y.data() + i * outputs};
    net.run_pointers(in, out);
  }
  return y;
}
template <class T>
bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Whole reads all steps at once, Cell one after the other; both have the same parameters in the same order.
template <class Whole, class Cell, class T, class Backend>
void check_streaming() {
  constexpr graph_view g = Whole::description.view();
  using cell_network = network<Cell, Backend>;
  static_assert(is_native<Backend, typename cell_network::template problem_at<0>>, "the cell must run on the backend under test");
  auto const x = signal<T>(static_cast<std::size_t>(g.desc(g.inputs[0]).size()));
  auto const whole_weights = values<Whole, T>(7).template make<Backend>();
  auto const cell_weights = values<Cell, T>(7).template make<Backend>();
  auto const whole = std::make_unique<engine<Whole, Backend>>(whole_weights);
  auto const cell = std::make_unique<engine<Cell, Backend>>(cell_weights);
  static_assert(engine<Cell, Backend>::state_bytes > 0 && engine<Whole, Backend>::state_bytes == 0);
  auto const expected = run_whole<Whole>(*whole, x);
  auto const first = run_steps<Cell, T>(*cell, x);
  CHECK(same_bits(first, expected));

  // Going on without reset gives something else, or the state would not count; after reset the same again.
  CHECK(!same_bits(run_steps<Cell, T>(*cell, x), expected));
  cell->reset();
  CHECK(same_bits(run_steps<Cell, T>(*cell, x), expected));

  // Saved in the middle: an engine of its own goes on from there.
  auto const inputs = static_cast<std::size_t>(Cell::description.view().desc(Cell::description.view().inputs[0]).size());
  std::size_t const steps = x.size() / inputs, half_way = steps / 2;
  std::span<T const> const all(x);
  cell->reset();
  auto joined = run_steps<Cell, T>(*cell, all.first(half_way * inputs));
  std::array<std::byte, engine<Cell, Backend>::state_bytes> kept;
  cell->save(kept);
  run_steps<Cell, T>(*cell, all);  // the first engine wanders off
  auto const other = std::make_unique<engine<Cell, Backend>>(cell_weights);
  other->restore(kept);
  auto const rest = run_steps<Cell, T>(*other, all.subspan(half_way * inputs));
  joined.insert(joined.end(), rest.begin(), rest.end());
  CHECK(same_bits(joined, expected));
  // As with a network in a binary, only memory of the state's size is taken.
  using cell_engine = engine<Cell, Backend>;
  CHECK(std::is_invocable_v<decltype(&cell_engine::save), cell_engine const&, std::span<std::byte, cell_engine::state_bytes>>);
  CHECK(!std::is_invocable_v<decltype(&cell_engine::save), cell_engine const&, std::span<std::byte, cell_engine::state_bytes - 1>>);
  CHECK(!std::is_invocable_v<decltype(&cell_engine::restore), cell_engine&, std::span<std::byte const>>);
}

template <class... Layers>
struct net : pipeline<Layers...> {};

constexpr lstm_attributes lstm_of_9{.hidden = 9}, lstm_of_19{.hidden = 19}, lstm_of_40{.hidden = 40}, lstm_of_64{.hidden = 64};
constexpr gru_attributes gru_before{.hidden = 21}, gru_after{.hidden = 21, .linear_before_reset = true}, gru_of_17{.hidden = 17, .linear_before_reset = true};
constexpr rnn_attributes rnn_of_23{.hidden = 23};

template <class Backend>
void check_lstm() {
  check_streaming<net<input<float, 33, 1, 1>, lstm<lstm_of_40>>, net<input<float, 1>, lstm_cell<40>>, float, Backend>();
  check_streaming<net<input<float, 29, 1, 21>, lstm<lstm_of_19>>, net<input<float, 21>, lstm_cell<19>>, float, Backend>();
  check_streaming<net<input<bfloat16, 12, 1, 7>, lstm<lstm_of_64>>, net<input<bfloat16, 7>, lstm_cell<64>>, bfloat16, Backend>();
  // Several streams, more than a register tile of them.
  check_streaming<net<input<float, 10, 7, 5>, lstm<lstm_of_19>>, net<input<float, 7, 5>, lstm_cell<19>>, float, Backend>();
}
template <class Backend>
void check_gru() {
  check_streaming<net<input<float, 33, 1, 13>, gru<gru_after>>, net<input<float, 13>, gru_cell<21>>, float, Backend>();
  check_streaming<net<input<float, 33, 1, 2>, gru<gru_before>>, net<input<float, 2>, gru_cell<21, false>>, float, Backend>();
  check_streaming<net<input<half, 12, 1, 7>, gru<gru_after>>, net<input<half, 7>, gru_cell<21>>, half, Backend>();
}

TEST_CASE("[lstm-cell] sample by sample equals the whole sequence, bit for bit") {
  check_lstm<simd_backend<>>();
  check_lstm<reference_backend>();
}
TEST_CASE("[gru-cell] sample by sample equals the whole sequence, bit for bit") {
  check_gru<simd_backend<>>();
  check_gru<reference_backend>();
}
TEST_CASE("[rnn-cell] sample by sample equals the whole sequence, bit for bit") {
  check_streaming<net<input<float, 17, 1, 9>, rnn<rnn_of_23>>, net<input<float, 9>, rnn_cell<23>>, float, simd_backend<>>();
}
TEST_CASE("[two-cells] a network of several cells keeps a state for each") {
  using whole = net<input<float, 20, 1, 3>, lstm<lstm_of_9>, reshape<20, 1, 9>, gru<gru_of_17>>;
  using cells = net<input<float, 3>, lstm_cell<9>, gru_cell<17>>;
  check_streaming<whole, cells, float, simd_backend<>>();
  CHECK(engine<cells, simd_backend<>>::state_bytes == 2 * 64 + 128);
}
TEST_CASE("[cell-and-head] a cell and a dense layer: 40 cells, as in audio effects") {
  using whole = net<input<float, 50, 1, 1>, lstm<lstm_of_40>, dense<1>>;
  using cell = net<input<float, 1>, lstm_cell<40>, dense<1>>;
  auto const x = signal<float>(50);
  auto const w = values<whole, float>(3).make<simd_backend<>>();
  auto const v = values<cell, float>(3).make<simd_backend<>>();
  engine<whole, simd_backend<>> once{w};
  engine<cell, simd_backend<>, inline_storage> steps{v};
  auto const expected = run_whole<whole>(once, x), given = run_steps<cell, float>(steps, std::span<float const>(x));
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(given[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

}  // namespace

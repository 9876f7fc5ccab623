// SPDX-License-Identifier: MIT
// Weights are checked, engines share and swap them, storage policies and observers change no result.
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <dsi/dsi.hpp>

namespace {

using namespace dsi;

struct net : pipeline<input<float, 2, 6>, dense<5>, batch_norm<>, relu, dense<3, false>, softmax> {};
struct other_net : pipeline<input<float, 2, 6>, dense<5>, batch_norm<>, sigmoid, dense<3, false>, softmax> {};
struct viewed : pipeline<input<float, 2, 6>, dense<4, false>, flatten<0>, relu, reshape<4, 2>> {};
struct folded : graph<named_input<"x", float, 1, 4>, parameter<"w", float, 4, 4>, parameter<"scale", float, 4>, node<"h", dense<4, false>, "x", "w">,
                      node<"scaled", mul, "h", "scale">, node<"y", relu, "scaled">, output<"y">> {};
struct narrow_norm : graph<named_input<"x", half, 1, 4>, parameter<"w", half, 4, 4>, parameter<"scale", half, 4>, node<"h", dense<4, false>, "x", "w">,
                           node<"y", mul, "h", "scale">, output<"y">> {};
struct masked : graph<named_input<"x", float, 2, 4>, parameter<"mask", float, 4>, node<"m", add, "x", "mask">, node<"y", softmax, "m">, output<"y">> {};

struct parameters {
  std::vector<float> weight0, bias0, scale, shift, mean, variance, weight3;
  explicit parameters(float start = 0.1f) {
    auto const fill = [&start](std::vector<float>& v, std::size_t n) {
      v.resize(n);
      for (float& x : v) x = start = start > 0.9f ? start - 1.6f : start + 0.23f;
    };
    fill(weight0, 30);
    fill(bias0, 5);
    fill(scale, 5);
    fill(shift, 5);
    fill(mean, 5);
    fill(weight3, 15);
    variance = {0.5f, 1, 2, 1.5f, 0.7f};
  }
  std::array<named_values, 7> named() const {
    return {named_values("dense0.weight", weight0), named_values("dense0.bias", bias0), named_values("batch_norm1.scale", scale), named_values("batch_norm1.shift", shift),
            named_values("batch_norm1.mean", mean), named_values("batch_norm1.variance", variance), named_values("dense3.weight", weight3)};
  }
};

template <class B>
using backend_weights = weights<net, B>;
using net_weights = weights<net>;

std::array<float, 12> const x{0.5f, -1, 0.25f, 2, -0.75f, 1, 1, 0, -1, 0.5f, 0.125f, -2};
template <class Engine>
std::array<float, 6> run(Engine& e) {
  std::array<float, 6> y;
  y.fill(99);
  e.run(x, y);
  return y;
}

/// The message with which `from` refuses these values.
std::string refusal(std::span<named_values const> values, errc code) {
  auto const w = net_weights::from(values);
  if (w) return "accepted";
  CHECK(w.error().code == code);
  return std::string(w.error().what.view());
}
/// The message with which `load` refuses a changed blob.
template <class Change>
std::string refusal_of_blob(Change const& change, errc code) {
  parameters const p;
  auto const w = net_weights::from(p.named());
  std::vector<std::byte> blob(w->bytes().begin(), w->bytes().end());
  change(blob);
  auto const again = net_weights::load(blob);
  if (again) return "accepted";
  CHECK(again.error().code == code);
  return std::string(again.error().what.view());
}
bool says(std::string const& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}
/// Changes the checksum to that of the changed bytes, as an attacker or a careless tool would.
void seal(std::vector<std::byte>& blob) {
  std::uint64_t const sum = blob_checksum(blob.data() + sizeof(blob_header), blob.size() - sizeof(blob_header));
  std::memcpy(blob.data() + offsetof(blob_header, checksum), &sum, sizeof sum);
}

}  // namespace

TEST_CASE("values by name: each parameter once, with its type and size, finite") {
  parameters const p;
  auto good = p.named();
  REQUIRE(net_weights::from(good));
  CHECK(says(refusal(std::span(good).first(6), errc::mismatch), "no values given for parameter dense3.weight"));
  auto values = good;
  values[1] = named_values("dense0.Bias", p.bias0);
  CHECK(says(refusal(values, errc::mismatch), "the model has no parameter dense0.Bias"));
  values[1] = named_values("dense0.bias", p.weight0);
  CHECK(says(refusal(values, errc::mismatch), "dense0.bias has 30 elements but the model needs 5"));
  std::vector<double> const doubles(5);
  values[1] = named_values("dense0.bias", doubles);
  CHECK(says(refusal(values, errc::mismatch), "dense0.bias has type float64 but the model needs float32"));
  for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    auto bias = p.bias0;
    bias[3] = bad;
    values[1] = named_values("dense0.bias", bias);
    CHECK(says(refusal(values, errc::not_finite), "dense0.bias holds a NaN or an infinity at element 3"));
  }
}

TEST_CASE("what from() takes load() takes, and what it refuses it names") {
  parameters p;
  // A folded batch norm whose square root or quotient is no number: the operator is named.
  for (float bad : {-1.f, -1e-5f}) {
    parameters q = p;
    q.variance[2] = bad;
    CHECK(says(refusal(q.named(), errc::not_finite), "batch_norm1: its parameters give a NaN or an infinity once packed into dense0.weight"));
  }
  // A bad value of a folded parameter: that parameter is named.
  parameters q = p;
  q.mean[4] = std::numeric_limits<float>::quiet_NaN();
  CHECK(says(refusal(q.named(), errc::not_finite), "batch_norm1.mean holds a NaN or an infinity at element 4"));
  // Too large only once packed: 60000 * 60000 is no half.
  std::vector<half> const large(16, half(60000.f));
  auto const overflowing = weights<narrow_norm>::from({{"w", large}, {"scale", std::span(large).first(4)}});
  REQUIRE(!overflowing);
  CHECK(overflowing.error().code == errc::not_finite);
  CHECK(says(std::string(overflowing.error().what.view()), "y: its parameters give a NaN or an infinity once packed into w"));
  // A mask of an addition may hold infinities, no NaN.
  std::vector<float> mask{0, -std::numeric_limits<float>::infinity(), 0, 0};
  auto const w = weights<masked>::from({{"mask", mask}});
  REQUIRE_MESSAGE(w, (w ? "" : w.error().what.c_str()));
  CHECK(weights<masked>::load(w->bytes()));
  mask[2] = std::numeric_limits<float>::quiet_NaN();
  auto const bad = weights<masked>::from({{"mask", mask}});
  REQUIRE(!bad);
  CHECK(says(std::string(bad.error().what.view()), "mask holds a NaN or an infinity at element 2"));
}

TEST_CASE("the same name twice is refused, whichever comes first") {
  parameters const p;
  auto const one = p.named();
  std::vector<named_values> values(one.begin(), one.end());
  values.push_back(named_values("dense0.bias", p.shift));
  CHECK(says(refusal(values, errc::mismatch), "dense0.bias is given twice"));
}

TEST_CASE("a blob is what from() made, or is refused with the reason") {
  parameters const p;
  auto const w = net_weights::from(p.named());
  auto const same = net_weights::load(w->bytes());
  REQUIRE(same);
  CHECK(std::memcmp(same->bytes().data(), w->bytes().data(), w->bytes().size()) == 0);

  using blob = std::vector<std::byte>;
  CHECK(says(refusal_of_blob([](blob& b) { b.clear(); }, errc::malformed), "shorter than a header"));
  CHECK(says(refusal_of_blob([](blob& b) { b.resize(63); }, errc::malformed), "shorter than a header"));
  CHECK(says(refusal_of_blob([](blob& b) { b.pop_back(); }, errc::malformed), "the file is cut off"));
  CHECK(says(refusal_of_blob([](blob& b) { b.resize(64); }, errc::malformed), "the file is cut off"));
  CHECK(says(refusal_of_blob([](blob& b) { b.push_back({}); }, errc::malformed), "appended to"));
  CHECK(says(refusal_of_blob([](blob& b) { b[0] = std::byte{'X'}; }, errc::malformed), "do not start with DSIW"));
  CHECK(says(refusal_of_blob([](blob& b) { b[4] = std::byte{9}; }, errc::mismatch), "format version 9"));
  CHECK(says(refusal_of_blob([](blob& b) { b.back() ^= std::byte{1}; }, errc::malformed), "checksum"));
  CHECK(says(refusal_of_blob([](blob& b) { b[offsetof(blob_header, structure)] ^= std::byte{1}; }, errc::mismatch), "made for another network"));
  CHECK(says(refusal_of_blob([](blob& b) { b[offsetof(blob_header, entries)] ^= std::byte{1}; }, errc::mismatch), "packed for other kernels"));
  CHECK(says(refusal_of_blob([](blob& b) { b[offsetof(blob_header, data_offset)] ^= std::byte{64}; }, errc::mismatch), "packed for other kernels"));
  CHECK(says(refusal_of_blob([](blob& b) { b[sizeof(blob_header) + offsetof(blob_entry, layout)] ^= std::byte{1}; seal(b); }, errc::mismatch), "another type, shape or layout"));
  CHECK(says(refusal_of_blob([](blob& b) { b[sizeof(blob_header) + offsetof(blob_entry, offset)] ^= std::byte{64}; seal(b); }, errc::mismatch), "another type, shape or layout"));
  CHECK(says(refusal_of_blob(
                 [](blob& b) {
                   float const nan = std::numeric_limits<float>::quiet_NaN();
                   std::memcpy(b.data() + b.size() - 64, &nan, sizeof nan);
                   seal(b);
                 },
                 errc::not_finite),
             "holds a NaN or an infinity"));
  auto const others = weights<other_net>::load(w->bytes());
  REQUIRE(!others);
  CHECK(others.error().code == errc::mismatch);
  // The same network packed for another backend has other layouts.
  CHECK(!backend_weights<reference_backend>::load(w->bytes()));
}

TEST_CASE("every changed byte of a blob is noticed") {
  parameters const p;
  auto const w = net_weights::from(p.named());
  std::vector<std::byte> blob(w->bytes().begin(), w->bytes().end());
  std::size_t const free_from = offsetof(blob_header, reserved), free_to = free_from + 4, second = offsetof(blob_header, reserved2);
  int missed = 0;
  for (std::size_t i = 0; i < blob.size(); ++i) {
    if ((i >= free_from && i < free_to) || (i >= second && i < sizeof(blob_header))) continue;  // has no meaning in this version
    for (int bit = 0; bit < 8; bit += 3) {
      blob[i] ^= std::byte(1 << bit);
      missed += net_weights::load(blob).has_value();
      blob[i] ^= std::byte(1 << bit);
    }
  }
  CHECK(missed == 0);
}

TEST_CASE("a mask may hold infinities in a blob, never NaN") {
  std::vector<float> mask{0, -1, 0, 2};
  auto const w = weights<masked>::from({{"mask", mask}});
  REQUIRE(w);
  std::vector<std::byte> blob(w->bytes().begin(), w->bytes().end());
  auto const put = [&blob](float v) {
    std::memcpy(blob.data() + blob.size() - 64 + 4, &v, sizeof v);
    seal(blob);
  };
  put(-std::numeric_limits<float>::infinity());
  auto const with_infinity = weights<masked>::load(blob);
  REQUIRE(with_infinity);
  engine<masked> e(*with_infinity);
  std::array<float, 8> const in{1, 1, 1, 1, 0, 0, 0, 0};
  std::array<float, 8> out{};
  e.run(in, out);
  CHECK(out[1] == 0);
  CHECK(out[0] > 0);
  put(std::numeric_limits<float>::quiet_NaN());
  CHECK(!weights<masked>::load(blob));
}

TEST_CASE("bind swaps weights between runs, and nothing else") {
  parameters const p, q(-0.6f);
  auto const a = net_weights::from(p.named()), b = net_weights::from(q.named());
  engine<net> e(*a), fresh(*b);
  auto const with_a = run(e);
  e.bind(*b);
  auto const with_b = run(e);
  CHECK(with_a != with_b);
  CHECK(with_b == run(fresh));
  e.bind(*a);
  CHECK(run(e) == with_a);
}

TEST_CASE("engines share weights, and where they keep their memory changes nothing") {
  parameters const p;
  auto const w = net_weights::from(p.named());
  struct tag;
  engine<net> heap(*w), second(*w);
  static engine<net, simd_backend<>, static_storage<tag>> fixed(*w);
  engine<net, simd_backend<>, inline_storage> inside(*w);
  auto const y = run(heap);
  CHECK(y == run(second));
  CHECK(y == run(fixed));
  CHECK(y == run(inside));
  CHECK(y == run(heap));
  CHECK(sizeof(heap) <= 4 * sizeof(void*));
  CHECK(sizeof(inside) > 4 * sizeof(void*));
}

TEST_CASE("an observer sees every step, and the outputs are those of run()") {
  parameters const p;
  auto const w = net_weights::from(p.named());
  engine<net> e(*w);
  auto const y = run(e);
  std::array<float, 6> seen{};
  std::vector<std::string> steps;
  dsi::index macs = 0;
  std::vector<float> last;
  e.observe(
      [&](step_event const& event) {
        steps.push_back(std::string(event.operation) + ":" + std::string(event.name.text().view()));
        macs += event.macs;
        CHECK(event.data != nullptr);
        CHECK(event.bytes > 0);
        CHECK(!event.kernel.empty());
        auto const* const f = static_cast<float const*>(event.data);
        last.assign(f, f + event.desc.size());
      },
      x, seen);
  CHECK(seen == y);
  CHECK(steps == std::vector<std::string>{"dense:relu2", "dense:dense3", "softmax:softmax4"});
  CHECK(macs == 2 * (6 * 5 + 5 * 3));
  CHECK(std::equal(last.begin(), last.end(), y.begin(), y.end()));

  struct both_ends {
    int befores = 0, afters = 0;
    void before(int) { ++befores; }
    void after(step_event const&, char const* name, char const* kernel) { afters += name[0] != 0 && kernel[0] != 0; }
  } ends;
  e.observe(ends, x, seen);
  CHECK(ends.befores == 3);
  CHECK(ends.afters == 3);
}

TEST_CASE("unfused and kept, the observer sees the tensors inside a group, and the outputs stay close") {
  parameters const p;
  using apart = with_options<simd_backend<>, plan_options{.fuse = false, .fold = false, .keep_all = true}>;
  auto const w = net_weights::from(p.named());
  auto const v = backend_weights<apart>::from(p.named());
  engine<net> together(*w);
  engine<net, apart> e(*v);
  std::array<float, 6> y{};
  std::vector<std::string> steps;
  e.observe([&](step_event const& event) { steps.emplace_back(event.name.text().view()); }, x, y);
  CHECK(steps == std::vector<std::string>{"dense0", "batch_norm1", "relu2", "dense3", "softmax4"});
  auto const expected = run(together);
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("keep_all folds nothing: the tensor before a folded layer is seen") {
  using kept = with_options<simd_backend<>, plan_options{.fuse = false, .keep_all = true}>;
  std::vector<float> const w(16, 0.5f), scale{2, 3, 4, 5};
  auto const v = weights<folded, kept>::from({{"w", w}, {"scale", scale}});
  REQUIRE(v);
  engine<folded, kept> e(*v);
  std::array<float, 4> const in{1, 1, 1, 1};
  std::array<float, 4> out{};
  std::vector<std::string> steps;
  float before = 0;
  e.observe(
      [&](step_event const& event) {
        steps.emplace_back(event.name.text().view());
        if (steps.back() == "h") before = static_cast<float const*>(event.data)[3];
      },
      in, out);
  CHECK(steps == std::vector<std::string>{"h", "scaled", "y"});
  CHECK(before == 2);
  CHECK(out[3] == 10);
}

TEST_CASE("views are steps, too: an observer sees their tensors") {
  std::vector<float> const w(24, 0.5f);
  auto const v = weights<viewed>::from({{"dense0.weight", w}});
  REQUIRE(v);
  engine<viewed> e(*v);
  std::array<float, 8> y{};
  std::vector<std::string> steps;
  e.observe(
      [&](step_event const& event) {
        steps.push_back(std::string(event.kernel == "view" ? "=" : "") + std::string(event.name.text().view()));
        CHECK(event.data != nullptr);
        CHECK(event.results[0] == event.data);
        if (event.kernel == "view") {
          CHECK(event.bytes == 0);
          CHECK(event.macs == 0);
        }
        if (steps.back() == "=flatten1") CHECK(event.desc.extents == shape(1, 8));
      },
      x, y);
  CHECK(steps == std::vector<std::string>{"dense0", "=flatten1", "relu2", "=reshape3"});

  // A backend that is judged step by step skips them.
  engine<viewed, checked<simd_backend<>, reference_backend>> watched(*v);
  std::array<float, 8> again{};
  watched.run(x, again);
  CHECK(again == y);
  CHECK(watched.checks().size() == 2);
  CHECK(watched.first_departure() == nullptr);
}

// SPDX-License-Identifier: MIT
// dense_int8 against integer loops written here, byte for byte: remainders, ends of scale and zero point, saturation, wrapping
// sums; the network that quantizes, multiplies and dequantizes; every instruction set must give the same bytes.
#include <cmath>

#include <dsi/backend/reference/dense_int8.hpp>
#include <dsi/backend/reference/reference.hpp>
#include <dsi/backend/simd/simd.hpp>
#include <dsi/graph/pipeline.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/sigmoid.hpp>

#include "direct.hpp"
#include "native.hpp"
#include "product_support.hpp"

namespace {

using namespace dsi;
using dsi::index;  // <strings.h> has one, too
using conformance::backend;
using conformance::guarded;

/// Values of one layer with `rows` rows.
struct layer_values {
  std::vector<std::uint8_t> x;
  std::vector<std::int8_t> w;
  std::vector<std::int32_t> bias;
  std::vector<float> multiplier;
  std::int32_t range[3]{0, 0, 255};
};

enum class values { ordinary, extreme, huge_bias };

layer_values draw(index rows, index in, index out, values kind, unsigned seed) {
  std::mt19937 g(seed);
  layer_values v;
  auto const pick = [&](auto... c) {
    int const all[]{c...};
    return all[g() % sizeof...(c)];
  };
  for (index i = 0; i < rows * in; ++i) v.x.push_back(static_cast<std::uint8_t>(kind == values::extreme ? pick(0, 255, 254, 128) : static_cast<int>(g() % 256)));
  for (index i = 0; i < out * in; ++i) v.w.push_back(static_cast<std::int8_t>(kind == values::extreme ? pick(-128, 127, -127, -1) : static_cast<int>(g() % 256) - 128));
  for (index o = 0; o < out; ++o) {
    int const b = kind == values::huge_bias ? pick(std::numeric_limits<int>::max(), std::numeric_limits<int>::min(), 0x1000001, -0x1000003) : static_cast<int>(g() % 20001) - 10000;
    v.bias.push_back(b);
    float const m[]{1.f / 300, 0.5f, 1.f, 1e-30f, 1e-45f, 3e38f, 1.f / 65536, -0.01f};
    v.multiplier.push_back(kind == values::ordinary ? 1.f / static_cast<float>(in) / 100 : m[g() % 8]);
  }
  return v;
}

/// What the operator's comment says, in other words than the library's: sums modulo 2^32, double for the rounding.
std::int32_t exact_sum(layer_values const& v, index r, index o, index in) {
  std::int64_t sum = v.bias[static_cast<std::size_t>(o)];
  for (index k = 0; k < in; ++k)
    sum += static_cast<int>(v.x[static_cast<std::size_t>(r * in + k)]) * static_cast<int>(v.w[static_cast<std::size_t>(o * in + k)]);
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(sum & 0xffffffff));
}
std::uint8_t expected_byte(std::int32_t sum, float multiplier, std::int32_t const (&range)[3]) {
  double const product = static_cast<double>(static_cast<float>(static_cast<double>(static_cast<float>(sum)) * static_cast<double>(multiplier)));
  double const rounded = std::nearbyint(product) + range[0];
  return static_cast<std::uint8_t>(std::fmin(std::fmax(rounded, range[1]), range[2]));
}

template <class T>
guarded bytes_of(std::vector<T> const& v) { return {static_cast<index>(v.size()), v.data()}; }

/// The weight as the kernels want it.
guarded packed(std::vector<std::int8_t> const& w, index out, index in) {
  tensor_desc const d{dtype::i8, layout::row_major, shape(out, in)};
  std::vector<std::int8_t> p(static_cast<std::size_t>(packed_size(d, weight_role::matrix, false)));
  pack(d, weight_role::matrix, false, w.data(), p.data());
  return bytes_of(p);
}

template <index Rows, index In, index Out, class To, layout Weights = layout::panels>
using layer = problem<dense_int8<Out, To>,
                      std::conditional_t<std::is_same_v<To, float>,
                                         tensor_list<tensor<std::uint8_t, extents<Rows, In>>, tensor<std::int8_t, extents<Out, In>, Weights>,
                                                     tensor<std::int32_t, extents<Out>>, tensor<float, extents<Out>>>,
                                         tensor_list<tensor<std::uint8_t, extents<Rows, In>>, tensor<std::int8_t, extents<Out, In>, Weights>,
                                                     tensor<std::int32_t, extents<Out>>, tensor<float, extents<Out>>, tensor<std::int32_t, extents<3>>>>,
                      tensor_list<tensor<To, extents<Rows, Out>>>>;

template <class Backend, class P, class Team = serial>
guarded run(layer_values const& v, guarded const& w) {
  std::vector<guarded> in{bytes_of(v.x), w, bytes_of(v.bias), bytes_of(v.multiplier)};
  if (P::input_count == 5) in.emplace_back(3, v.range);
  return conformance::run_kernel<Backend, P, Team>(in)[0];
}

template <index Rows, index In, index Out>
void check_layer(values kind, std::int32_t zero, std::int32_t low, std::int32_t high) {
  using bytes = layer<Rows, In, Out, std::uint8_t>;
  using floats = layer<Rows, In, Out, float>;
  static_assert(is_native<backend, bytes> && is_native<backend, floats>);
  layer_values v = draw(Rows, In, Out, kind, static_cast<unsigned>(Rows * 10007 + In * 101 + Out));
  v.range[0] = zero;
  v.range[1] = low;
  v.range[2] = high;
  guarded const w = packed(v.w, Out, In);
  guarded got = run<backend, bytes>(v, w), shared = run<backend, bytes, conformance::three_parts>(v, w), plain = run<reference_backend, bytes>(v, w);
  guarded unpacked = run<reference_backend, layer<Rows, In, Out, std::uint8_t, layout::row_major>>(v, bytes_of(v.w));
  guarded real = run<backend, floats>(v, w), plain_real = run<reference_backend, floats>(v, w);
  int wrong = 0;
  for (index r = 0; r < Rows; ++r)
    for (index o = 0; o < Out; ++o) {
      auto const i = static_cast<std::size_t>(r * Out + o);
      std::int32_t const sum = exact_sum(v, r, o, In);
      float const m = v.multiplier[static_cast<std::size_t>(o)];
      wrong += got.at<std::uint8_t>(i) != expected_byte(sum, m, v.range) ? 1 : 0;
      float const value = static_cast<float>(sum) * m;
      wrong += std::memcmp(real.data() + 4 * i, &value, 4) != 0 ? 1 : 0;
    }
  CAPTURE(Rows);
  CAPTURE(In);
  CAPTURE(Out);
  CHECK(wrong == 0);
  CHECK(shared == got);
  CHECK(plain == got);
  CHECK(unpacked == got);
  CHECK(plain_real == real);
}

template <index Rows, index In, index Out>
void check_all(std::int32_t zero, std::int32_t low, std::int32_t high) {
  check_layer<Rows, In, Out>(values::ordinary, zero, low, high);
  check_layer<Rows, In, Out>(values::extreme, zero, low, high);
  check_layer<Rows, In, Out>(values::huge_bias, zero, low, high);
}

}  // namespace

TEST_CASE("dense_int8 equals integer loops") {
  check_all<1, 64, 128>(0, 0, 255);
  check_all<1, 1, 1>(255, 0, 255);
  check_all<1, 3, 15>(128, 128, 255);
  check_all<1, 17, 16>(3, 0, 255);
  check_all<1, 33, 33>(200, 200, 200);
  check_all<2, 5, 17>(1, 0, 200);
  check_all<3, 31, 65>(7, 7, 255);
  check_all<7, 16, 31>(128, 0, 255);
  check_all<13, 100, 80>(0, 0, 255);
  check_all<5, 2, 63>(10, 10, 100);
  check_all<49, 40, 100>(64, 0, 255);
  check_all<1, 1027, 10>(90, 0, 255);
  check_all<16, 130, 333>(128, 0, 255);
}

TEST_CASE("the rounding rule") {
  // Ties go to even, on both sides of zero; float(sum) rounds above 2^24.
  requantization const r{.zero = 100, .low = 0, .high = 255};
  CHECK(requantize(1, 0.5f, r) == 100);
  CHECK(requantize(3, 0.5f, r) == 102);
  CHECK(requantize(5, 0.5f, r) == 102);
  CHECK(requantize(-1, 0.5f, r) == 100);
  CHECK(requantize(-3, 0.5f, r) == 98);
  CHECK(requantize((1 << 24) + 1, 0x1p-24f, r) == 101);
  CHECK(requantize(std::numeric_limits<int>::max(), 3e38f, r) == 255);
  CHECK(requantize(std::numeric_limits<int>::min(), 3e38f, r) == 0);
  CHECK(requantize(-7, 1.f, {.zero = 100, .low = 100, .high = 255}) == 100);
}

namespace {

template <class From, class To, class Backend = backend>
std::vector<To> convert_all(std::vector<From> const& x, float scale, int zero) {
  constexpr index n = 37;
  constexpr bool up = std::is_integral_v<From>;
  using integer = std::conditional_t<up, From, To>;
  using op = std::conditional_t<up, with_attributes<dequantize_attributes{dtype_of<To>}>, with_attributes<quantize_attributes{dtype_of<To>}>>;
  using P = conformance::problem_of<op, layout::row_major, tensor<From, extents<n>>, tensor<float, extents<1>>, tensor<integer, extents<1>>>;
  static_assert(is_native<backend, P>);
  auto const z = static_cast<integer>(zero);
  guarded out = conformance::run_kernel<Backend, P>({guarded(n, x.data()), guarded(1, &scale), guarded(1, &z)})[0];
  std::vector<To> v;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) v.push_back(out.at<To>(i));
  return v;
}

template <class T>
void check_conversions(float scale, int zero) {
  std::vector<float> x;
  std::mt19937 g(5);
  float const odd[]{0.f, -0.f, INFINITY, -INFINITY, NAN, 1e-41f, -1e-41f, 3e38f, -3e38f, scale * 0.5f, scale * 1.5f, scale * 2.5f, scale * -0.5f, scale * -1.5f};
  for (float f : odd) x.push_back(f);
  while (x.size() < 37) x.push_back((static_cast<float>(g() % 4001) - 2000.f) / 8 * scale);
  auto const q = convert_all<float, T>(x, scale, zero), plain = convert_all<float, T, reference_backend>(x, scale, zero);
  auto const back = convert_all<T, float>(q, scale, zero), plain_back = convert_all<T, float, reference_backend>(q, scale, zero);
  constexpr int low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  for (std::size_t i = 0; i < x.size(); ++i) {
    double const exact = std::isnan(x[i]) ? zero : std::nearbyint(static_cast<double>(x[i] / scale)) + zero;
    CHECK(static_cast<int>(q[i]) == static_cast<int>(std::fmin(std::fmax(exact, low), high)));
    CHECK(back[i] == static_cast<float>(static_cast<int>(q[i]) - zero) * scale);
  }
  CHECK(q == plain);
  CHECK(back == plain_back);
}

}  // namespace

TEST_CASE("quantize and dequantize") {
  for (float scale : {0.05f, 1.f, 1e-38f, 3e38f, 0.333f}) {
    for (int zero : {0, 1, 128, 255}) check_conversions<std::uint8_t>(scale, zero);
    for (int zero : {-128, -1, 0, 127}) check_conversions<std::int8_t>(scale, zero);
  }
  // By half, too, and into half.
  std::vector<half> h;
  for (int i = 0; i < 37; ++i) h.push_back(half(static_cast<float>(i - 18) / 4));
  auto const q = convert_all<half, std::int8_t>(h, 0.5f, 3);
  auto const again = convert_all<std::int8_t, half>(q, 0.5f, 3);
  CHECK(static_cast<int>(q[0]) == -6);   // -4.5 / 0.5 = -9
  CHECK(static_cast<int>(q[19]) == 3);   // 0.25 / 0.5 = 0.5, to even
  CHECK(static_cast<float>(again[0]) == -4.5f);
}

namespace {

/// A network that enters and leaves in floats, with an expression fused behind the last layer.
struct two_layers : pipeline<input<float, 3, 20>, quantize<>, dense_int8<33>, dense_int8<21, float>, sigmoid> {};
/// One that is given bytes.
using edge = affine<std::uint8_t, constant(0.25f), 100>;
struct from_bytes : graph<named_input<"x", edge, 2, 12>, parameter<"s", float, 1>, parameter<"z", std::uint8_t, 1>, node<"y", dequantize<>, "x", "s", "z">, output<"y">> {};

static_assert(dtype_of<edge> == dtype::u8 && quantization_of<edge>.zero_point == 100 && !quantization_of<float>.present);
static_assert(from_bytes::description.tensors[0].affine == quantization{constant(0.25f), 100, true});
static_assert(network<from_bytes, backend>::problem_at<0>::in(0).type == dtype::u8);
struct other_scale : graph<named_input<"x", affine<std::uint8_t, constant(0.5f), 100>, 2, 12>, parameter<"s", float, 1>, parameter<"z", std::uint8_t, 1>,
                           node<"y", dequantize<>, "x", "s", "z">, output<"y">> {};
static_assert(network<from_bytes, backend>::structure != network<other_scale, backend>::structure);
static_assert(std::is_same_v<network<from_bytes, backend>::problem_at<0>, network<other_scale, backend>::problem_at<0>>, "kernels see the storage type alone");

template <class Backend>
std::vector<float> run_two_layers() {
  layer_values const a = draw(0, 20, 33, values::ordinary, 1), b = draw(0, 33, 21, values::ordinary, 2);
  float const scale[]{0.02f};
  std::uint8_t const zero[]{120};
  auto const w = weights<two_layers, Backend>::from(
      {{"quantize0.scale", std::span<float const>(scale)}, {"quantize0.zero_point", std::span<std::uint8_t const>(zero)},
       {"dense_int81.weight", std::span<std::int8_t const>(a.w)}, {"dense_int81.bias", std::span<std::int32_t const>(a.bias)},
       {"dense_int81.multiplier", std::span<float const>(a.multiplier)}, {"dense_int81.range", std::span<std::int32_t const>(a.range)},
       {"dense_int82.weight", std::span<std::int8_t const>(b.w)}, {"dense_int82.bias", std::span<std::int32_t const>(b.bias)},
       {"dense_int82.multiplier", std::span<float const>(b.multiplier)}});
  if (!w) FAIL(w.error().what.view());
  engine<two_layers, Backend> net{*w};
  float x[60], y[63];
  for (int i = 0; i < 60; ++i) x[i] = std::sin(static_cast<float>(i)) * 3;
  net.run(x, y);
  return {y, y + 63};
}

}  // namespace

TEST_CASE("a network of integer layers") {
  static_assert(conformance::runs_natively<two_layers, backend>());
  static_assert(network<two_layers, backend>::plan.step_count == 3, "sigmoid is fused behind the last layer");
  auto const a = run_two_layers<backend>(), b = run_two_layers<reference_backend>();
  CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
  CHECK(a[0] != a[1]);
}

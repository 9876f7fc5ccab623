// SPDX-License-Identifier: MIT
// Constants in, the right constant out: operators on element types and their extremes. A constant must have the value that the
// operator gives at run time, and no input may be undefined behaviour.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "network_builder.hpp"

namespace {

using namespace network_builder;
using attributes = std::vector<di::onnx_attribute>;

/// The constant that a node of these constants becomes.
di::onnx_tensor folded(std::string const& op, std::vector<di::onnx_tensor> in, attributes a = {}, dsi::index opset = 21) {
  network n(opset);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < in.size(); ++i) {
    names.push_back("c" + std::to_string(i));
    n.constant(names.back(), std::move(in[i]));
  }
  n.node(op, names, {"y"}, std::move(a)).output("y");
  imported const r = import(n);
  INFO(op, ": ", r.notes.text());
  REQUIRE(r.constant() != nullptr);
  di::onnx_tensor t = *r.constant();
  t.name.clear();
  return t;
}

template <class T>
void check(std::string const& op, std::vector<di::onnx_tensor> in, std::initializer_list<T> expected, attributes a = {}, dsi::index opset = 21) {
  di::onnx_tensor const y = folded(op, std::move(in), std::move(a), opset);
  CAPTURE(op);
  CAPTURE(dsi::name_of(dsi::dtype_of<T>));
  CHECK(y.type == dsi::dtype_of<T>);
  REQUIRE(y.size() == static_cast<dsi::index>(expected.size()));
  dsi::index i = 0;
  for (T const v : expected) {
    CAPTURE(i);
    CHECK(y.at<T>(i++) == v);
  }
}

template <class T>
constexpr T low = std::numeric_limits<T>::min();
template <class T>
constexpr T high = std::numeric_limits<T>::max();

template <class T>
void check_arithmetic() {
  using U = std::make_unsigned_t<T>;
  constexpr T minus_one = static_cast<T>(-1), two = 2;
  auto const wrapped = [](auto v) { return static_cast<T>(static_cast<U>(v)); };
  check<T>("Add", {list<T>({high<T>, 5}), list<T>({1, 7})}, {low<T>, 12});
  check<T>("Sub", {list<T>({low<T>, 7}), list<T>({1, 5})}, {high<T>, 2});
  check<T>("Mul", {list<T>({high<T>, 5}), list<T>({two, 7})}, {static_cast<T>(-2), 35});
  check<T>("Div", {list<T>({7, 1, low<T>, high<T>}), list<T>({two, 0, minus_one, minus_one})},
           {3, 0, std::is_signed_v<T> ? low<T> : T(0), std::is_signed_v<T> ? wrapped(-high<T>) : T(1)});
  check<T>("Mod", {list<T>({7, 5, low<T>, high<T>}), list<T>({3, 0, minus_one, high<T>})}, {1, 0, 0, 0});
  check<T>("Mod", {list<T>({static_cast<T>(high<T> - 1)}), list<T>({high<T>})}, {static_cast<T>(high<T> - 1)});
  check<T>("Min", {list<T>({low<T>, high<T>}), list<T>({3, 4}), list<T>({2, 9})}, {low<T> < T(2) ? low<T> : T(2), 4});
  check<T>("Max", {list<T>({low<T>, high<T>}), list<T>({3, 4})}, {3, high<T>});
  check<T>("Pow", {list<T>({3, 2, 0, minus_one}), list<T>({4, 0, 0, 3})}, {81, 1, 1, minus_one});
  check<T>("Abs", {list<T>({5, low<T>, high<T>})}, {5, low<T>, high<T>});
  check<T>("Sign", {list<T>({5, 0, minus_one})}, {1, 0, std::is_signed_v<T> ? minus_one : T(1)});
  check<T>("Relu", {list<T>({5, low<T>, minus_one})}, {5, 0, std::is_signed_v<T> ? T(0) : minus_one});
  check<T>("Clip", {list<T>({low<T>, 5, high<T>}), tensor<T>({}, {3}), tensor<T>({}, {static_cast<T>(high<T> - 2)})}, {3, 5, static_cast<T>(high<T> - 2)});
  check<T>("BitwiseAnd", {list<T>({high<T>, 6}), list<T>({minus_one, 3})}, {high<T>, 2});
  check<T>("BitwiseOr", {list<T>({low<T>, 6}), list<T>({minus_one, 3})}, {minus_one, 7});
  check<T>("BitwiseXor", {list<T>({5, 6}), list<T>({5, 3})}, {0, 5});
  check<T>("BitwiseNot", {list<T>({0, minus_one})}, {minus_one, 0});
  check<bool>("Less", {list<T>({low<T>, high<T>, 3}), list<T>({high<T>, low<T>, 3})}, {true, false, false});
  check<bool>("GreaterOrEqual", {list<T>({low<T>, high<T>, 3}), list<T>({high<T>, low<T>, 3})}, {false, true, true});
  check<bool>("Equal", {list<T>({high<T>, 3}), list<T>({static_cast<T>(high<T> - 1), 3})}, {false, true});
  check<T>("Where", {list<bool>({true, false}), list<T>({high<T>, 1}), list<T>({2, low<T>})}, {high<T>, low<T>});
  check<T>("ReduceSum", {list<T>({high<T>, 1, 1})}, {static_cast<T>(low<T> + 1)});
  check<T>("ReduceMax", {list<T>({low<T>, high<T>, 1})}, {high<T>});
  check<T>("ReduceMin", {list<T>({low<T>, high<T>, 1})}, {low<T>});
  check<T>("ReduceProd", {list<T>({high<T>, 2, 1})}, {static_cast<T>(-2)});
  check<T>("ReduceMean", {list<T>({1, 2, 6})}, {3});
  check<T>("MatMul", {tensor<T>({1, 2}, {high<T>, 3}), tensor<T>({2, 1}, {2, 4})}, {10});
  if constexpr (std::is_signed_v<T>) {
    check<T>("Neg", {list<T>({low<T>, 5})}, {low<T>, -5});
    check<T>("Mod", {list<T>({-7, 7, -7}), list<T>({3, -3, -3})}, {2, -2, -1});
    check<T>("Mod", {list<T>({-7, 7, -7}), list<T>({3, -3, -3})}, {-1, 1, -1}, {attribute("fmod", std::int64_t{1})});
    check<T>("Div", {list<T>({-7, 7}), list<T>({2, -2})}, {-3, -3});
  } else {
    check<T>("BitShift", {list<T>({4, high<T>, 4}), list<T>({1, 1, high<T>})}, {8, static_cast<T>(high<T> - 1), 0}, {attribute("direction", "LEFT")});
    check<T>("BitShift", {list<T>({4, high<T>}), list<T>({1, 1})}, {2, static_cast<T>(high<T> / 2)}, {attribute("direction", "RIGHT")});
  }
}

constexpr float infinity = std::numeric_limits<float>::infinity();
float const nan_value = std::nanf("");

attributes to(int onnx) { return {attribute("to", std::int64_t{onnx})}; }

}  // namespace

TEST_CASE("integer arithmetic on every integer type, at its ends") {
  check_arithmetic<std::int8_t>();
  check_arithmetic<std::uint8_t>();
  check_arithmetic<std::int16_t>();
  check_arithmetic<std::uint16_t>();
  check_arithmetic<std::int32_t>();
  check_arithmetic<std::uint32_t>();
  check_arithmetic<std::int64_t>();
  check_arithmetic<std::uint64_t>();
}

TEST_CASE("numbers above 2^63 stay unsigned") {
  std::uint64_t const big = (1ull << 63) + 4;
  check<std::uint64_t>("Max", {list({big, std::uint64_t{3}}), list<std::uint64_t>({2, 4})}, {big, 4});
  check<std::uint64_t>("Div", {list({big}), list<std::uint64_t>({2})}, {big / 2});
  check<bool>("Less", {list({big}), list<std::uint64_t>({2})}, {false});
  check<float>("Cast", {list({big})}, {static_cast<float>(big)}, to(1));
}

TEST_CASE("Pow takes its two types from two inputs") {
  check<std::int64_t>("Pow", {list<std::int64_t>({4, 9}), list<float>({0.5f, 0.5f})}, {2, 3});
  check<float>("Pow", {list<float>({2, 3}), list<std::int64_t>({3, -1})}, {8.f, 1.f / 3});
  check<std::int32_t>("Pow", {list<std::int32_t>({2}), list<std::int64_t>({5})}, {32});
  check<double>("Pow", {list<double>({2}), list<std::int32_t>({-1})}, {0.5});
}

TEST_CASE("casts truncate, saturate and keep low bits as at run time") {
  check<std::int32_t>("Cast", {list<float>({3e9f, -3e9f, 2.9f, -2.9f, nan_value})}, {high<std::int32_t>, low<std::int32_t>, 2, -2, 0}, to(6));
  check<std::uint8_t>("Cast", {list<float>({254.9f, -3.f, 1e9f})}, {254, 0, 255}, to(2));
  check<std::uint8_t>("Cast", {list<std::int32_t>({-1, 257})}, {255, 1}, to(2));
  check<bool>("Cast", {list<float>({nan_value, 0.5f, -0.f, infinity})}, {true, true, false, true}, to(9));
  check<std::int64_t>("Cast", {list<bool>({true, false})}, {1, 0}, to(7));
  check<std::int64_t>("Cast", {list<double>({-1e30, 1e30})}, {low<std::int64_t>, high<std::int64_t>}, to(7));
  check<std::uint64_t>("Cast", {list<std::int64_t>({-1})}, {high<std::uint64_t>}, to(13));
  check<std::int8_t>("CastLike", {list<float>({100, 200}), list<std::int8_t>({0})}, {100, 127});
  check<float>("CastLike", {list<std::int64_t>({7}), list<float>({0})}, {7});
  CHECK(folded("Cast", {list<double>({65520})}, to(10)).bytes == list<dsi::half>({dsi::half(infinity)}).bytes);
}

TEST_CASE("floats: NaN, infinities, both zeros") {
  auto const is_nan = [](di::onnx_tensor const& t, dsi::index i) { return std::isnan(t.at<float>(i)); };
  CHECK(is_nan(folded("Sign", {list<float>({nan_value})}), 0));
  CHECK(is_nan(folded("Max", {list<float>({nan_value, 1}), list<float>({1, nan_value})}), 1));
  CHECK(is_nan(folded("Relu", {list<float>({nan_value})}), 0));
  CHECK(is_nan(folded("Clip", {list<float>({nan_value}), tensor<float>({}, {0}), tensor<float>({}, {1})}), 0));
  check<float>("Clip", {list<float>({-infinity, infinity}), tensor<float>({}, {-1}), tensor<float>({}, {1})}, {-1, 1});
  check<double>("Clip", {list<double>({0}), tensor<double>({}, {0.1})}, {0.1});
  check<double>("Clip", {list<double>({5, -5}), tensor<double>({}, {1}), tensor<double>({}, {-1})}, {-1, -1});
  check<float>("Round", {list<float>({0.5f, 1.5f, 2.5f})}, {0, 2, 2});
  check<float>("Mod", {list<float>({5.5f, -5.5f}), list<float>({2, 2})}, {1.5f, -1.5f}, {attribute("fmod", std::int64_t{1})});
  check<float>("Div", {list<float>({1, -1}), list<float>({0, 0})}, {infinity, -infinity});
  check<bool>("Equal", {list<float>({nan_value, 0.f}), list<float>({nan_value, -0.f})}, {false, true});
  check<float>("Sum", {list<float>({1, 2}), list<float>({3, 4}), list<float>({5, 6})}, {9, 12});
  check<float>("Mean", {list<float>({1, 2}), list<float>({3, 4})}, {2, 3});
  CHECK(std::signbit(folded("Neg", {list<float>({0.f})}).at<float>(0)));
}

TEST_CASE("comparisons of many elements write bools") {
  // Results have another size than the operands: 300 x 300 bools of two vectors.
  network n;
  di::onnx_tensor column{{}, dtype::f32, {300, 1}, {}}, row{{}, dtype::f32, {1, 300}, {}};
  column.bytes.resize(1200);
  row.bytes.resize(1200);
  n.constant("a", column).constant("b", row).node("Equal", {"a", "b"}, {"y"}).output("y");
  imported const r = import(n);
  REQUIRE(r.constant() != nullptr);
  CHECK(r.constant()->size() == 90000);
  CHECK(r.constant()->at<bool>(89999));
}

TEST_CASE("broadcasting and logic") {
  check<bool>("And", {tensor<bool>({2, 1}, {true, false}), tensor<bool>({1, 2}, {true, false})}, {true, false, false, false});
  check<bool>("Xor", {list<bool>({true, true}), tensor<bool>({}, {true})}, {false, false});
  check<bool>("Not", {list<bool>({true, false})}, {false, true});
  check<bool>("Equal", {list<bool>({true, false}), list<bool>({true, true})}, {true, false});
  check<std::int64_t>("Sub", {tensor<std::int64_t>({2, 1, 1}, {10, 20}), tensor<std::int64_t>({1, 2}, {1, 2})}, {9, 8, 19, 18});
  check<std::int64_t>("PRelu", {list<std::int64_t>({-3, 4}), tensor<std::int64_t>({}, {2})}, {-6, 4});
}

TEST_CASE("reductions: empty ones, none, an axis") {
  auto const matrix = tensor<std::int64_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  check<std::int64_t>("ReduceSum", {matrix}, {1, 2, 3, 4, 5, 6}, {attribute("noop_with_empty_axes", std::int64_t{1})});
  check<std::int64_t>("ReduceMax", {matrix, list<std::int64_t>({-1})}, {3, 6}, {attribute("keepdims", std::int64_t{0})});
  check<std::int64_t>("ReduceMax", {matrix}, {6}, {attribute("axes", std::vector<std::int64_t>{0, 1})}, 11);
  check<std::int64_t>("ReduceProd", {tensor<std::int64_t>({0}, {})}, {1});
  check<std::int64_t>("ReduceSum", {tensor<std::int64_t>({0}, {})}, {0});
  check<std::int32_t>("ReduceMean", {tensor<std::int32_t>({2, 2}, {1, 2, 3, 5}), list<std::int64_t>({0})}, {2, 3});
  check<std::int64_t>("ReduceSum", {tensor<std::int64_t>({}, {7})}, {7});
}

TEST_CASE("moving elements of any type") {
  auto const matrix = tensor<std::int64_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  check<std::int64_t>("Transpose", {matrix}, {1, 4, 2, 5, 3, 6});
  check<std::int64_t>("Concat", {matrix, matrix}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}, {attribute("axis", std::int64_t{1})});
  check<std::int16_t>("Tile", {tensor<std::int16_t>({2}, {1, 2}), list<std::int64_t>({2})}, {1, 2, 1, 2});
  check<bool>("Expand", {tensor<bool>({1}, {true}), list<std::int64_t>({2, 2})}, {true, true, true, true});
  check<std::int64_t>("Slice", {list<std::int64_t>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), list({high<std::int64_t>}), list({low<std::int64_t>}), list<std::int64_t>({-1}), list<std::int64_t>({-3})},
                      {9, 6, 3, 0});
  check<std::int64_t>("Pad", {list<std::int64_t>({1, 2}), list<std::int64_t>({1, 1}), tensor<std::int64_t>({}, {(std::int64_t{1} << 53) + 1})},
                      {(std::int64_t{1} << 53) + 1, 1, 2, (std::int64_t{1} << 53) + 1});
  check<double>("Pad", {list<double>({1, 2}), list<std::int64_t>({0, 1}), tensor<double>({}, {0.1})}, {1, 2, 0.1});
  check<std::int32_t>("Pad", {list<std::int32_t>({1, 2}), list<std::int64_t>({2, 0})}, {0, 0, 1, 2});
  check<std::int32_t>("Flatten", {tensor<std::int32_t>({2, 1, 2}, {1, 2, 3, 4})}, {1, 2, 3, 4});
  check<std::int32_t>("Squeeze", {tensor<std::int32_t>({1, 2}, {1, 2})}, {1, 2});
  CHECK(folded("Reshape", {matrix, list<std::int64_t>({3, -1})}).dims == std::vector<dsi::index>{3, 2});
  CHECK(folded("Unsqueeze", {matrix, list<std::int64_t>({0, -1})}).dims == std::vector<dsi::index>{1, 2, 3, 1});
  network n;
  n.constant("x", list<std::int64_t>({1, 2, 3, 4})).node("Split", {"x"}, {"a", "b"}, {attribute("num_outputs", std::int64_t{2})}).output("a").output("b");
  imported const r = import(n);
  REQUIRE(r.constant(1) != nullptr);
  CHECK(r.constant(1)->bytes == list<std::int64_t>({3, 4}).bytes);
}

TEST_CASE("what has no operator at run time") {
  check<std::int64_t>("Range", {tensor<std::int64_t>({}, {5}), tensor<std::int64_t>({}, {-5}), tensor<std::int64_t>({}, {-3})}, {5, 2, -1, -4});
  check<std::int64_t>("Range", {tensor<std::int64_t>({}, {3}), tensor<std::int64_t>({}, {3}), tensor<std::int64_t>({}, {1})}, {});
  check<float>("Range", {tensor<float>({}, {0}), tensor<float>({}, {1}), tensor<float>({}, {0.25f})}, {0, 0.25f, 0.5f, 0.75f});
  check<std::int64_t>("Gather", {list<std::int64_t>({10, 20, 30}), tensor<std::int64_t>({}, {-1})}, {30});
  check<std::int32_t>("Gather", {tensor<std::int32_t>({2, 2}, {1, 2, 3, 4}), list<std::int32_t>({1, 0})}, {2, 1, 4, 3}, {attribute("axis", std::int64_t{1})});
  check<std::int64_t>("NonZero", {list<float>({0.f, 2.f, nan_value, -0.f})}, {1, 2});
  check<std::int64_t>("Size", {tensor<float>({2, 3}, {0, 0, 0, 0, 0, 0})}, {6});
  check<std::int64_t>("Shape", {tensor<float>({2, 3}, {0, 0, 0, 0, 0, 0})}, {3}, {attribute("start", std::int64_t{-1})});
  di::onnx_attribute value;
  value.name = "value";
  value.kind = di::attribute_kind::tensor;
  value.tensors.push_back(list<bool>({true}));
  check<bool>("ConstantOfShape", {list<std::int64_t>({2})}, {true, true}, {value});
  check<float>("ConstantOfShape", {list<std::int64_t>({2})}, {0, 0});
}

TEST_CASE("floats of 16 bits compute in float") {
  auto const h = [](float v) { return dsi::half(v); };
  CHECK(folded("Add", {list<dsi::half>({h(1), h(65504)}), list<dsi::half>({h(2), h(65504)})}).bytes == list<dsi::half>({h(3), h(infinity)}).bytes);
  CHECK(folded("Exp", {list<dsi::bfloat16>({dsi::bfloat16(0.f)})}).bytes == list<dsi::bfloat16>({dsi::bfloat16(1.f)}).bytes);
  CHECK(folded("ReduceSum", {list<dsi::half>({h(2048), h(1), h(1)})}).bytes == list<dsi::half>({h(2050)}).bytes);
}

TEST_CASE("tensors without elements: what they give is known") {
  network n;
  n.input("x", {"2", "0", "4"}).constant("one", list<std::int64_t>({1})).constant("parts", list<std::int64_t>({0, 3, 0, 2})).input("z", {"5"});
  n.node("ReduceSum", {"x", "one"}, {"sum"}).node("ReduceMax", {"x", "one"}, {"most"}).node("Relu", {"x"}, {"r"}).node("Concat", {"r", "x"}, {"c"}, {attribute("axis", std::int64_t{1})});
  n.node("Split", {"z", "parts"}, {"p", "q", "e", "t"});
  for (char const* o : {"sum", "most", "c", "p", "q", "t"}) n.output(o);
  imported const r = import(n);
  INFO(r.notes.text());
  REQUIRE(r.notes.ok());
  CHECK(r.says("warning: input \"x\": has the extent 0 in dimension 1, so that it holds no elements; if the exporter means an unknown extent, give it: DIMS x=2x16x4"));
  for (std::size_t k : {0u, 1u, 3u}) REQUIRE(r.constant(k) != nullptr);
  CHECK(r.constant(0)->values<float>() == std::vector<float>(8, 0.f));
  CHECK(r.constant(1)->values<float>() == std::vector<float>(8, -infinity));
  CHECK(r.graph.value(r.graph.outputs[2]).desc.extents == dsi::shape(2, 0, 4));
  CHECK(r.constant(3)->dims == std::vector<dsi::index>{0});
  CHECK(r.graph.nodes.size() == 1);  // the split into the two parts that have elements
  di::command_line given;
  given.dims = {{"x", "2x3x4"}};
  imported const filled = import(n, given);
  CHECK(filled.notes.ok());
  CHECK(filled.constant(0) == nullptr);
}

TEST_CASE("recurrent layers over sequences of different lengths") {
  attributes const one{attribute("hidden_size", std::int64_t{1}), attribute("direction", "bidirectional")};
  auto const run = [&](std::initializer_list<std::int32_t> lengths) {
    di::onnx_tensor const x = tensor<float>({3, 2, 1}, {0.1f, 1, 0.2f, 2, 0.3f, 3}), w = tensor<float>({2, 1, 1}, {1, 1}), r = tensor<float>({2, 1, 1}, {1, 1});
    network n;
    n.constant("x", x).constant("w", w).constant("r", r).constant("lengths", list(lengths));
    n.node("RNN", {"x", "w", "r", "", "lengths"}, {"y", "h"}, one).output("y").output("h");
    return import(n);
  };
  imported const cut = run({2, 0});
  INFO(cut.notes.text());
  REQUIRE(cut.constant(0) != nullptr);
  auto const y = cut.constant(0)->values<float>(), h = cut.constant(1)->values<float>();  // [3, 2, 2, 1] and [2, 2, 1]
  float const first = std::tanh(0.1f), second = std::tanh(0.2f + first), back = std::tanh(0.2f), last = std::tanh(0.1f + back);
  for (auto const& [at, value] : {std::pair{0u, first}, {4u, second}, {2u, last}, {6u, back}, {8u, 0.f}, {10u, 0.f}, {1u, 0.f}, {3u, 0.f}}) {
    CAPTURE(at);
    CHECK(y[at] == doctest::Approx(value));
  }
  CHECK(h[0] == doctest::Approx(second));
  CHECK(h[2] == doctest::Approx(last));
  CHECK(h[1] == 0);
  CHECK(run({3, 4}).says("sequence_lens has the length 4 for 3 steps"));
}

TEST_CASE("rotary embedding turns pairs, linear attention keeps a state") {
  auto const half_turn = [](char const* layout) {
    return folded("RotaryEmbedding", {tensor<float>({1, 1, 1, 5}, {1, 2, 3, 4, 5}), tensor<float>({2, 2}, {9, 9, 0, -1}), tensor<float>({2, 2}, {9, 9, 1, 0}), tensor<std::int64_t>({1, 1}, {1})},
                  {attribute("rotary_embedding_dim", std::int64_t{4}), attribute("interleaved", std::int64_t{layout[0] == 'i'})}, 23)
        .values<float>();
  };
  CHECK(half_turn("halves") == std::vector<float>{-3, -2, 1, -4, 5});
  CHECK(half_turn("interleaved") == std::vector<float>{-2, 1, -3, -4, 5});
  // S = 2 * 3, then with delta's rate 1/2: u = (5 - S) / 2, S = S + u; y = q S.
  attributes const heads{attribute("q_num_heads", std::int64_t{1}), attribute("kv_num_heads", std::int64_t{1}), attribute("scale", 1.f), attribute("update_rule", "delta")};
  network n(27);
  n.constant("q", tensor<float>({1, 2, 1}, {10, 100})).constant("k", tensor<float>({1, 2, 1}, {2, 1})).constant("v", tensor<float>({1, 2, 1}, {3, 5})).constant("b", tensor<float>({1, 2, 1}, {1, 0.5f}));
  n.node("LinearAttention", {"q", "k", "v", "", "", "b"}, {"y", "s"}, heads).output("y").output("s");
  imported const r = import(n);
  INFO(r.notes.text());
  REQUIRE(r.constant(0) != nullptr);
  CHECK(r.constant(0)->values<float>() == std::vector<float>{60, 550});
  CHECK(r.constant(1)->values<float>() == std::vector<float>{5.5f});
}

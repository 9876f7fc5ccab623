// SPDX-License-Identifier: MIT
// BATCH: networks whose samples stay apart are accepted, the first node that loses or mixes them is named.
#include <doctest/doctest.h>

#include "network_builder.hpp"

namespace {

using namespace network_builder;
using ints = std::vector<std::int64_t>;

bool has(std::string const& text, char const* words) {
  INFO(text);
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("samples that stay apart") {
  network n;
  n.input("x", {"1", "2", "6"}).constant("w", di::detail::blank(dtype::f32, {6, 5})).constant("rows", list<std::int64_t>({-1, 6})).constant("back", list<std::int64_t>({-1, 2, 5}));
  n.node("Reshape", {"x", "rows"}, {"r"}).node("MatMul", {"r", "w"}, {"m"}).node("Softmax", {"m"}, {"s"}).node("Reshape", {"s", "back"}, {"b"});
  n.node("Transpose", {"b"}, {"t"}, {attribute("perm", ints{1, 0, 2})}).node("Softmax", {"t"}, {"u"}).node("Transpose", {"u"}, {"y"}, {attribute("perm", ints{1, 0, 2})}).output("y");
  CHECK(batch_problem(n) == "");
  // Shape arithmetic depends on the batch and is no sample.
  network m;
  m.input("x", {"n", "2", "6"}).constant("zero", list<std::int64_t>({0})).constant("rest", list<std::int64_t>({-1}));
  m.node("Shape", {"x"}, {"s"}).node("Gather", {"s", "zero"}, {"n0"}).node("Concat", {"n0", "rest"}, {"to"}, {attribute("axis", std::int64_t{0})}).node("Reshape", {"x", "to"}, {"y"}).output("y");
  CHECK(batch_problem(m) == "");
  // A node that no output needs may do what it likes.
  network k;
  k.input("x", {"n", "4"}).node("ReduceMean", {"x"}, {"unused"}).node("Relu", {"x"}, {"y"}).output("y");
  CHECK(batch_problem(k) == "");
}

TEST_CASE("the node that loses the batch") {
  network n;
  n.input("x", {"n", "4"}).constant("a", list<std::int64_t>({0})).node("Relu", {"x"}, {"r"}).node("ReduceMean", {"r", "a"}, {"m"}).node("Tanh", {"m"}, {"y"}).output("y");
  CHECK(has(batch_problem(n), "ReduceMean (output \"m\"): its result is [1, 4] at batch size 2 and [1, 4] at 3: the batch dimension is gone"));
  network m;
  m.input("x", {"n", "4"}).node("Transpose", {"x"}, {"t"}).node("MatMul", {"t", "x"}, {"y"}).output("y");
  CHECK(has(batch_problem(m), "MatMul (output \"y\")"));
  network k;
  k.input("x", {"n", "4"}).constant("c", tensor<float>({1, 4}, {1, 2, 3, 4})).node("Concat", {"x", "c"}, {"y"}, {attribute("axis", std::int64_t{0})}).output("y");
  CHECK(has(batch_problem(k), "Concat (output \"y\"): its result is [3, 4] at batch size 2 and [4, 4] at 3, which is not in proportion"));
}

TEST_CASE("the node that mixes samples") {
  network n;
  n.input("x", {"1", "4"}).constant("s", list<std::int64_t>({1, -1})).node("Reshape", {"x", "s"}, {"r"}).node("Softmax", {"r"}, {"y"}).output("y");
  CHECK(has(batch_problem(n), "Reshape (output \"r\"): its result is [1, 8] at batch size 2 and [1, 12] at 3: it makes one long sample of the batch"));
  network m;
  m.input("x", {"n", "4"}).node("Softmax", {"x"}, {"y"}, {attribute("axis", std::int64_t{0})}).output("y");
  CHECK(has(batch_problem(m), "Softmax (output \"y\"): computes along the batch dimension"));
  network body, l;
  body.input("i", {}, dtype::i64).input("c", {}, dtype::boolean).input("s", {"1", "4"}).node("Relu", {"s"}, {"t"}).output("c").output("t");
  l.input("x", {"n", "4"}).constant("m", tensor<std::int64_t>({}, {2}));
  l.node("Loop", {"m", "", "x"}, {"y"}, {attribute("body", body.model->graph)}).output("y");
  CHECK(has(batch_problem(l), "Loop (output \"y\"): is a loop, through which samples are not followed; name the symbol that is the batch with BATCH_DIM"));
  network k;
  k.input("x", {"n", "1", "4"}).constant("w", di::detail::blank(dtype::f32, {1, 8, 4})).constant("r", di::detail::blank(dtype::f32, {1, 8, 2}));
  k.node("LSTM", {"x", "w", "r"}, {"y"}, {attribute("hidden_size", std::int64_t{2})}).output("y");
  CHECK(has(batch_problem(k), "LSTM (output \"y\"): computes along the batch dimension"));
}

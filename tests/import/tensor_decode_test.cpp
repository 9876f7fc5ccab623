// SPDX-License-Identifier: MIT
// Tensors in every way that a file may store them.
#include <doctest/doctest.h>

#include "model_builder.hpp"

using namespace model_builder;

namespace {

/// A model with one initializer "w".
pb::ModelProto with(pb::TensorProto t) {
  auto m = relu();
  t.set_name("w");
  *m.mutable_graph()->add_initializer() = std::move(t);
  return m;
}

pb::TensorProto tensor(int type, std::initializer_list<std::int64_t> dims) {
  pb::TensorProto t;
  t.set_data_type(type);
  for (auto d : dims) t.add_dims(d);
  return t;
}

template <class T>
void same(pb::TensorProto typed, std::vector<T> const& expected, dsi::dtype type) {
  CAPTURE(name_of(type));
  auto raw = tensor(typed.data_type(), {static_cast<std::int64_t>(expected.size())});
  raw.set_raw_data(expected.data(), expected.size() * sizeof(T));
  for (auto const& t : {typed, raw}) {
    auto const r = read(with(t));
    CAPTURE(r.notes.text());
    REQUIRE(r);
    auto const* w = r.value->graph.initializer("w");
    REQUIRE(w != nullptr);
    CHECK(w->type == type);
    CHECK(w->size() == static_cast<dsi::index>(expected.size()));
    REQUIRE(w->bytes.size() == expected.size() * sizeof(T));
    CHECK(std::memcmp(w->bytes.data(), expected.data(), w->bytes.size()) == 0);
  }
}

pb::TensorProto int32s(int type, std::initializer_list<std::int32_t> values) {
  auto t = tensor(type, {static_cast<std::int64_t>(values.size())});
  for (auto v : values) t.add_int32_data(v);
  return t;
}

}  // namespace

TEST_CASE("typed fields and raw bytes give the same tensor") {
  using P = pb::TensorProto;
  auto f = tensor(P::FLOAT, {2});
  f.add_float_data(1.5f);
  f.add_float_data(-0.f);
  same<float>(f, {1.5f, -0.f}, dsi::dtype::f32);
  auto d = tensor(P::DOUBLE, {1});
  d.add_double_data(1e300);
  same<double>(d, {1e300}, dsi::dtype::f64);
  auto l = tensor(P::INT64, {2});
  l.add_int64_data(INT64_MIN);
  l.add_int64_data(5);
  same<std::int64_t>(l, {INT64_MIN, 5}, dsi::dtype::i64);
  auto u = tensor(P::UINT64, {1});
  u.add_uint64_data(UINT64_MAX);
  same<std::uint64_t>(u, {UINT64_MAX}, dsi::dtype::u64);
  auto u32 = tensor(P::UINT32, {1});
  u32.add_uint64_data(UINT32_MAX);
  same<std::uint32_t>(u32, {UINT32_MAX}, dsi::dtype::u32);
  same<std::int32_t>(int32s(P::INT32, {INT32_MIN, 7}), {INT32_MIN, 7}, dsi::dtype::i32);
  same<std::int16_t>(int32s(P::INT16, {-32768, 7}), {-32768, 7}, dsi::dtype::i16);
  same<std::uint16_t>(int32s(P::UINT16, {65535}), {65535}, dsi::dtype::u16);
  same<std::int8_t>(int32s(P::INT8, {-128, 127}), {-128, 127}, dsi::dtype::i8);
  same<std::uint8_t>(int32s(P::UINT8, {0, 255}), {0, 255}, dsi::dtype::u8);
  same<std::uint8_t>(int32s(P::BOOL, {0, 1}), {0, 1}, dsi::dtype::boolean);
  same<std::uint16_t>(int32s(P::FLOAT16, {0x3c00, 0xbc00}), {0x3c00, 0xbc00}, dsi::dtype::f16);
  same<std::uint16_t>(int32s(P::BFLOAT16, {0x3f80, 0xbf80 - 0x10000}), {0x3f80, 0xbf80}, dsi::dtype::bf16);  // sign-extended
}

TEST_CASE("a bool is 0 or 1") {
  auto t = tensor(pb::TensorProto::BOOL, {3});
  t.set_raw_data(std::string("\x00\x02\xff", 3));
  auto const r = read(with(t));
  REQUIRE(r);
  CHECK(r.value->graph.initializer("w")->values<std::uint8_t>().size() == 3);
  CHECK(r.value->graph.initializer("w")->bytes == std::vector<std::byte>{std::byte{0}, std::byte{1}, std::byte{1}});
}

TEST_CASE("scalars and empty tensors") {
  auto scalar = tensor(pb::TensorProto::FLOAT, {});
  scalar.add_float_data(3);
  auto const r = read(with(scalar));
  REQUIRE(r);
  CHECK(r.value->graph.initializer("w")->dims.empty());
  CHECK(r.value->graph.initializer("w")->size() == 1);
  auto const none = read(with(tensor(pb::TensorProto::FLOAT, {0, INT64_MAX})));
  REQUIRE(none);
  CHECK(none.value->graph.initializer("w")->bytes.empty());
}

TEST_CASE("lengths and sizes that lie") {
  auto t = tensor(pb::TensorProto::FLOAT, {2, 2});
  SUBCASE("raw too short") {
    t.set_raw_data("0123456789");
    CHECK_REFUSED(with(t), "error: initializer \"w\": has dims [2, 2] of float32, which is 16 bytes, but 10 bytes in raw_data; "
                           "the file is damaged: export it again");
  }
  SUBCASE("raw too long") {
    t.set_raw_data(std::string(20, 'x'));
    CHECK_REFUSED(with(t), "but 20 bytes in raw_data");
  }
  SUBCASE("typed too short") {
    t.add_float_data(1);
    CHECK_REFUSED(with(t), "but 4 bytes in float_data");
  }
  SUBCASE("the wrong field") {
    for (int i = 0; i < 4; ++i) t.add_int32_data(1);
    CHECK_REFUSED(with(t), "but 0 bytes in float_data");
  }
  SUBCASE("twice") {
    t.set_raw_data(std::string(16, 'x'));
    for (int i = 0; i < 4; ++i) t.add_float_data(1);
    CHECK_REFUSED(with(t), "stores its values twice");
  }
  SUBCASE("nothing at all") { CHECK_REFUSED(with(t), "but 0 bytes in raw_data"); }
  SUBCASE("negative") { CHECK_REFUSED(with(tensor(1, {2, -2})), "has the negative dimension -2"); }
  SUBCASE("product overflows") {
    CHECK_REFUSED(with(tensor(1, {INT64_MAX, INT64_MAX})), "more than 2^40 elements");
    CHECK_REFUSED(with(tensor(1, {std::int64_t{1} << 32, std::int64_t{1} << 32})), "more than 2^40 elements");
  }
  SUBCASE("absurd") { CHECK_REFUSED(with(tensor(1, {(std::int64_t{1} << 40) + 1})), "claims dims [1099511627777], more than 2^40"); }
  SUBCASE("large, but with nothing behind it") { CHECK_REFUSED(with(tensor(1, {std::int64_t{1} << 39})), "but 0 bytes in raw_data"); }
  SUBCASE("rank") { CHECK_REFUSED(with(tensor(1, {1, 1, 1, 1, 1, 1, 1, 1, 1})), "has 9 dimensions; dsi takes at most 8"); }
  SUBCASE("segments") {
    t.mutable_segment()->set_begin(0);
    CHECK_REFUSED(with(t), "is stored in segments");
  }
}

TEST_CASE("values that do not fit their type") {
  CHECK_REFUSED(with(int32s(pb::TensorProto::UINT8, {3, 256})),
                "initializer \"w\": holds 256 at position 1 of int32_data, which uint8 cannot represent");
  CHECK_REFUSED(with(int32s(pb::TensorProto::INT8, {128})), "holds 128 at position 0");
  CHECK_REFUSED(with(int32s(pb::TensorProto::UINT16, {-1})), "which uint16 cannot represent");
  CHECK_REFUSED(with(int32s(pb::TensorProto::FLOAT16, {65536})), "which float16 cannot represent");
  CHECK_REFUSED(with(int32s(pb::TensorProto::FLOAT16, {-32769})), "which float16 cannot represent");
  auto u = tensor(pb::TensorProto::UINT32, {1});
  u.add_uint64_data(std::uint64_t{1} << 32);
  CHECK_REFUSED(with(u), "holds 4294967296 at position 0 of uint64_data");
}

TEST_CASE("element types that dsi does not have") {
  CHECK_REFUSED(with(tensor(pb::TensorProto::STRING, {1})), "initializer \"w\": has element type STRING (8); map strings to numbers");
  CHECK_REFUSED(with(tensor(pb::TensorProto::COMPLEX64, {1})), "has element type COMPLEX64 (14); export real and imaginary parts");
  CHECK_REFUSED(with(tensor(22, {1})), "has element type INT4 (22)");
  CHECK_REFUSED(with(tensor(0, {1})), "has element type UNDEFINED (0)");
  CHECK_REFUSED(with(tensor(-5, {1})), "has element type element type (-5)");
  auto m = relu();
  m.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("s");
  CHECK_REFUSED(m, "error: initializer \"s\": is sparse; store it as a dense tensor");
}

TEST_CASE("the budget of bytes is for all constants together, and asked for once") {
  auto m = relu();
  for (char const* name : {"a", "b", "c", "d"}) floats(m.mutable_graph()->add_initializer(), name, {2}, {1, 2});
  di::read_options options;
  options.max_tensor_bytes = 32;
  CHECK(read(m, options));
  options.max_tensor_bytes = 15;
  auto const r = read(m, options);
  CHECK_FALSE(static_cast<bool>(r));
  CHECK(r.notes.errors() == 1);
  CHECK(r.notes.contains("initializer \"b\": brings the model's constants above 15 bytes; raise read_options::max_tensor_bytes"));
}

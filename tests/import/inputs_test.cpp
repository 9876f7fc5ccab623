// SPDX-License-Identifier: MIT
// DIMS, BATCH and BIND: what they fix, and every contradiction with its words.
#include <doctest/doctest.h>

#include <fstream>

#include "network_builder.hpp"

namespace {

using namespace network_builder;

struct result {
  std::vector<di::fixed_input> inputs;
  di::diagnostics notes;
  bool says(std::string_view words) const { return notes.contains(words); }
  std::vector<dsi::index> dims(std::size_t i) const { return di::detail::dims_of(inputs.at(i).desc.extents); }
};
struct options {
  std::vector<di::assignment> dims = {}, bind = {};
  dsi::index batch = 0;
  std::string batch_dim = {};
};
result fixed(network const& n, options const& o) {
  di::command_line c;
  c.dims = o.dims;
  c.bind = o.bind;
  c.batch_dim = o.batch_dim;
  if (o.batch > 0) c.batch = {o.batch};
  result r;
  std::vector<std::string> files;
  r.inputs = di::fix_inputs(*n.model, c, o.batch, r.notes, files);
  INFO(r.notes.text());
  return r;
}
using dims = std::vector<dsi::index>;

network two_inputs() { return network().input("x", {"n", "4"}).input("mask", {"n", "m"}, dtype::boolean); }

}  // namespace

TEST_CASE("DIMS fixes symbols and whole inputs") {
  auto r = fixed(two_inputs(), {.dims = {{"n", "2"}, {"m", "3"}}});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(0) == dims{2, 4});
  CHECK(r.dims(1) == dims{2, 3});
  r = fixed(two_inputs(), {.dims = {{"x", "5x4"}, {"mask", "5x1"}}});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(0) == dims{5, 4});
  // A symbol with an input's name: a number means the symbol, extents mean the input.
  r = fixed(network().input("x", {"x", "4"}), {.dims = {{"x", "3"}}});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(0) == dims{3, 4});
  CHECK(fixed(network().input("x", {"n"}).input("y", {"x"}), {.dims = {{"x", "3"}}}).says("can mean the input or the symbol"));
}

TEST_CASE("DIMS is refused with what would work") {
  CHECK(fixed(two_inputs(), {.dims = {{"n", "2"}}}).says("dimension 1 (m) is not fixed; fix it, for example DIMS mask=2x16"));
  CHECK(fixed(two_inputs(), {.dims = {{"n", "abc"}, {"m", "1"}}}).says("DIMS n=abc: is no size for the symbol \"n\"; write DIMS n=16"));
  CHECK(fixed(two_inputs(), {.dims = {{"n", "0"}, {"m", "1"}}}).says("is no size for the symbol"));
  CHECK(fixed(two_inputs(), {.dims = {{"n", "1"}, {"n", "2"}, {"m", "1"}}}).says("DIMS n: is given twice"));
  CHECK(fixed(two_inputs(), {.dims = {{"q", "1"}, {"n", "2"}, {"m", "1"}}}).says("the model has no such input or symbol; its inputs are: x, mask; its symbols: n, m"));
  CHECK(fixed(two_inputs(), {.dims = {{"x", "2x5"}, {"mask", "2x1"}}}).says("DIMS x=2x5 contradicts the model's shape"));
  CHECK(fixed(two_inputs(), {.dims = {{"x", "2x"}, {"mask", "2x1"}}}).says("is no list of extents"));
  CHECK(fixed(network().input("x", {"n", "n"}), {.dims = {{"n", "2000000000"}}}).says("multiply to more than fits"));
}

TEST_CASE("BATCH sets dimension 0 of every input, or the named symbol") {
  auto r = fixed(two_inputs(), {.dims = {{"m", "3"}}, .batch = 8});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(0) == dims{8, 4});
  CHECK(r.dims(1) == dims{8, 3});
  r = fixed(network().input("x", {"1", "4"}).input("rate", {}), {.batch = 8});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(0) == dims{8, 4});
  CHECK(r.dims(1) == dims{});
  r = fixed(network().input("x", {"t", "n", "4"}).input("h", {"1", "n", "4"}), {.dims = {{"t", "5"}}, .batch = 8, .batch_dim = "n"});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(0) == dims{5, 8, 4});
  CHECK(r.dims(1) == dims{1, 8, 4});
  // The same symbol is the same size wherever it stands.
  r = fixed(network().input("x", {"n", "4"}).input("mask", {"n", "n"}), {.batch = 8});
  REQUIRE(r.notes.ok());
  CHECK(r.dims(1) == dims{8, 8});
}

TEST_CASE("BATCH is refused where something contradicts it") {
  CHECK(fixed(two_inputs(), {.dims = {{"n", "2"}, {"m", "3"}}, .batch = 8}).says("DIMS n=2: contradicts BATCH 8"));
  CHECK(fixed(two_inputs(), {.dims = {{"x", "1x4"}, {"m", "3"}}, .batch = 8}).says("DIMS x=1x4 contradicts BATCH 8 in dimension 0"));
  CHECK(fixed(two_inputs(), {.dims = {{"x", "8x4"}, {"m", "3"}}, .batch = 8}).notes.ok());
  CHECK(fixed(two_inputs(), {.dims = {{"n", "1"}, {"m", "3"}}, .batch = 8, .batch_dim = "q"}).says("BATCH_DIM q: no input has a symbolic dimension of this name; its symbols are: n, m"));
  CHECK(fixed(two_inputs(), {.dims = {{"n", "1"}, {"m", "3"}}, .batch_dim = "n"}).says("BATCH_DIM n: is given without BATCH"));
  CHECK(fixed(network().input("rate", {}), {.batch = 8}).says("no input has a dimension to set"));
}

TEST_CASE("BIND reads numbers in the input's own type") {
  auto const bound = [](dtype type, std::string const& text, std::initializer_list<char const*> shape = {"2"}) {
    return fixed(network().input("b", shape, type), {.bind = {{"b", text}}});
  };
  auto const r = bound(dtype::i64, "9223372036854775807,-9223372036854775808");
  REQUIRE(r.notes.ok());
  CHECK(r.inputs[0].bound->at<std::int64_t>(0) == std::numeric_limits<std::int64_t>::max());
  CHECK(r.inputs[0].bound->at<std::int64_t>(1) == std::numeric_limits<std::int64_t>::min());
  CHECK(bound(dtype::u64, "18446744073709551615").inputs.at(0).bound->at<std::uint64_t>(1) == std::numeric_limits<std::uint64_t>::max());
  CHECK(bound(dtype::f64, "0.1").inputs.at(0).bound->at<double>(0) == 0.1);
  CHECK(bound(dtype::f32, "1e3,-inf").inputs.at(0).bound->at<float>(0) == 1000);
  CHECK(bound(dtype::boolean, "true,0").inputs.at(0).bound->at<bool>(0));
  for (char const* text : {"300", "-1", "1.5", "nan", "0x10", "inf", "1e3", "", "1,", "1,2,3", "1 ", "+1"}) {
    CAPTURE(text);
    CHECK(bound(dtype::u8, text).says("is no value of this input"));
  }
  CHECK(bound(dtype::f32, "1e39").says("is no value of this input"));
  CHECK(bound(dtype::f16, "1e5").says("is no value of this input"));
  CHECK(bound(dtype::boolean, "2").says("is no value of this input"));
  CHECK(fixed(network().input("b", {"2"}), {.bind = {{"c", "1"}}}).says("BIND c: the model has no such input"));
  CHECK(fixed(network().input("b", {"2"}), {.bind = {{"b", "1"}, {"b", "2"}}}).says("is given twice"));
}

TEST_CASE("BIND takes arrays that fit") {
  std::string mark = std::to_string(reinterpret_cast<std::uintptr_t>(&mark));  // programs beside this one
  auto const path = std::filesystem::temp_directory_path() / ("dsi_inputs_test_" + mark + ".npy");
  auto const save = [&](char const* descr, std::string const& bytes) {
    std::string header = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (2,), }";
    header.resize(118, ' ');
    std::ofstream(path, std::ios::binary) << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(118) << '\0' << header << bytes;
  };
  auto const bytes_of = [](auto a, auto b) {
    std::string s(2 * sizeof a, '\0');
    std::memcpy(s.data(), &a, sizeof a);
    std::memcpy(s.data() + sizeof a, &b, sizeof b);
    return s;
  };
  auto const bound = [&](dtype type) { return fixed(network().input("b", {"2"}, type), {.bind = {{"b", "@" + path.string()}}}); };
  save("<f8", bytes_of(2.0, -3.0));
  CHECK(bound(dtype::f32).inputs.at(0).bound->at<float>(1) == -3);
  CHECK(bound(dtype::i8).inputs.at(0).bound->at<std::int8_t>(1) == -3);
  CHECK(bound(dtype::u8).says("do not fit in uint8"));
  save("<f8", bytes_of(0.5, 1e300));
  CHECK(bound(dtype::i64).says("do not fit in int64"));
  CHECK(bound(dtype::f32).says("do not fit in float32"));
  save("<i8", bytes_of(std::int64_t{-1}, std::int64_t{300}));
  CHECK(bound(dtype::u64).says("do not fit in uint64"));
  CHECK(bound(dtype::u8).says("do not fit in uint8"));
  CHECK(bound(dtype::i16).notes.ok());
  CHECK(fixed(network().input("b", {"3"}, dtype::i64), {.bind = {{"b", "@" + path.string()}}}).says("another shape"));
  CHECK(fixed(network().input("b", {"3"}, dtype::i64), {.bind = {{"b", "@" + path.string() + ".none"}}}).says("cannot be read"));
  std::filesystem::remove(path);
}

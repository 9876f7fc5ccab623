// SPDX-License-Identifier: MIT
// .npy files: the three versions of the format, every element type, and what is refused.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <dsi/import/npy.hpp>

namespace {

namespace di = dsi::import;

struct file {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("dsi_npy_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".npy");
  ~file() { std::filesystem::remove(path); }
};

std::string npy(std::string const& header, std::string const& data, int version = 1) {
  std::string s = "\x93NUMPY";
  s += static_cast<char>(version);
  s += '\0';
  s += static_cast<char>(header.size() & 255);
  s += static_cast<char>(header.size() >> 8);
  if (version > 1) s += std::string(2, '\0');
  return s + header + data;
}
std::string header(std::string const& descr, std::string const& shape, char const* fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}
std::optional<di::onnx_tensor> read(std::string const& bytes, std::string& problem) {
  file f;
  std::ofstream(f.path, std::ios::binary) << bytes;
  return di::read_npy(f.path, problem);
}
std::string problem_of(std::string const& bytes) {
  std::string problem;
  CHECK_FALSE(read(bytes, problem));
  return problem;
}

}  // namespace

TEST_CASE("every version and element type is read") {
  std::string problem;
  for (int version : {1, 2, 3}) {
    auto const t = read(npy(header("<i2", "(2, 1)"), std::string("\1\0\376\377", 4), version), problem);
    REQUIRE(t.has_value());
    CHECK(t->dims == std::vector<dsi::index>{2, 1});
    CHECK(t->at<std::int16_t>(1) == -2);
  }
  for (auto const& e : di::element_table) {
    if (e.numpy.empty()) continue;
    auto const t = read(npy(header(std::string(e.numpy), "(3,)"), std::string(3 * static_cast<std::size_t>(dsi::size_of(e.type)), '\0')), problem);
    REQUIRE(t.has_value());
    CHECK(t->type == e.type);
    CHECK(t->size() == 3);
  }
  auto const scalar = read(npy(header("<f4", "()"), std::string("\0\0\200\77", 4)), problem);
  REQUIRE(scalar.has_value());
  CHECK(scalar->dims.empty());
  CHECK(scalar->at<float>(0) == 1);
  auto const empty = read(npy(header("<f4", "(0, 5)"), ""), problem);
  REQUIRE(empty.has_value());
  CHECK(empty->size() == 0);
  auto const truth = read(npy(header("|b1", "(2,)"), "\2\1"), problem);  // a byte of 2 is not a bool's
  REQUIRE(truth.has_value());
  CHECK(truth->bytes == std::vector<std::byte>{std::byte{1}, std::byte{1}});
}

TEST_CASE("what is no such file is refused with its reason") {
  auto const has = [](std::string const& text, char const* words) { return text.find(words) != std::string::npos; };
  CHECK(has(problem_of("hello"), "is no .npy file"));
  CHECK(has(problem_of(npy(header("<f4", "(2,)"), "1234")), "another number of bytes"));
  CHECK(has(problem_of(npy(header("<f4", "(2,)"), "12345678").substr(0, 40)), "cut off"));
  CHECK(has(problem_of(npy(header(">f4", "(1,)"), "1234")), "element type '>f4'"));
  CHECK(has(problem_of(npy(header("<c8", "(1,)"), "12345678")), "element type '<c8'"));
  CHECK(has(problem_of(npy(header("<f4", "(2, 1)", "True"), "12345678")), "Fortran order"));
  CHECK(has(problem_of(npy(header("<f4", "(-1,)"), "")), "a shape that dsi does not take"));
  CHECK(has(problem_of(npy(header("<f4", "(1,1,1,1,1,1,1,1,1)"), "1234")), "a shape that dsi does not take"));
  CHECK(has(problem_of(npy(header("<f4", "(4294967296, 4294967296, 4)"), "1234")), "another number of bytes"));
  CHECK(has(problem_of(npy("", "")), "element type ''"));
}

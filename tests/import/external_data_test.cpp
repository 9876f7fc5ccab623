// SPDX-License-Identifier: MIT
// Weights in files beside the model: read from its folder only.
#include <doctest/doctest.h>

#include "model_builder.hpp"

using namespace model_builder;
namespace fs = std::filesystem;

namespace {

void entry(pb::TensorProto* t, std::string const& key, std::string const& value) {
  auto* e = t->add_external_data();
  e->set_key(key);
  e->set_value(value);
}

/// A model whose initializer "w" [2] lies in the file, with the other entries given as key, value, key, value.
std::string external(std::string const& location, std::vector<std::string> const& more = {}) {
  auto m = relu();
  auto* t = m.mutable_graph()->add_initializer();
  floats(t, "w", {2}, {});
  t->set_data_location(pb::TensorProto::EXTERNAL);
  entry(t, "location", location);
  for (std::size_t i = 0; i + 1 < more.size(); i += 2) entry(t, more[i], more[i + 1]);
  return m.SerializeAsString();
}

std::string const values("\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40", 12);  // 1, 2, 3

}  // namespace

TEST_CASE("external data is read from the model's folder") {
  temporary_folder folder;
  folder.write("w.bin", values);
  fs::create_directory(folder.path() / "sub");
  folder.write("sub/w.bin", values);
  fs::create_symlink("w.bin", folder.path() / "link.bin");
  auto const expect = [&](std::string const& model, std::vector<float> const& expected) {
    auto const r = di::read_onnx(folder.write("m.onnx", model));
    CAPTURE(r.notes.text());
    REQUIRE(r);
    CHECK(r.value->graph.initializer("w")->values<float>() == expected);
  };
  expect(external("w.bin"), {1, 2});
  expect(external("w.bin", {"offset", "4"}), {2, 3});
  expect(external("w.bin", {"offset", "4", "length", "8", "checksum", "none"}), {2, 3});
  expect(external("sub/w.bin"), {1, 2});
  expect(external("./w.bin"), {1, 2});
  expect(external("link.bin"), {1, 2});
  // A model given by its bare name, and by a link to its folder.
  fs::path const before = fs::current_path();
  fs::current_path(folder.path());
  CHECK(di::read_onnx(fs::path("m.onnx")));
  fs::current_path(before);
  temporary_folder other;
  fs::create_directory_symlink(folder.path(), other.path() / "models");
  CHECK(di::read_onnx(other.path() / "models" / "m.onnx"));
}

TEST_CASE("external data outside the folder, or that is not what it claims, is refused") {
  temporary_folder outside;
  fs::path const secret = outside.write("secret.bin", values);
  temporary_folder folder;
  folder.write("w.bin", values);
  fs::create_symlink(secret, folder.path() / "escape.bin");
  fs::create_directory_symlink(outside.path(), folder.path() / "escape");
  fs::create_directory(folder.path() / "sub");
  auto const text = [&](std::string const& model) {
    auto const r = di::read_onnx(folder.write("m.onnx", model));
    CHECK_FALSE(static_cast<bool>(r));
    return r.notes.text();
  };
  auto const has = [](std::string const& all, std::string const& part) {
    CAPTURE(all);
    CHECK(all.find(part) != std::string::npos);
  };
  has(text(external(secret.string())), "is an absolute path; place the file in the model's folder");
  has(text(external("/dev/zero")), "error: initializer \"w\": external data \"/dev/zero\" is an absolute path");
  has(text(external("../" + outside.path().filename().string() + "/secret.bin")), "leaves the model's folder by \"..\"");
  has(text(external("sub/../w.bin")), "leaves the model's folder by \"..\"");
  has(text(external("escape.bin")), "external data \"escape.bin\" leaves the model's folder by a symbolic link");
  has(text(external("escape/secret.bin")), "leaves the model's folder by a symbolic link");
  has(text(external("escape/none.bin")), "leaves the model's folder by a symbolic link");
  has(text(external("none.bin")), "external data \"none.bin\" does not exist beside the model");
  has(text(external("sub")), "is not a regular file");
  has(text(external("")), "external data without a location");
  has(text(external(std::string("w.bin\0/../x", 11))), "has a zero byte in its name");
  has(text(external("w.bin", {"offset", "8"})), "has 12 bytes, but the tensor needs 8 from offset 8");
  has(text(external("w.bin", {"offset", "18446744073709551615"})), "has 12 bytes, but the tensor needs 8 from offset 184467");
  has(text(external("w.bin", {"offset", "-4"})), "has external data with offset \"-4\", which is not a size");
  has(text(external("w.bin", {"offset", "4x"})), "with offset \"4x\"");
  has(text(external("w.bin", {"length", "99999999999999999999"})), "with length \"99999999999999999999\"");
  has(text(external("w.bin", {"length", "12"})), "has dims [2] of float32, which is 8 bytes, but external data of length 12");
  CHECK(read_bytes(external("w.bin")).notes.contains("the model comes from memory or its folder does not exist; pass the folder"));
  CHECK(di::read_onnx(std::as_bytes(std::span(values)), folder.path() / "none").notes.errors() == 1);
}

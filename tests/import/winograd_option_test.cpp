// SPDX-License-Identifier: MIT
// WINOGRAD ON: the plan and the blob that the tool writes, and what it refuses.
#include <doctest/doctest.h>

#include <dsi/import/command_line.hpp>

#include "network_builder.hpp"

namespace {

using namespace network_builder;
using ints = std::vector<std::int64_t>;

di::onnx_tensor weight(std::vector<dsi::index> dims) {
  dsi::index n = 1;
  for (dsi::index d : dims) n *= d;
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) - 3;
  di::onnx_tensor t{{}, dtype::f32, std::move(dims), {}};
  t.bytes.resize(values.size() * sizeof(float));
  std::memcpy(t.bytes.data(), values.data(), t.bytes.size());
  return t;
}

/// A convolution for Winograd's kernels, and one by steps of two.
network two_convolutions() {
  network n;
  n.input("x", {"?", "16", "20", "20"}).constant("w", weight({32, 16, 3, 3})).constant("v", weight({16, 32, 3, 3}));
  n.node("Conv", {"x", "w"}, {"h"}, {attribute("pads", ints{1, 1, 1, 1})});
  n.node("Conv", {"h", "v"}, {"y"}, {attribute("strides", ints{2, 2})});
  return n.output("y");
}

int count(std::string const& text, std::string_view words) {
  int n = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("WINOGRAD changes the plan, the backend's options and the blob") {
  di::command_line c;
  embedded const direct = embed(two_convolutions(), c, 1);
  CHECK(direct.good);
  CHECK(count(direct.header, "winograd") == 0);
  CHECK(count(direct.header, "requires(Backend::options == dsi::plan_options{})") == 1);

  c.winograd = true;
  embedded const tiles = embed(two_convolutions(), c, 1);
  CHECK(tiles.good);
  CHECK(count(tiles.header, "dsi::layout::winograd_4x4") == 2);  // the weight, and the operand that it is
  CHECK(count(tiles.header, "dsi::with_options<dsi::simd_backend<>, dsi::plan_options{.winograd = true}>") == 1);
  CHECK(count(tiles.header, "requires(Backend::options == dsi::plan_options{.winograd = true})") == 1);
  CHECK(tiles.weights.size() == direct.weights.size() + (36 - 9) * 16 * 32 * sizeof(float));

  c.unfused = true;
  CHECK(count(embed(two_convolutions(), c, 1).header, "dsi::plan_options{.fuse = false, .keep_all = true, .winograd = true}") == 2);
}

TEST_CASE("one blob serves every batch size, by tiles too") {
  di::command_line c;
  c.winograd = true;
  embedded const one = embed(two_convolutions(), c, 1), many = embed(two_convolutions(), c, 64);
  CHECK(one.header != many.header);
  CHECK(one.weights == many.weights);
}

TEST_CASE("WINOGRAD is refused where it means nothing") {
  di::command_line c;
  c.model = "none.onnx";
  c.winograd = true;
  c.numeric = "half";
  std::string const said = refusal(c);
  INFO(said);
  CHECK(said.find("WINOGRAD: is for float") != std::string::npos);
  CHECK(said.find("leave out WINOGRAD or NUMERIC half") != std::string::npos);
  c.numeric = "float";
  CHECK(refusal(c).find("WINOGRAD") == std::string::npos);  // the file alone is missing
  auto const typed = di::parse_command_line({"embed", "net.hpp", "--type", "net", "--description", "d.txt", "--out", "o", "--isa", "v3", "--winograd"});
  CHECK(typed.error.find("--winograd") != std::string::npos);
}

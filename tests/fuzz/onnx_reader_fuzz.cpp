// SPDX-License-Identifier: MIT
// libFuzzer target: no bytes may crash the reader, and a model that it accepts keeps the promises of onnx_graph.
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined onnx_reader_fuzz.cpp -lonnx_proto -lprotobuf
#include <cstdint>
#include <cstdlib>
#include <unordered_set>

#include <dsi/import/onnx_reader.hpp>

namespace {

namespace di = dsi::import;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(di::onnx_graph const& g, std::unordered_set<std::string> around, std::unordered_set<std::string>& all, bool main) {
  auto const define = [&](std::string const& name) {
    if (name.empty()) return;
    require(all.insert(name).second);
    around.insert(name);
  };
  for (auto const& v : g.inputs) {
    define(v.name);
    require(!main || v.type.has_value());
    require(v.dims.size() <= static_cast<std::size_t>(dsi::max_rank));
  }
  for (auto const& t : g.initializers) {
    define(t.name);
    dsi::index count = 1;
    require(t.dims.size() <= static_cast<std::size_t>(dsi::max_rank));
    for (auto d : t.dims) count = dsi::checked_product(count, d);
    require(count >= 0 && t.bytes.size() == static_cast<std::size_t>(count * dsi::size_of(t.type)));
  }
  for (auto const& n : g.nodes) {
    require(!n.is("Constant") && !n.op_type.empty());
    for (auto const& in : n.inputs) require(in.empty() || around.contains(in));
    for (auto const& a : n.attributes) {
      require(a.reference.empty() && !a.name.empty());
      require(a.tensors.size() == (a.kind == di::attribute_kind::tensor ? 1u : 0u));
      require(a.graphs.size() == (a.kind == di::attribute_kind::graph ? 1u : 0u));
      for (auto const& inner : a.graphs) check(inner, around, all, false);
    }
    for (auto const& out : n.outputs) define(out);
  }
  for (auto const& v : g.outputs) require(around.contains(v.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  di::read_options options;
  options.max_tensor_bytes = std::size_t{1} << 24;
  options.wire.entries = 100'000;
  options.resolve.entries = 100'000;
  options.resolve.bytes = std::size_t{1} << 24;
  auto const r = di::read_onnx(std::as_bytes(std::span(data, size)), std::filesystem::path("/nonexistent"), options);
  require(static_cast<bool>(r) == r.notes.ok());
  require(r.notes.text().find('\033') == std::string::npos);
  if (r) {
    std::unordered_set<std::string> all;
    check(r.value->graph, {}, all, true);
  }
  return 0;
}

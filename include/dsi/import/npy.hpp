// SPDX-License-Identifier: MIT
// Reads NumPy's .npy files: values of bound inputs, calibration samples.
#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <dsi/import/element_table.hpp>
#include <dsi/import/onnx_graph.hpp>

namespace DSI_NAMESPACE::import {

/// Reads a little-endian, C-ordered .npy file (versions 1 to 3). Fills `problem` when it cannot.
inline std::optional<onnx_tensor> read_npy(std::filesystem::path const& path, std::string& problem) {
  auto const bad = [&](std::string why) {
    problem = path.string() + ": " + std::move(why);
    return std::nullopt;
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad("cannot be read");
  std::string const bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() < 10 || bytes.compare(0, 6, "\x93NUMPY") != 0) return bad("is no .npy file");
  bool const wide = bytes[6] >= 2;
  std::size_t const start = wide ? 12 : 10;
  if (bytes.size() < start) return bad("is cut off");
  std::size_t length = static_cast<unsigned char>(bytes[8]) + (static_cast<std::size_t>(static_cast<unsigned char>(bytes[9])) << 8);
  if (wide) length += (static_cast<std::size_t>(static_cast<unsigned char>(bytes[10])) << 16) + (static_cast<std::size_t>(static_cast<unsigned char>(bytes[11])) << 24);
  if (length > bytes.size() - start) return bad("is cut off in its header");
  std::string_view const header(bytes.data() + start, length);
  auto const after = [&](std::string_view key) -> std::string_view {
    auto const at = header.find(key);
    return at == std::string_view::npos ? std::string_view() : header.substr(at + key.size());
  };
  std::string_view descr = after("'descr':");
  descr = descr.substr(std::min(descr.find('\'') + 1, descr.size()));
  descr = descr.substr(0, descr.find('\''));
  onnx_tensor t;
  auto const type = dtype_of_numpy(descr);
  if (type) t.type = *type;
  else return bad("has element type '" + std::string(descr) + "'; save it little-endian as float, integer or bool");
  auto const order = after("'fortran_order':");
  if (order.substr(0, std::min<std::size_t>(6, order.size())).find("True") != std::string_view::npos) return bad("is in Fortran order; save it with numpy.ascontiguousarray");
  std::string_view dims = after("'shape':");
  dims = dims.substr(std::min(dims.find('(') + 1, dims.size()));
  dims = dims.substr(0, dims.find(')'));
  index n = 1;
  while (!dims.empty()) {
    while (!dims.empty() && (dims[0] == ' ' || dims[0] == ',')) dims.remove_prefix(1);
    if (dims.empty()) break;
    index d = 0;
    auto const [end, code] = std::from_chars(dims.data(), dims.data() + dims.size(), d);
    if (code != std::errc{} || d < 0 || t.dims.size() == max_rank) return bad("has a shape that dsi does not take");
    dims.remove_prefix(static_cast<std::size_t>(end - dims.data()));
    t.dims.push_back(d);
    n = checked_product(n, d);
  }
  index const want = checked_product(n, size_of(t.type));
  if (want < 0 || static_cast<std::size_t>(want) != bytes.size() - start - length) return bad("has another number of bytes than its shape says");
  t.bytes.resize(static_cast<std::size_t>(want));
  if (want > 0) std::memcpy(t.bytes.data(), bytes.data() + start + length, t.bytes.size());
  if (t.type == dtype::boolean)
    for (std::byte& b : t.bytes) b = std::byte{b != std::byte{0}};  // any other byte is no value of a bool
  return t;
}

}  // namespace DSI_NAMESPACE::import

// SPDX-License-Identifier: MIT
// Reads an ONNX file: from untrusted bytes to a checked graph, or to the list of everything that stands in the way.
#pragma once

#include <algorithm>

#include <dsi/import/onnx_protobuf.hpp>
#include <dsi/import/order_graph.hpp>
#include <dsi/import/resolve_names.hpp>

namespace DSI_NAMESPACE::import {

struct read_options {
  std::size_t max_file_bytes = INT_MAX;                 ///< protobuf's own limit is 2 GiB
  std::size_t max_tensor_bytes = std::size_t{2} << 30;  ///< all constants together, external ones included
  wire_limits wire;
  resolve_limits resolve;
};

/// Reads a model from memory.
/// Input    any bytes: nothing in them makes the reader crash, or read a file outside base_dir
/// Result   a model with the invariants of onnx_graph, without Constant nodes and function calls, or notes with errors
/// Memory   at most a small multiple of the file plus options.max_tensor_bytes
inline outcome<onnx_model> read_onnx(std::span<std::byte const> file, std::optional<std::filesystem::path> const& base_dir = {},
                                     read_options const& options = {}) {
  outcome<onnx_model> out;
  constexpr std::string_view lfs = "version https://git-lfs";
  std::string_view const start(reinterpret_cast<char const*>(file.data()), std::min(file.size(), lfs.size()));
  if (start == lfs) {
    out.notes.error("file", "not an ONNX file: a Git LFS pointer", "run git lfs pull");
    return out;
  }
  if (file.size() > options.max_file_bytes) {
    out.notes.error("file", "has " + std::to_string(file.size()) + " bytes, more than " + std::to_string(options.max_file_bytes),
                    "store the weights as external data (onnx.save with save_as_external_data)");
    return out;
  }
  if (std::string broken = check_wire(file, options.wire); !broken.empty()) {
    out.notes.error("file", std::move(broken), "export or copy the model again");
    return out;
  }
  tensor_decoder tensors(base_dir ? external_files(*base_dir) : external_files(), options.max_tensor_bytes, out.notes);
  std::optional<onnx_model> model = parse_onnx(file, tensors, out.notes);
  if (!model) return out;
  resolve_limits resolve = options.resolve;
  resolve.bytes = std::min(resolve.bytes, options.max_tensor_bytes);
  resolve_names(*model, resolve, out.notes);
  order_graph(model->graph, out.notes);
  model->external_files = tensors.files();
  if (out.notes.ok()) out.value = std::move(model);
  return out;
}

/// Reads a model from a file; external data comes from the file's folder.
inline outcome<onnx_model> read_onnx(std::filesystem::path const& path, read_options const& options = {}) {
  outcome<onnx_model> out;
  std::string const where = "file " + in_quotes(path.string());
  std::error_code failed;
  auto const status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    out.notes.error(where, "does not exist", "check the path");
    return out;
  }
  if (status.type() != std::filesystem::file_type::regular) {
    out.notes.error(where, "is not a regular file", "pass an .onnx file");
    return out;
  }
  std::uintmax_t const size = std::filesystem::file_size(path, failed);
  if (failed || size > options.max_file_bytes) {
    out.notes.error(where, failed ? "has no size: " + failed.message()
                                  : "has " + std::to_string(size) + " bytes, more than " + std::to_string(options.max_file_bytes),
                    "store the weights as external data (onnx.save with save_as_external_data)");
    return out;
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream || stream.gcount() != static_cast<std::streamsize>(bytes.size())) {
    out.notes.error(where, "cannot be read", "check its permissions");
    return out;
  }
  return read_onnx(bytes, path.parent_path(), options);
}

}  // namespace DSI_NAMESPACE::import
